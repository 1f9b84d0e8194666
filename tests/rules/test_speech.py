import string

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from instantreact.domain.observation import Hearing, Meaning, Transcript, Word
from instantreact.domain.rule import MeaningCondition, MeaningKind, SpeechCondition
from instantreact.rules.speech import LETTERS_PER_MISTAKE, match_meaning, match_speech

letters = st.text(string.ascii_lowercase, min_size=1, max_size=6)
sentences = st.lists(letters, min_size=1, max_size=8)


def make_words(text: str, *, start_s: float = 0.0) -> tuple[Word, ...]:
    """One word each half second."""
    return tuple(Word(word, start_s + at / 2, start_s + (at + 1) / 2) for at, word in enumerate(text.split()))


def make_transcript(text: str, *, context: str = "", start_s: float = 0.0, **fields: object) -> Transcript:
    before = make_words(context, start_s=start_s - len(context.split()) / 2)
    words = make_words(text, start_s=start_s)
    return Transcript(Hearing.HEARD, "wit", text, words=words, context=before, **fields)  # type: ignore[arg-type]


def test_speech_quotes_the_words_and_their_times() -> None:
    evidence = match_speech(SpeechCondition(("give back my money",)), make_transcript("you give back my money now"))
    assert evidence is not None
    assert (evidence.kind, evidence.what, evidence.quote) == ("speech", "give back my money", "give back my money")
    assert (evidence.start_s, evidence.end_s, evidence.score) == (0.5, 2.5, 1.0)


@pytest.mark.parametrize(
    ("phrase", "said"),
    [
        ("beat me", "he is beating me"),
        ("Call the POLICE!", "calling, the police"),
        ("don't shoot", "Don't shoot!"),
        ("fight", "they fought"),
    ],
)
def test_speech_compares_stems(phrase: str, said: str) -> None:
    assert match_speech(SpeechCondition((phrase,)), make_transcript(said)) is not None


@pytest.mark.parametrize(
    ("phrase", "said", "distance"),
    [
        ("call the police", "cull the police", 1),
        ("call the police", "callthe police", 1),
        ("call the police", "call the pol ice", 1),
        ("give back my money", "give pack by money", 2),
    ],
)
def test_speech_holds_within_the_stated_distance_only(phrase: str, said: str, distance: int) -> None:
    transcript = make_transcript(said)
    evidence = match_speech(SpeechCondition((phrase,), max_distance=distance), transcript)
    assert evidence is not None
    assert evidence.quote == said
    assert evidence.score == pytest.approx(1 - distance / len(phrase))
    assert match_speech(SpeechCondition((phrase,), max_distance=distance - 1), transcript) is None


def test_speech_never_forgives_more_than_a_third_of_the_letters() -> None:
    assert match_speech(SpeechCondition(("no",), max_distance=10), make_transcript("go")) is None
    assert match_speech(SpeechCondition(("help",), max_distance=10), make_transcript("yelp")) is not None


def test_speech_prefers_the_nearest_words() -> None:
    condition = SpeechCondition(("call the police",), max_distance=2)
    evidence = match_speech(condition, make_transcript("call the polite and call the police"))
    assert evidence is not None
    assert (evidence.quote, evidence.start_s) == ("call the police", 2.0)


def test_speech_finds_a_phrase_that_begins_in_the_context() -> None:
    evidence = match_speech(
        SpeechCondition(("call the police",)), make_transcript("police now", context="please call the", start_s=4.0)
    )
    assert evidence is not None
    assert (evidence.quote, evidence.start_s, evidence.end_s) == ("call the police", 3.0, 4.5)


def test_speech_does_not_hold_when_the_phrase_ended_in_the_context() -> None:
    assert match_speech(SpeechCondition(("help me",)), make_transcript("thank you", context="help me")) is None


def test_speech_does_not_hold_when_a_long_pause_lies_between_the_words() -> None:
    words = (Word("help", 0.0, 0.5), Word("me", 3.0, 3.2))
    assert match_speech(SpeechCondition(("help me",)), Transcript(Hearing.HEARD, "wit", words=words)) is None


