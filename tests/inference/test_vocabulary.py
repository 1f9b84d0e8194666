"""Words and their numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.inference.vocabulary import END, SPECIALS, START, UNKNOWN, Vocabulary


def make_vocabulary() -> Vocabulary:
    return Vocabulary.from_captions(["A man falls.", "a man runs", "a dog barks"], at_least=1)


def test_vocabulary_orders_words_by_frequency_then_alphabet() -> None:
    assert make_vocabulary().words == (*SPECIALS, "a", "man", "barks", "dog", "falls", "runs")


def test_vocabulary_leaves_rare_words_out() -> None:
    vocabulary = Vocabulary.from_captions(["a man falls", "a man runs"], at_least=2)

    assert vocabulary.words == (*SPECIALS, "a", "man")
    assert vocabulary.encode("a man falls") == [4, 5, UNKNOWN, END]


@given(st.lists(st.sampled_from(["a", "man", "dog", "falls", "runs"]), min_size=1))
def test_decode_gives_back_what_encode_took(words: list[str]) -> None:
    vocabulary = make_vocabulary()

    assert vocabulary.decode(vocabulary.encode(" ".join(words))) == " ".join(words)


def test_decode_stops_at_the_end() -> None:
    assert make_vocabulary().decode([START, 4, 5, END, 7]) == "a man"


@pytest.mark.parametrize("words", [["a", "man"], [*SPECIALS, "a", "a"]])
def test_vocabulary_is_refused_when_malformed(words: list[str]) -> None:
    with pytest.raises(ValueError, match="a vocabulary"):
        Vocabulary(words)
