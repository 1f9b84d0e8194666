import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from instantreact.speech.wit_stream import JsonObject, JsonStream

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(st.text(max_size=5), values, max_size=4)
separators = st.sampled_from(["\r\n", "\n", "", " \r\n\t"])


def make_body(items: list[dict[str, Any]], separator: str, *, pretty: bool) -> bytes:
    return separator.join(json.dumps(item, ensure_ascii=False, indent=2 if pretty else None) for item in items).encode(
        "utf-8", "surrogatepass"
    )


def read(pieces: list[bytes]) -> tuple[list[JsonObject], JsonStream]:
    stream = JsonStream()
    found = [item for piece in pieces for item in stream.feed(piece)]
    return found + stream.feed(b"", last=True), stream


@given(st.lists(objects, max_size=3), separators, st.booleans())
def test_stream_gives_every_object_when_cut_at_any_byte(
    items: list[dict[str, Any]], separator: str, pretty: bool
) -> None:
    body = make_body(items, separator, pretty=pretty)
    for cut in range(len(body) + 1):
        found, stream = read([body[:cut], body[cut:]])
        assert found == items
        assert not stream.unread


@given(st.lists(objects, max_size=4), separators, st.lists(st.integers(1, 30), min_size=1, max_size=20))
def test_stream_gives_every_object_when_cut_into_many_pieces(
    items: list[dict[str, Any]], separator: str, sizes: list[int]
) -> None:
    body = make_body(items, separator, pretty=True)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(body[at : at + size])
        at += size
    assert read([*pieces, body[at:]])[0] == items


def test_stream_gives_every_object_when_fed_byte_by_byte() -> None:
    items: list[dict[str, Any]] = [
        {"text": "Hilfe, ein Überfall in Łódź 🚨"},
        {"text": "x", "intents": [{"n": "größe"}]},
    ]
    body = make_body(items, "\r\n", pretty=False)
    assert read([body[at : at + 1] for at in range(len(body))])[0] == items


def test_stream_gives_an_object_as_soon_as_it_is_complete() -> None:
    stream = JsonStream()
    assert stream.feed(b'{"text": "on') == []
    assert stream.feed(b'e"}\r\n{"te') == [{"text": "one"}]


def test_stream_ignores_the_tail_when_it_is_cut_off() -> None:
    found, stream = read([b'{"text": "one"}\r\n{"text": "tw'])
    assert found == [{"text": "one"}]
    assert stream.unread


def test_stream_ignores_what_follows_when_it_is_no_json() -> None:
    found, stream = read([b'{"text": "one"}\r\n<html>', b'{"text": "two"}'])
    assert found == [{"text": "one"}]
    assert stream.unread


def test_stream_gives_nothing_when_the_body_is_a_page() -> None:
    found, stream = read([b"<html><body>Bad Gateway</body></html>"])
    assert found == []
    assert stream.unread


@given(st.binary(max_size=200), st.integers(0, 200))
def test_stream_survives_any_bytes(data: bytes, cut: int) -> None:
    once, _ = read([data])
    assert read([data[:cut], data[cut:]])[0] == once


def test_stream_survives_an_object_nested_too_deep() -> None:
    found, stream = read([b'{"a":' * 100_000])
    assert found == []
    assert stream.unread
