"""Beam search and sampling around decoders small enough to check by enumeration."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.inference.decoding import DecoderState, Floats, Numbers, Sentence, sample_sentences, search_beams
from instantreact.inference.vocabulary import END, PAD, START, UNKNOWN

WORDS = (4, 5, 6)
START_STATE = DecoderState(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32))


class TableDecoder:
    """A decoder whose next word depends on the last word and the position, by a random table."""

    def __init__(self, seed: int, length: int = 8) -> None:
        logits = np.random.default_rng(seed).normal(size=(length + 1, 7, 7)) * 2  # (position, last word, V)
        self.scores = logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)

    def step(self, words: Numbers, state: DecoderState) -> tuple[Floats, DecoderState]:
        position = int(state.cell[0, 0])
        return self.scores[position, words].astype(np.float32), DecoderState(state.hidden, state.cell + 1)

    def log_probability(self, sentence: tuple[int, ...], *, ended: bool) -> float:
        total, last = 0.0, START
        for position, word in enumerate((*sentence, END) if ended else sentence):
            scores = self.scores[position, last].astype(np.float32).astype(np.float64)
            barred = [PAD, START, UNKNOWN, *([END] if position == 0 else [])]
            scores[barred] = -np.inf
            total += scores[word] - np.logaddexp.reduce(scores)
            last = word
        return float(total)


def every_sentence(decoder: TableDecoder, max_words: int) -> list[Sentence]:
    return [
        Sentence(words, decoder.log_probability(words, ended=length < max_words))
        for length in range(1, max_words + 1)
        for words in product(WORDS, repeat=length)
    ]


@given(seed=st.integers(0, 10_000), penalty=st.sampled_from([0.0, 0.7, 1.0]))
@settings(max_examples=30, deadline=None)
def test_search_beams_finds_the_best_sentence_when_the_beam_is_wide_enough(seed: int, penalty: float) -> None:
    decoder = TableDecoder(seed)

    found = search_beams(decoder.step, START_STATE, beams=64, max_words=3, length_penalty=penalty)

    best = max(every_sentence(decoder, 3), key=lambda s: s.log_probability / (min(len(s.words), 3) + 1) ** penalty)
    assert found[0].words == best.words
    assert found[0].log_probability == pytest.approx(best.log_probability, abs=1e-4)


@given(seed=st.integers(0, 10_000), beams=st.integers(1, 6))
@settings(max_examples=30, deadline=None)
def test_search_beams_returns_distinct_sentences_best_first(seed: int, beams: int) -> None:
    found = search_beams(TableDecoder(seed).step, START_STATE, beams=beams, max_words=5, length_penalty=0.7)

    ranks = [sentence.log_probability / (len(sentence.words) + 1) ** 0.7 for sentence in found]
    assert ranks == sorted(ranks, reverse=True)
    assert len({sentence.words for sentence in found}) == len(found) <= beams


@given(seed=st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_sentences_hold_words_only(seed: int) -> None:
    decoder = TableDecoder(seed)

    drawn = sample_sentences(
        decoder.step, START_STATE, count=20, max_words=5, random=np.random.default_rng(seed)
    ) + search_beams(decoder.step, START_STATE, beams=3, max_words=5, length_penalty=0.7)

    assert all(1 <= len(sentence.words) <= 5 and set(sentence.words) <= set(WORDS) for sentence in drawn)


def test_sample_sentences_draws_each_sentence_as_often_as_it_is_probable() -> None:
    decoder = TableDecoder(3)

    drawn = sample_sentences(decoder.step, START_STATE, count=20_000, max_words=2, random=np.random.default_rng(0))

    for expected in every_sentence(decoder, 2):
        share = sum(sentence.words == expected.words for sentence in drawn) / len(drawn)
        assert share == pytest.approx(np.exp(expected.log_probability), abs=0.015)


def test_sample_sentences_states_the_probability_of_what_it_drew() -> None:
    decoder = TableDecoder(5)

    drawn = sample_sentences(decoder.step, START_STATE, count=50, max_words=3, random=np.random.default_rng(0))

    for sentence in drawn:
        expected = decoder.log_probability(sentence.words, ended=len(sentence.words) < 3)
        assert sentence.log_probability == pytest.approx(expected, abs=1e-4)


def test_sample_sentences_repeats_itself_with_the_same_seed() -> None:
    decoder = TableDecoder(7)

    first, second = (
        sample_sentences(decoder.step, START_STATE, count=10, max_words=5, random=np.random.default_rng(1))
        for _ in range(2)
    )

    assert first == second
