import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.errors import UnreadableMedia
from instantreact.media.wire import LENGTH, Header, raw_bytes, write_message


def make_header(**fields: object) -> Header:
    return Header(json.dumps(fields).encode())


def test_write_message_sends_the_header_and_then_the_parts() -> None:
    pipe = io.BytesIO()

    write_message(pipe, "track", {"start_s": 1.5}, raw_bytes(np.array([1, 2], dtype="<i2")), memoryview(b"end"))

    sent = pipe.getvalue()
    (length,) = LENGTH.unpack(sent[: LENGTH.size])
    header = Header(sent[LENGTH.size : LENGTH.size + length])
    assert (header.text("kind"), header.number("start_s")) == ("track", 1.5)
    assert sent[LENGTH.size + length :] == b"\x01\x00\x02\x00end"


def test_raw_bytes_shares_the_memory_of_the_array() -> None:
    array = np.zeros((2, 3), dtype=np.float64)

    raw_bytes(array)[:8] = np.array([1.5]).tobytes()

    assert array[0, 0] == 1.5
    assert len(raw_bytes(np.empty((4, 0, 3), dtype=np.uint8))) == 0


def test_header_gives_the_fields() -> None:
    header = make_header(name="clip", length=2.5, frames=3, loud=True, nothing=None)

    assert header.text("name") == "clip"
    assert header.number("length") == 2.5
    assert header.count("frames", most=3) == 3
    assert header.flag("loud") is True
    assert header.optional_text("nothing") is None


@pytest.mark.parametrize("value", ["3", None, True, 3.5, -1, 0, 11, [3]])
def test_header_refuses_a_count_when_it_is_none_or_out_of_bounds(value: object) -> None:
    with pytest.raises(UnreadableMedia, match="makes no sense"):
        make_header(frames=value).count("frames", least=1, most=10)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1" * 400, "true", '"1"', "null", "[]"])
def test_header_refuses_a_number_when_it_is_none(value: str) -> None:
    with pytest.raises(UnreadableMedia):
        Header(f'{{"length": {value}}}'.encode()).number("length")


@pytest.mark.parametrize("value", [1, None, "true"])
def test_header_refuses_a_flag_when_it_is_none(value: object) -> None:
    with pytest.raises(UnreadableMedia):
        make_header(loud=value).flag("loud")


def test_header_refuses_a_text_when_it_is_none() -> None:
    with pytest.raises(UnreadableMedia):
        make_header(name=1).text("name")


def test_header_refuses_what_is_nested_too_deep() -> None:
    with pytest.raises(UnreadableMedia):
        Header(b"[" * 16_000)


@given(st.binary(max_size=64))
def test_header_raises_nothing_but_unreadable_when_bytes_are_arbitrary(encoded: bytes) -> None:
    with pytest.raises(UnreadableMedia):
        Header(encoded).text("kind")
