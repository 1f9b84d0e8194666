import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.speech.wit_reply import JsonObject, read_objects

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


@given(st.lists(objects, max_size=4), separators, st.booleans())
def test_read_objects_gives_every_object(items: list[dict[str, Any]], separator: str, pretty: bool) -> None:
    assert read_objects(make_body(items, separator, pretty=pretty)) == items


@given(st.lists(objects, min_size=1, max_size=3), separators, st.data())
def test_read_objects_gives_those_that_are_whole_when_the_body_is_cut_off(
    items: list[dict[str, Any]], separator: str, data: st.DataObject
) -> None:
    body = make_body(items, separator, pretty=False)
    cut = data.draw(st.integers(0, len(body)))
    whole = [
        number for number in range(len(items) + 1) if len(make_body(items[:number], separator, pretty=False)) <= cut
    ]
    assert read_objects(body[:cut]) == items[: max(whole)]


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"text": "one"}\r\n<html>{"text": "two"}', [{"text": "one"}]),
        (b"<html><body>Bad Gateway</body></html>", []),
        (b'{"a":' * 100_000, []),
        (b'["text"]', []),
        (b"", []),
    ],
)
def test_read_objects_stops_at_what_is_none(body: bytes, found: list[JsonObject]) -> None:
    assert read_objects(body) == found


@given(st.binary(max_size=200))
def test_read_objects_survives_any_bytes(data: bytes) -> None:
    assert isinstance(read_objects(data), list)
