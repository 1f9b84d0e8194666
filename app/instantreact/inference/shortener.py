"""Sentences with parts left out: phrases, further clauses, looks and numbers, and places named more generally."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import combinations, pairwise
from typing import NamedTuple

from instantreact.domain.mention import stem, tokenize
from instantreact.inference.lexicon import Lexicon, Part

_MOST_CUTS = 3
_KEPT = 512  # a captioner says the same sentences again and again
_LEAST_WORDS = 3  # before a clause that may be left out


class _Cut(NamedTuple):
    """Words [start, end) of a sentence, and what stands there instead."""

    start: int
    end: int
    instead: tuple[str, ...] = ()


class Shortener:
    """Leaves parts of sentences out by a lexicon and its grammar. Equal sentences give equal results."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._prepositions = tuple(tuple(each.split()) for each in lexicon.grammar.prepositions)
        self._clauses = frozenset(lexicon.grammar.clauses)
        self._articles = frozenset(lexicon.grammar.articles)
        self._ends = self._clauses | frozenset(lexicon.grammar.ends)
        self.shorten = lru_cache(maxsize=_KEPT)(self._shorten)

    def _shorten(self, text: str) -> tuple[str, ...]:
        words = tokenize(text)
        parts = (self._cut_phrases, self._cut_clauses, self._cut_looks, self._cut_numbers)
        cuts = sorted({cut for part in parts for cut in part(words)})
        found = {" ".join(words): None}
        for count in range(1, _MOST_CUTS + 1):
            for chosen in combinations(cuts, count):
                if all(first.end <= then.start for first, then in pairwise(chosen)):
                    found[" ".join(_apply(words, chosen))] = None
        return tuple(found)

    def _cut_phrases(self, words: Sequence[str]) -> Iterator[_Cut]:
        """From a preposition to the end of its noun; two that follow each other may go together."""
        single, begun = [], 0
        for start in range(len(words)):
            length = self._preposition(words, start) if start >= begun else 0
            begun = max(begun, start + length)
            end = self._noun_end(words, start + length) if length else start
            if end > start + length:
                single.append((start, end))
        for start, end in single + [
            (first, end) for first, middle in single for start, end in single if start == middle
        ]:
            yield _Cut(start, end)
            yield from self._generalize(words, start, end)

    def _generalize(self, words: Sequence[str], start: int, end: int) -> Iterator[_Cut]:
        """`in a room` for `at the bar of a restaurant`, and `of a room` for `of a restaurant`."""
        group = self._lexicon.group_of(stem(words[end - 1]))
        if group is None or group[0] is not Part.PLACE or group[1] not in self._lexicon.general:
            return
        general = tuple(self._lexicon.general[group[1]].split())
        yield _Cut(start, end, general)
        noun = general[self._preposition(general, 0) :]
        if words[start] in self._lexicon.grammar.placing and noun != general:
            yield _Cut(start + 1, end, noun)

    def _cut_clauses(self, words: Sequence[str]) -> Iterator[_Cut]:
        return (
            _Cut(index, len(words))
            for index, word in enumerate(words)
            if word in self._clauses and index >= _LEAST_WORDS
        )

    def _cut_looks(self, words: Sequence[str]) -> Iterator[_Cut]:
        for index, word in enumerate(words[:-1]):
            then = words[index + 1]
            if self._lexicon.part_of(word) is Part.LOOK and (self._is_noun(then) or self._modifies(then)):
                yield _Cut(index, index + 1)

    def _cut_numbers(self, words: Sequence[str]) -> Iterator[_Cut]:
        """`several` before `men`, and `a group of` before `people`; not where nobody is left to speak of more."""
        for index, word in enumerate(words):
            if self._lexicon.part_of(word) is not Part.NUMBER:
                continue
            end = index + 2 if words[index + 1 : index + 2] == ["of"] else index + 1
            start = index - 1 if end == index + 2 and index and words[index - 1] in self._articles else index
            if self._lexicon.is_more(*words[end : end + 1]):
                yield _Cut(start, end)

    def _noun_end(self, words: Sequence[str], start: int) -> int:
        at = start
        while at < len(words) and self._modifies(words[at]) and not (at > start and self._follows_noun(words, at)):
            at += 1
        end = at
        while end < len(words) and self._is_noun(words[end]):
            end += 1
        is_look = at > start and self._lexicon.part_of(words[at - 1]) is Part.LOOK
        return end if end > at else at if is_look else start

    def _follows_noun(self, words: Sequence[str], at: int) -> bool:
        return self._is_noun(words[at]) and self._is_noun(words[at - 1])

    def _is_noun(self, word: str) -> bool:
        part = self._lexicon.part_of(word)
        is_grammar = word in self._articles or word in self._ends or word in self._lexicon.numbers
        return part in {Part.WHO, Part.PLACE, Part.OBJECT} or (
            part is None and not is_grammar and not self._preposition([word], 0)
        )

    def _modifies(self, word: str) -> bool:
        is_look = self._lexicon.part_of(word) is Part.LOOK
        return is_look or word in self._articles or word in self._lexicon.numbers

    def _preposition(self, words: Sequence[str], at: int) -> int:
        """How many words the preposition there has; 0 where there is none."""
        return next((len(each) for each in self._prepositions if tuple(words[at : at + len(each)]) == each), 0)


def _apply(words: Sequence[str], cuts: Sequence[_Cut]) -> Iterator[str]:
    at = 0
    for cut in cuts:
        yield from words[at : cut.start]
        yield from cut.instead
        at = cut.end
    yield from words[at:]
