import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.api.pages import PageRequest, decode_cursor, encode_cursor
from instantreact.storage.paging import Cursor

MOMENTS = st.datetimes(timezones=st.just(UTC))
IDS = st.text("0123456789abcdef", min_size=1, max_size=32)


@given(at=MOMENTS, row_id=IDS)
def test_cursor_survives_the_round_trip(at: datetime, row_id: str) -> None:
    assert decode_cursor(encode_cursor(Cursor(at, row_id))) == Cursor(at, row_id)


@given(text=st.text(max_size=80) | st.binary(max_size=60).map(lambda junk: junk.decode("latin-1")))
def test_decode_cursor_refuses_what_it_did_not_make(text: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        decode_cursor(text)


@pytest.mark.parametrize("at", ["2026-11-22T12:00:00", "0001-01-01T00:00:00+14:00", "yesterday"])
def test_decode_cursor_refuses_a_time_that_is_not_utc(at: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        decode_cursor(base64.urlsafe_b64encode(f"{at} ab".encode()).decode().rstrip("="))


@given(rows=st.lists(st.tuples(MOMENTS, IDS), max_size=12), limit=st.integers(1, 10))
def test_page_shows_the_limit_and_points_on_only_when_more_rows_were_read(
    rows: list[tuple[datetime, str]], limit: int
) -> None:
    asked = PageRequest(after=None, limit=limit)

    page = asked.cut(rows[: asked.fetch], lambda row: row[1], lambda row: Cursor(*row))

    assert page.items == [row_id for _, row_id in rows[:limit]]
    assert (page.next is not None) == (len(rows) > limit)
    if page.next is not None:
        assert decode_cursor(page.next) == Cursor(*rows[limit - 1])
