from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.media import Window
from instantreact.domain.observation import Hearing, Meaning, Transcript, Word
from instantreact.domain.rule import SpeechCondition
from instantreact.rules.speech import match_speech
from instantreact.speech.listen import HeardSound, HeardUtterance
from instantreact.speech.placing import CONTEXT_WORDS, place_transcripts


def make_windows(*edges_s: tuple[float, float]) -> list[Window]:
    return [Window(index, start_s, end_s) for index, (start_s, end_s) in enumerate(edges_s)]


def make_utterance(text: str, *, start_s: float, word_s: float = 0.5, **fields: object) -> HeardUtterance:
    words = tuple(
        Word(word, start_s + at * word_s, start_s + (at + 1) * word_s) for at, word in enumerate(text.split())
    )
    transcript = Transcript(Hearing.HEARD, "wit", text, "en", words, **fields)  # type: ignore[arg-type]
    return HeardUtterance(start_s, start_s + len(words) * word_s, transcript)


def make_unknown(start_s: float, end_s: float) -> HeardUtterance:
    return HeardUtterance(start_s, end_s, Transcript(Hearing.UNKNOWN, "wit", reason="Wit.ai is down."), 60.0)


def make_sound(*utterances: HeardUtterance) -> HeardSound:
    return HeardSound("wit", has_track=True, utterances=utterances)


@st.composite
def windows_and_sounds(draw: st.DrawFn) -> tuple[list[Window], HeardSound]:
    stride_s = draw(st.floats(0.3, 3.0))
    window_s = stride_s * draw(st.floats(0.5, 3.0))  # with holes, edge to edge, or overlapping
    count = draw(st.integers(1, 12))
    origin_s = draw(st.floats(0.0, 5.0))
    windows = make_windows(*((origin_s + i * stride_s, origin_s + i * stride_s + window_s) for i in range(count)))
    utterances, now_s, number = [], draw(st.floats(0.0, 3.0)), 0
    for length in draw(st.lists(st.integers(1, 12), max_size=4)):
        text = " ".join(f"w{number + at}x" for at in range(length))
        number += length
        utterances.append(make_utterance(text, start_s=now_s, word_s=draw(st.floats(0.05, 0.8))))
        now_s = utterances[-1].end_s + draw(st.floats(0.0, 1.9))
    return windows, make_sound(*utterances)


@given(windows_and_sounds())
def test_placing_puts_every_word_into_at_least_one_window(made: tuple[list[Window], HeardSound]) -> None:
    windows, sound = made
    transcripts = place_transcripts(windows, sound)
    said = {word.text for heard in sound.utterances for word in heard.transcript.words}
    assert {word.text for transcript in transcripts for word in transcript.words} == said


@given(windows_and_sounds(), st.data())
def test_placing_loses_no_phrase_at_a_boundary(made: tuple[list[Window], HeardSound], data: st.DataObject) -> None:
    windows, sound = made
    said = [word for heard in sound.utterances for word in heard.transcript.words]
    if not said:
        return
    start = data.draw(st.integers(0, len(said) - 1))
    phrase = said[start : data.draw(st.integers(start + 1, len(said)))][: CONTEXT_WORDS + 1]
    condition = SpeechCondition((" ".join(word.text for word in phrase),))
    found = [match_speech(condition, transcript) for transcript in place_transcripts(windows, sound)]
    assert any(evidence and evidence.end_s == phrase[-1].end_s for evidence in found)


@given(windows_and_sounds())
def test_placing_holds_a_phrase_once_when_windows_do_not_overlap(made: tuple[list[Window], HeardSound]) -> None:
    windows, sound = made
    if any(after.start_s < before.end_s for before, after in pairwise(windows)):
        return
    transcripts = place_transcripts(windows, sound)
    words = [word for transcript in transcripts for word in transcript.words]
    assert len(words) == len(set(words))


@given(windows_and_sounds())
def test_placing_keeps_words_in_order_and_the_context_before_them(made: tuple[list[Window], HeardSound]) -> None:
    for transcript in place_transcripts(*made):
        ends_s = [word.end_s for word in (*transcript.context, *transcript.words)]
        assert ends_s == sorted(ends_s)
        assert transcript.text == " ".join(word.text for word in transcript.words)


def test_placing_puts_a_phrase_where_it_ends() -> None:
    sound = make_sound(make_utterance("please call the police now", start_s=1.0))
    first, second = place_transcripts(make_windows((0.0, 2.0), (2.0, 4.0)), sound)
    assert (first.text, second.text) == ("please call", "the police now")
    assert [word.text for word in second.context] == ["please", "call"]
    assert (second.engine, second.language, second.hearing) == ("wit", "en", Hearing.HEARD)


def test_placing_puts_meanings_where_their_utterance_ends() -> None:
    meaning = Meaning("emergency", 0.9)
    sound = make_sound(make_utterance("help me please", start_s=1.0, intents=(meaning,)))
    first, second = place_transcripts(make_windows((0.0, 2.0), (2.0, 4.0)), sound)
    assert (first.intents, second.intents) == ((), (meaning,))


def test_placing_is_silent_where_nobody_spoke() -> None:
    sound = make_sound(make_utterance("help", start_s=0.0))
    hearings = [one.hearing for one in place_transcripts(make_windows((0.0, 2.0), (2.0, 4.0)), sound)]
    assert hearings == [Hearing.HEARD, Hearing.SILENT]


def test_placing_says_that_there_was_no_track() -> None:
    (transcript,) = place_transcripts(make_windows((0.0, 2.0)), HeardSound("wit", has_track=False))
    assert transcript.hearing is Hearing.NO_TRACK


def test_placing_is_unknown_where_an_utterance_was_not_understood() -> None:
    sound = make_sound(make_unknown(2.5, 3.5))
    first, second = place_transcripts(make_windows((0.0, 2.0), (2.0, 4.0)), sound)
    assert (first.hearing, first.reason) == (Hearing.SILENT, None)
    assert (second.hearing, second.reason, second.truncated) == (Hearing.UNKNOWN, "Wit.ai is down.", False)


def test_placing_marks_a_window_truncated_when_only_part_of_it_was_understood() -> None:
    sound = make_sound(make_utterance("help", start_s=0.0), make_unknown(1.0, 1.8))
    (transcript,) = place_transcripts(make_windows((0.0, 2.0)), sound)
    assert (transcript.hearing, transcript.truncated) == (Hearing.HEARD, True)
    assert transcript.reason == "Wit.ai is down."


@pytest.mark.parametrize(("broken_at_s", "expected"), [(0.0, Hearing.UNKNOWN), (3.0, Hearing.SILENT)])
def test_placing_is_unknown_after_the_track_broke_off(broken_at_s: float, expected: Hearing) -> None:
    sound = HeardSound("wit", has_track=True, broken_at_s=broken_at_s, reason="damaged")
    first, last = place_transcripts(make_windows((0.0, 2.0), (2.0, 4.0)), sound)
    assert first.hearing is expected
    assert last.hearing is Hearing.UNKNOWN
