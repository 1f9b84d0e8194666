import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.media import AudioTrack
from instantreact.speech.utterances import FRAME_S, FRAME_SAMPLES, CutLimits, Frame, UtteranceCutter

LIMITS = CutLimits(longest_s=3.0)
runs = st.lists(st.tuples(st.floats(0, 1), st.integers(1, 40)), max_size=12)


def make_frames(voiced: list[float]) -> list[Frame]:
    """Frames whose samples are their own number."""
    return [
        Frame(np.full(FRAME_SAMPLES, at + 1, dtype=np.int16), at * FRAME_S, probability)
        for at, probability in enumerate(voiced)
    ]


def cut(voiced: list[float], limits: CutLimits = LIMITS) -> list[AudioTrack]:
    cutter = UtteranceCutter(limits)
    found = [utterance for frame in make_frames(voiced) for utterance in cutter.add(frame)]
    return [*found, *cutter.finish()]


def numbers_of(utterance: AudioTrack) -> list[int]:
    """Which frames an utterance holds, without the zeros it was filled up with."""
    return [int(number) - 1 for number in utterance.samples[::FRAME_SAMPLES] if number]


@given(runs)
def test_cutter_keeps_every_frame_of_speech_once_and_in_order(pattern: list[tuple[float, int]]) -> None:
    voiced = [probability for probability, length in pattern for _ in range(length)]
    kept = [number for utterance in cut(voiced) for number in numbers_of(utterance)]
    assert kept == sorted(set(kept))
    assert {at for at, probability in enumerate(voiced) if probability >= LIMITS.starts_at} <= set(kept)


@given(runs)
def test_cutter_gives_utterances_of_half_a_second_up_to_the_longest(pattern: list[tuple[float, int]]) -> None:
    voiced = [probability for probability, length in pattern for _ in range(length)]
    for utterance in cut(voiced):
        assert LIMITS.shortest_s <= utterance.duration_s <= LIMITS.longest_s
        assert utterance.start_s == pytest.approx(numbers_of(utterance)[0] * FRAME_S)


def test_cutter_gives_nothing_when_nobody_speaks() -> None:
    assert cut([0.2] * 500) == []


def test_cutter_cuts_at_a_pause_and_pads_both_sides() -> None:
    first, second = cut([0.0] * 50 + [0.9] * 30 + [0.0] * 60 + [0.9] * 30 + [0.0] * 50)
    assert numbers_of(first) == list(range(44, 86))
    assert numbers_of(second) == list(range(134, 176))


def test_cutter_keeps_an_utterance_open_when_the_pause_is_short() -> None:
    assert len(cut([0.9] * 10 + [0.0] * 10 + [0.9] * 10)) == 1


def test_cutter_cuts_long_speech_where_it_is_least_voiced() -> None:
    voiced = [0.9] * 200
    voiced[68:73] = [0.4] * 5
    first, second, *_ = cut(voiced)
    assert 68 <= numbers_of(second)[0] <= 73
    assert numbers_of(first)[-1] + 1 == numbers_of(second)[0]
