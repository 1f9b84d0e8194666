"""A lexicon: which word of a caption says who, how many, what they do, where, with which thing, and how it looks.

Captions are measured by it: a file of its own, for each language and data set. Words are compared by stems; what is not
listed is grammar. A bundle may carry one, to leave out of a sentence what the captioner is not sure of.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from instantreact.domain.mention import stem, tokenize

MOST_PEOPLE = 4
"""As many or more are counted as so many: nobody can tell five from six in a few words."""

_SOME = 2  # of people without a number
Word = Annotated[str, StringConstraints(pattern=r"^[a-z']+$", max_length=60)]
Words = Annotated[tuple[Word, ...], Field(min_length=1)]
Groups = Mapping[Word, Words]
"""Words that mean about the same, the first of each group the most general one."""


Phrase = Annotated[str, StringConstraints(pattern=r"^[a-z']+( [a-z']+)*$", max_length=60)]


class Part(StrEnum):
    """What a word says of the picture."""

    WHO = "who"
    NUMBER = "number"
    ACTION = "action"
    PLACE = "place"
    OBJECT = "object"
    LOOK = "look"


class People(BaseModel):
    """Words for one person, and for more than one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    one: Words
    more: Words


class Grammar(BaseModel):
    """The words that hold sentences of the language together, as far as one must know them to leave parts out.

    prepositions  what phrases begin with, longer ones before what they begin with
    placing       those of them after which a place may be named more generally by itself
    clauses       what a further clause begins with
    articles      and other words that may stand before a noun
    ends          what ends a phrase beside these
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    prepositions: tuple[Phrase, ...] = ()
    placing: tuple[Word, ...] = ()
    clauses: tuple[Word, ...] = ()
    articles: tuple[Word, ...] = ()
    ends: tuple[Word, ...] = ()


class Lexicon(BaseModel):
    """The words of each part; `numbers` say how many people they stand for at least.

    version  goes up with every change of the words of a part: figures compare within one version only
    general  what may be said in place of a phrase about a place, by group
    grammar  of the language
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(ge=1)
    numbers: Mapping[Word, Annotated[int, Field(ge=0, le=MOST_PEOPLE)]]
    who: People
    actions: Groups
    places: Groups
    objects: Groups
    looks: Groups
    general: Mapping[Word, Phrase] = Field(default_factory=dict)
    grammar: Grammar = Grammar()

    def parts(self, text: str) -> list[tuple[Part, str]]:
        """What the words of a sentence say: part and stem, in their order; grammar is left out."""
        return [(part, stem(word)) for word in tokenize(text) if (part := self.part_of(word)) is not None]

    def says_what_happens(self, text: str) -> bool:
        """Whether a sentence says of anybody or anything what they do."""
        return any(part is Part.ACTION for part, _ in self.parts(text))

    def part_of(self, word: str) -> Part | None:
        """What a lower-case word says; None where it is grammar, or not known."""
        if word in self._one or word in self._more:
            return Part.WHO
        if self.numbers.get(word, 0) >= _SOME and stem(word) not in self._kinds:
            return Part.NUMBER
        found = self._kinds.get(stem(word))
        return found[0] if found else None

    def part_of_stem(self, word: str) -> Part | None:
        """What a stem says; None where it is grammar, or not known."""
        found = self._kinds.get(word)
        return found[0] if found else self._people.get(word)

    def is_more(self, word: str = "") -> bool:
        """Whether a lower-case word means more than one person."""
        return word in self._more

    def is_general(self, word: str) -> bool:
        """Whether a stem is the most general one of its group."""
        return self.general_of(word) == word

    def general_of(self, word: str) -> str | None:
        """The stem of the most general word of a stem's group."""
        group = self._kinds.get(word)
        return self._heads[group] if group else None

    def group_of(self, word: str) -> tuple[Part, str] | None:
        """The group of a stem, as its part and name."""
        return self._kinds.get(word)

    def count_people(self, text: str) -> int:
        """How many people a sentence speaks of at least, `MOST_PEOPLE` where it is more."""
        people, number = 0, None
        for word in tokenize(text):
            if word in self.numbers:
                number = max(number or 0, self.numbers[word]) if self.numbers[word] else 0
            elif word in self._one or word in self._more:
                people += self._stand_for(word, number)
                number = None
            elif stem(word) in self._kinds and self._kinds[stem(word)][0] is not Part.LOOK:
                number = None
        return min(people, MOST_PEOPLE)

    def _stand_for(self, word: str, number: int | None) -> int:
        if number == 0:
            return 0
        return 1 if word in self._one else max(number or 0, _SOME)

    @cached_property
    def _one(self) -> frozenset[str]:
        return frozenset(self.who.one)

    @cached_property
    def _more(self) -> frozenset[str]:
        return frozenset(self.who.more)

    @cached_property
    def _people(self) -> dict[str, Part]:
        """The part of the stems that speak of people: who, or how many."""
        numbers = {stem(word): Part.NUMBER for word, count in self.numbers.items() if count >= _SOME}
        return numbers | {stem(word): Part.WHO for word in self._one | self._more}

    @cached_property
    def _kinds(self) -> dict[str, tuple[Part, str]]:
        """The part and group of each stem; where two list it, the action before the place, the thing and the look."""
        return {stem(word): (part, name) for part, name, words in self._listed() for word in words}

    @cached_property
    def _heads(self) -> dict[tuple[Part, str], str]:
        return {(part, name): stem(words[0]) for part, name, words in self._listed()}

    def _listed(self) -> Iterator[tuple[Part, str, tuple[str, ...]]]:
        parts = ((Part.LOOK, self.looks), (Part.OBJECT, self.objects), (Part.PLACE, self.places))
        for part, groups in (*parts, (Part.ACTION, self.actions)):
            for name, words in groups.items():
                yield part, name, words
