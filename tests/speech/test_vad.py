import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.domain.media import AudioTrack
from instantreact.speech.utterances import CutLimits
from instantreact.speech.vad import cut_utterances
from tests.speech.sounds import chunk, join, make_silence, make_tone, say

SENTENCE = say("Give me back my money, or I will call the police.")
TWO_SENTENCES = join(make_silence(1.0), SENTENCE, make_silence(2.0), SENTENCE, make_silence(1.0))


def test_vad_finds_each_sentence_and_its_time() -> None:
    first, second = cut_utterances([TWO_SENTENCES])
    assert first.start_s == pytest.approx(1.0, abs=0.3)
    assert second.start_s == pytest.approx(3.0 + SENTENCE.duration_s, abs=0.3)
    assert first.duration_s == pytest.approx(SENTENCE.duration_s, abs=0.6)


@settings(max_examples=4, deadline=None)
@given(chunk_s=st.floats(0.01, 10.0))
def test_vad_cuts_the_same_however_the_sound_is_chunked(chunk_s: float) -> None:
    whole = list(cut_utterances([TWO_SENTENCES]))
    pieces = list(cut_utterances(chunk(TWO_SENTENCES, chunk_s)))
    assert [one.start_s for one in pieces] == pytest.approx([one.start_s for one in whole])
    assert all(np.array_equal(a.samples, b.samples) for a, b in zip(pieces, whole, strict=True))


def test_vad_keeps_to_the_footages_clock() -> None:
    (utterance,) = cut_utterances([AudioTrack(SENTENCE.samples, 100.0)])
    assert utterance.start_s == pytest.approx(100.0, abs=0.3)


@pytest.mark.parametrize("sound", [make_silence(5.0), make_tone(5.0)])
def test_vad_finds_nothing_when_nobody_speaks(sound: AudioTrack) -> None:
    assert list(cut_utterances([sound])) == []


def test_vad_finds_nothing_in_noise() -> None:
    noise = np.random.default_rng(0).normal(0, 2_000, 80_000).astype(np.int16)
    assert list(cut_utterances([AudioTrack(noise, 0.0)])) == []


def test_vad_finds_nothing_without_sound() -> None:
    assert list(cut_utterances([])) == []


def test_vad_cuts_speech_without_a_pause_into_parts_that_follow_on_one_another() -> None:
    speech = join(*[SENTENCE] * 4)
    parts = list(cut_utterances(chunk(speech, 1.0), CutLimits(longest_s=4.0, pause_s=2.0)))
    assert len(parts) >= 3
    assert all(part.duration_s <= 4.0 for part in parts)
    for before, after in pairwise(parts):
        assert before.start_s + before.duration_s == pytest.approx(after.start_s)


def test_vad_ends_an_utterance_where_the_sound_has_a_hole() -> None:
    later = AudioTrack(SENTENCE.samples, SENTENCE.duration_s + 30.0)
    first, second = cut_utterances([SENTENCE, later])
    assert first.start_s + first.duration_s <= SENTENCE.duration_s + 0.01
    assert second.start_s >= later.start_s


def test_vad_fills_up_a_sound_that_is_shorter_than_half_a_second() -> None:
    middle = len(SENTENCE.samples) // 2
    (utterance,) = cut_utterances([AudioTrack(SENTENCE.samples[middle : middle + 5_000], 0.0)])
    assert utterance.duration_s == 0.5


def test_vad_takes_no_other_rate() -> None:
    with pytest.raises(ValueError, match="8000"):
        list(cut_utterances([AudioTrack(SENTENCE.samples, 0.0, 8_000)]))


def test_vad_holds_no_more_memory_when_the_sound_is_long() -> None:
    def peak_bytes(minutes: int) -> int:
        def sound() -> Iterator[AudioTrack]:
            for second in range(minutes * 60):
                yield make_silence(1.0, start_s=float(second))

        tracemalloc.start()
        list(cut_utterances(sound()))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    peak_bytes(1)
    assert peak_bytes(20) < peak_bytes(1) + 200_000
