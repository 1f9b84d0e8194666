"""Draws sentences from a decoder that is called one word at a time: beam search and seeded sampling.

Every function is deterministic: the same inputs, the same sentences.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instantreact.inference.vocabulary import END, PAD, START, UNKNOWN

Floats = NDArray[np.float32]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class DecoderState:
    """The LSTM's memory for B sentences under way: hidden and cell, each (B, H)."""

    hidden: Floats
    cell: Floats

    def take(self, rows: Numbers) -> "DecoderState":
        """The state of these sentences, in this order."""
        return DecoderState(self.hidden[rows], self.cell[rows])


Step = Callable[[Numbers, DecoderState], tuple[Floats, DecoderState]]
"""The last words (B,) and their state to the log-probabilities (B, V) of the next words and the state after."""


@dataclass(frozen=True)
class Sentence:
    """Word numbers without `END`, and the natural logarithm of the sentence's probability, `END` included."""

    words: tuple[int, ...]
    log_probability: float


def search_beams(
    step: Step, start: DecoderState, *, beams: int, max_words: int, length_penalty: float
) -> list[Sentence]:
    """The best sentences found, at most `beams`, best first; `start` has one row.

    Sentences are compared by log-probability / words^length_penalty (Wu et al. 2016, arXiv:1609.08144, without the 5).
    """
    finished: list[Sentence] = []
    words = np.zeros((1, 0), np.int64)  # (B, words so far)
    scores = np.zeros(1, np.float64)  # (B,)
    last, state = np.array([START]), start
    for _ in range(max_words):
        log_probabilities, state = step(last, state)
        totals = scores[:, None] + _allowed(log_probabilities, may_end=words.shape[1] > 0)  # (B, V)
        finished += _ended(words, totals)
        rows, last = _best(totals, beams)
        scores, state = totals[rows, last], state.take(rows)
        words = np.concatenate([words[rows], last[:, None]], axis=1)
        if _is_decided(finished, scores, words.shape[1], beams=beams, length_penalty=length_penalty):
            break
    else:
        finished += [_sentence(row, score) for row, score in zip(words, scores, strict=True)]
    return sorted(finished, key=lambda found: -rank_sentence(found, length_penalty))[:beams]


def rank_sentence(sentence: Sentence, length_penalty: float) -> float:
    """What sentences are compared by: log-probability / words^length_penalty, `END` counted; higher is better."""
    return sentence.log_probability / float((len(sentence.words) + 1) ** length_penalty)


def sample_sentences(
    step: Step, start: DecoderState, *, count: int, max_words: int, random: np.random.Generator
) -> list[Sentence]:
    """`count` sentences drawn word by word from the decoder's own distribution; `start` has one row."""
    words = np.full((count, max_words), END, np.int64)
    scores = np.zeros(count, np.float64)
    state = start.take(np.zeros(count, np.int64))
    last = np.full(count, START, np.int64)
    open_rows = np.ones(count, np.bool_)
    for position in range(max_words):
        log_probabilities, state = step(last, state)
        allowed = _allowed(log_probabilities, may_end=position > 0)
        last = _draw(allowed, random.random(count))
        scores += np.where(open_rows, allowed[np.arange(count), last], 0.0)
        words[:, position] = np.where(open_rows, last, END)
        open_rows &= last != END
        if not open_rows.any():
            break
    return [_sentence(row[: _length(row)], score) for row, score in zip(words, scores, strict=True)]


def _allowed(log_probabilities: Floats, *, may_end: bool) -> NDArray[np.float64]:
    """Log-probabilities (B, V) over what may be said: no padding, start or unknown word, and no empty sentence."""
    allowed = log_probabilities.astype(np.float64)
    allowed[:, [PAD, START, UNKNOWN] + ([] if may_end else [END])] = -np.inf
    # The largest is taken out by hand: logaddexp.reduce does the same, value by value, in ten times the time.
    likeliest = allowed.max(axis=1, keepdims=True)
    normalised: NDArray[np.float64] = allowed - (
        likeliest + np.log(np.exp(allowed - likeliest).sum(axis=1, keepdims=True))
    )
    return normalised


def _draw(log_probabilities: NDArray[np.float64], uniform: NDArray[np.float64]) -> Numbers:
    """One word for each row (B, V) by inverting its cumulative distribution at `uniform` (B,)."""
    cumulative = np.cumsum(np.exp(log_probabilities), axis=1)
    drawn: Numbers = (cumulative < uniform[:, None] * cumulative[:, -1:]).sum(axis=1)
    return drawn


def _best(totals: NDArray[np.float64], count: int) -> tuple[Numbers, Numbers]:
    """Rows and words of the `count` best continuations of (B, V), ended ones aside."""
    going_on = totals.copy()
    going_on[:, END] = -np.inf
    count = min(count, int(np.isfinite(going_on).sum()))
    flat = np.argsort(-going_on, axis=None, kind="stable")[:count]
    rows, words = np.unravel_index(flat, going_on.shape)
    return rows, words


def _ended(words: Numbers, totals: NDArray[np.float64]) -> list[Sentence]:
    return [_sentence(row, score) for row, score in zip(words, totals[:, END], strict=True) if np.isfinite(score)]


def _is_decided(
    finished: list[Sentence], scores: NDArray[np.float64], length: int, *, beams: int, length_penalty: float
) -> bool:
    """Whether the sentences still open cannot come among the best `beams` at their present length."""
    if len(finished) < beams:
        return False
    worst_kept = sorted((rank_sentence(found, length_penalty) for found in finished), reverse=True)[beams - 1]
    return float(scores.max()) / float((length + 1) ** length_penalty) < worst_kept


def _sentence(words: Numbers, log_probability: float) -> Sentence:
    return Sentence(tuple(int(word) for word in words), float(log_probability))


def _length(row: Numbers) -> int:
    ends = np.flatnonzero(row == END)
    return int(ends[0]) if len(ends) else len(row)
