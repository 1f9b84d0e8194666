import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.camera import Point, find_flaw

SHARES = st.integers(0, 20).map(lambda step: step / 20)


def make_polygon(*corners: tuple[float, float]) -> tuple[Point, ...]:
    return tuple(Point(*corner) for corner in corners)


SQUARE = make_polygon((0.2, 0.2), (0.8, 0.2), (0.8, 0.8), (0.2, 0.8))
GOOD = {
    "square": SQUARE,
    "the other way round": SQUARE[::-1],
    "closed by its first corner": (*SQUARE, SQUARE[0]),
    "with a corner twice": (SQUARE[0], *SQUARE),
    "with a corner on a side": make_polygon((0, 0), (0.5, 0), (1, 0), (1, 1)),
    "hollow": make_polygon((0, 0), (1, 0), (1, 1), (0.9, 0.1), (0.1, 0.1), (0, 1)),
    "whole picture": make_polygon((0, 0), (1, 0), (1, 1), (0, 1)),
}
FLAWED = {
    "all the same": (make_polygon((0.5, 0.5)) * 4, "fewer than three"),
    "two in turn": (make_polygon((0.1, 0.1), (0.9, 0.9), (0.1, 0.1), (0.9, 0.9)), "on one line"),
    "two and one twice": (make_polygon((0.1, 0.1), (0.1, 0.1), (0.9, 0.9), (0.9, 0.9)), "fewer than three"),
    "level": (make_polygon((0, 0.3), (0.4, 0.3), (1, 0.3)), "on one line"),
    "slanting": (make_polygon((0.1, 0.1), (0.2, 0.2), (0.3, 0.3), (0.7, 0.7)), "on one line"),
    "bow tie": (make_polygon((0, 0), (1, 1), (1, 0), (0, 1)), "crosses or touches itself"),
    "star": (make_polygon((0.5, 0), (0.8, 1), (0, 0.4), (1, 0.4), (0.2, 1)), "crosses or touches itself"),
    "with a spike": (make_polygon((0, 0), (0.5, 0), (0.5, 0.5), (0.5, 0.2), (0, 0.5)), "crosses or touches itself"),
    "twice around": (SQUARE * 2, "crosses or touches itself"),
    "touching a corner": (make_polygon((0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)), "touches itself"),
    "thin as a hair": (make_polygon((0, 0), (1, 0), (1, 1e-7)), "less than a pixel"),
    "tiny": (make_polygon((0.5, 0.5), (0.5005, 0.5), (0.5, 0.5005)), "less than a pixel"),
}


@pytest.mark.parametrize("polygon", GOOD.values(), ids=GOOD.keys())
def test_find_flaw_finds_none_in_a_polygon_that_encloses_something(polygon: tuple[Point, ...]) -> None:
    assert find_flaw(polygon) is None


@pytest.mark.parametrize(("polygon", "flaw"), FLAWED.values(), ids=FLAWED.keys())
def test_find_flaw_says_what_is_wrong_with_a_polygon(polygon: tuple[Point, ...], flaw: str) -> None:
    assert flaw in (find_flaw(polygon) or "")


@given(corners=st.lists(st.tuples(SHARES, SHARES), min_size=3, max_size=8), start=st.integers(0, 7))
def test_find_flaw_does_not_care_where_a_polygon_begins(corners: list[tuple[float, float]], start: int) -> None:
    polygon = make_polygon(*corners)
    start %= len(polygon)

    assert (find_flaw(polygon) is None) == (find_flaw((*polygon[start:], *polygon[:start])) is None)
    assert (find_flaw(polygon) is None) == (find_flaw(polygon[::-1]) is None)