@pytest.mark.parametrize("hearing", [Hearing.SILENT, Hearing.NO_TRACK, Hearing.UNKNOWN])
def test_speech_does_not_hold_when_nothing_was_heard(hearing: Hearing) -> None:
    transcript = Transcript(hearing, "wit", "help me", words=make_words("help me"))
    assert match_speech(SpeechCondition(("help me",)), transcript) is None


def test_speech_does_not_hold_without_a_word_in_the_phrase() -> None:
    assert match_speech(SpeechCondition(("!", ""), max_distance=5), make_transcript("help")) is None


@given(sentences, st.data())
def test_speech_finds_every_phrase_that_was_said(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    phrase = " ".join(words[start:end])
    evidence = match_speech(SpeechCondition((phrase,), data.draw(st.integers(0, 3))), make_transcript(" ".join(words)))
    assert evidence is not None
    assert evidence.score == 1.0


@given(sentences, letters, st.integers(0, 4))
def test_speech_evidence_is_never_further_away_than_stated(words: list[str], phrase: str, distance: int) -> None:
    evidence = match_speech(SpeechCondition((phrase,), distance), make_transcript(" ".join(words)))
    if evidence is not None:
        limit = min(distance, len(phrase) // LETTERS_PER_MISTAKE)
        assert round((1 - evidence.score) * len(phrase)) <= limit
        assert evidence.quote in " ".join(words)


@given(sentences, letters)
def test_speech_holds_for_any_word_near_enough(words: list[str], phrase: str) -> None:
    limit = len(phrase) // LETTERS_PER_MISTAKE
    if any(Levenshtein.distance(word, phrase) <= limit for word in words):
        assert match_speech(SpeechCondition((phrase,), limit), make_transcript(" ".join(words))) is not None


EMERGENCY = Meaning("emergency", 0.9, None, "help there is a fire", 3.0, 5.0)
HAZARD = Meaning("hazard:thing", 0.8, "Fire", "fire", 3.0, 5.0)


def test_meaning_quotes_the_words_it_was_understood_from() -> None:
    transcript = make_transcript("fire", intents=(EMERGENCY,))
    evidence = match_meaning(MeaningCondition(MeaningKind.INTENT, "emergency"), transcript)
    assert evidence is not None
    assert (evidence.kind, evidence.what, evidence.score) == ("meaning", "emergency", 0.9)
    assert (evidence.quote, evidence.start_s, evidence.end_s) == ("help there is a fire", 3.0, 5.0)


@pytest.mark.parametrize("name", ["hazard", "hazard:thing", "HAZARD"])
@pytest.mark.parametrize("value", [None, "fire"])
def test_meaning_finds_an_entity_by_name_role_and_value(name: str, value: str | None) -> None:
    transcript = make_transcript("fire", entities=(HAZARD,))
    evidence = match_meaning(MeaningCondition(MeaningKind.ENTITY, name, value), transcript)
    assert evidence is not None
    assert evidence.what == "hazard:thing = Fire"


@pytest.mark.parametrize(
    "condition",
    [
        MeaningCondition(MeaningKind.ENTITY, "hazard", "water"),
        MeaningCondition(MeaningKind.ENTITY, "haz"),
        MeaningCondition(MeaningKind.TRAIT, "hazard"),
        MeaningCondition(MeaningKind.ENTITY, "hazard", min_confidence=0.81),
    ],
)
def test_meaning_does_not_hold_for_another_value_name_kind_or_less_confidence(condition: MeaningCondition) -> None:
    assert match_meaning(condition, make_transcript("fire", entities=(HAZARD,))) is None


def test_meaning_takes_the_surest() -> None:
    less = Meaning("emergency", 0.75, None, "perhaps", 0.0, 1.0)
    evidence = match_meaning(
        MeaningCondition(MeaningKind.INTENT, "emergency"), make_transcript("x", intents=(less, EMERGENCY))
    )
    assert evidence is not None
    assert evidence.score == 0.9


def test_meaning_falls_back_on_the_transcripts_words_and_times() -> None:
    trait = Meaning("sentiment", 0.9, "negative")
    evidence = match_meaning(
        MeaningCondition(MeaningKind.TRAIT, "sentiment"), make_transcript("go away", start_s=2.0, traits=(trait,))
    )
    assert evidence is not None
    assert (evidence.quote, evidence.start_s, evidence.end_s) == ("go away", 2.0, 3.0)
