import pytest

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.mention import mention_probability, mentions, stems
from instantreact.domain.observation import Hypothesis


@pytest.mark.parametrize(
    ("sentence", "phrase"),
    [
        ("two men are FIGHTING", "fight"),
        ("he fell down the stairs", "fall"),
        ("people push each other at the bar", "pushing each other"),
        ("the woman's bag burns", "burning"),
        ("they fought, then left", "fights"),
    ],
)
def test_mentions_finds_the_phrase_when_the_words_are_inflected(sentence: str, phrase: str) -> None:
    assert mentions(sentence, (phrase,)) == phrase


@pytest.mark.parametrize(
    ("sentence", "phrase"),
    [("a firefighter waits", "fire"), ("a man walks", ""), ("", "fight"), ("he hit it", "hit him")],
)
def test_mentions_finds_nothing_when_the_words_differ(sentence: str, phrase: str) -> None:
    assert mentions(sentence, (phrase,)) is None


@pytest.mark.parametrize("concept", sorted(FIRST_CONCEPTS))
def test_every_phrase_of_a_concept_can_be_mentioned(concept: str) -> None:
    words = FIRST_CONCEPTS[concept]

    assert all(stems(phrase) for phrase in words)
    assert all(mention_probability([Hypothesis(phrase, 1.0)], words) == 1.0 for phrase in words)
