import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.media.clock import (
    MAX_GAP_S,
    fill_stamps,
    find_pieces,
    follow_pieces,
    list_shifts,
    part_pieces,
    sort_stamps,
)

STEP_S = 0.04


def run(start_s: float, count: int = 25) -> list[float]:
    """Stamps of a clock that goes on."""
    return [start_s + index * STEP_S for index in range(count)]


def placed(stamps_s: list[float]) -> list[float]:
    """The stamps on the clip's clock."""
    shifts = list_shifts(find_pieces(stamps_s, STEP_S), len(stamps_s))
    return [stamp_s + shift_s for stamp_s, shift_s in zip(stamps_s, shifts, strict=True)]


@pytest.mark.parametrize("gap_s", [6.0, 300.0, 7200.0, MAX_GAP_S - 1])
def test_find_pieces_believes_a_jump_ahead(gap_s: float) -> None:
    stamps_s = run(0.0) + run(1.0 + gap_s)

    assert placed(stamps_s) == stamps_s


@pytest.mark.parametrize("second_s", [0.0, 1_700_000_000.0, -50.0])
def test_find_pieces_places_what_follows_right_after_when_the_clock_was_set(second_s: float) -> None:
    first_s = 9000.0 if second_s < 1e9 else 0.0

    assert placed(run(first_s) + run(second_s)) == pytest.approx(run(first_s, 50), abs=1e-6)


@pytest.mark.parametrize("wrong", [1, 3, 12])
def test_find_pieces_takes_a_jump_for_an_error_when_the_clock_comes_back(wrong: int) -> None:
    right = run(0.0, 75)
    stamps_s = right[:25] + [stamp_s + 5000.0 for stamp_s in right[25 : 25 + wrong]] + right[25 + wrong :]

    assert placed(stamps_s) == pytest.approx(right)


def test_find_pieces_takes_the_first_stamp_for_an_error_when_it_is_far_ahead() -> None:
    assert placed([5000.0, *run(0.0)]) == pytest.approx(run(5000.0, 26))


def test_find_pieces_keeps_a_recording_whole_when_another_follows_that_began_before_it() -> None:
    times_s = placed(run(0.0, 100) + run(300.0, 500) + run(5.0, 100))

    assert all(later > before for before, later in pairwise(times_s))
    assert times_s[100] == 300.0


def test_find_pieces_leaves_packets_alone_that_are_a_little_out_of_order() -> None:
    stamps_s = [0.0, 0.12, 0.04, 0.08, 0.24, 0.16, 0.2]

    assert placed(stamps_s) == stamps_s


@given(st.lists(st.floats(min_value=-1e6, max_value=1e6), min_size=1, max_size=40))
def test_find_pieces_never_lets_time_go_back_by_more_than_jitter(stamps_s: list[float]) -> None:
    assert all(later - before >= -1.1 for before, later in pairwise(placed(stamps_s)))


def test_follow_pieces_lets_sound_change_over_a_little_apart_from_the_picture() -> None:
    pieces = find_pieces(run(100.0) + run(0.0) + run(0.0), STEP_S)
    late, early = (100.98, 27), (0.0, 25)  # a last packet of the first recording, a first one of the second

    shifts = follow_pieces(pieces, [100.0, late[0], early[0], 0.5, 0.0, 0.5], [1, late[1], early[1], 40, 51, 70])

    assert shifts == [piece.shift_s for piece in (pieces[0], pieces[0], *pieces[1:2] * 2, *pieces[2:] * 2)]


def test_fill_stamps_takes_what_is_missing_from_beside_it() -> None:
    assert fill_stamps([math.nan, math.nan, 1.0, math.nan, 2.0]) == [1.0, 1.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize("delay", [1, 2, 16])
def test_part_pieces_shows_nothing_of_a_set_clock_before_what_came_before_it(delay: int) -> None:
    decoded_s, shown_s = run(0.0), run(delay * STEP_S)
    again_s = run(0.0)  # without a delay: FFmpeg says so of the second half of joined Matroska files
    pieces = find_pieces(decoded_s + again_s, STEP_S)

    parted = part_pieces(pieces, shown_s + again_s, STEP_S, most_s=17 * STEP_S)

    shifts_s = list_shifts(parted, 50)
    times_s = [stamp_s + shift_s for stamp_s, shift_s in zip(shown_s + again_s, shifts_s, strict=True)]
    assert times_s == pytest.approx(run(delay * STEP_S, 50))


def test_part_pieces_leaves_pictures_alone_that_come_out_of_order_across_a_gap() -> None:
    decoded_s, shown_s = [0.0, 20.0, 40.0, 60.0], [0.0, 40.0, 20.0, 60.0]
    pieces = find_pieces(decoded_s, 20.0)

    assert part_pieces(pieces, shown_s, 20.0, most_s=340.0) == pieces


@given(st.permutations(range(6)))
def test_sort_stamps_sorts_what_is_out_of_order_within_each_recording(order: list[int]) -> None:
    first_s, second_s = [9.0 + 0.04 * at for at in order], [0.04 * at for at in order]

    assert sort_stamps(first_s + second_s) == sorted(first_s) + sorted(second_s)
