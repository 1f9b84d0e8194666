"""Says less, but surely: which sentence is chosen, and what is left out of it because it is not sure enough.

A word's probability to be borne out is estimated from the share of the sampled sentences that say it, or something
more special, and from how often captions said it in training. Of a sentence and its shortenings the one is said whose
words are worth most: each its probability less what it takes to be said. And nothing is said in three words in a row
that people's captions do not have, as far as there is a choice.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial

from pydantic import BaseModel, ConfigDict, Field

from instantreact.domain.mention import tokenize
from instantreact.domain.observation import Caption, Hypothesis
from instantreact.inference.lexicon import Lexicon, Part
from instantreact.inference.shortener import Shortener

_NEVER = 1 / 128  # stands for shares of 0 in log-odds
LEAST_WORDS = 3
"""Of a sentence that something was left out of."""
_SURE = 0.5
_SHORTENED = 16
_KEPT = 8192  # a captioner says the same sentences again and again
_EDGE = "-"  # before the first word and after the last one


class Sureness(BaseModel):
    """How probable a word of one part is: sigmoid(share * log-odds of its share of the samples + prior * log-odds of
    its share of the clips in training + offset); and the `least` probability that it must have to be worth saying.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    share: float
    prior: float
    offset: float
    least: float = Field(ge=0, le=1)


class Phrasing(BaseModel):
    """What sentences are chosen and shortened by; part of a bundle.

    sureness  of the parts that may be left out
    priors    share of the clips in training whose captions say a stem, or something more special
    triples   the words that follow each other in people's captions, three by three, `-` before and after a sentence
    plain     what is said where no sentence is found that reads well: what people say most often of each concept
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lexicon: Lexicon
    sureness: Mapping[Part, Sureness]
    priors: Mapping[str, float]
    triples: tuple[str, ...]
    plain: tuple[str, ...] = ()


class Phraser:
    """Chooses and shortens sentences by a phrasing."""

    def __init__(self, phrasing: Phrasing) -> None:
        self.phrasing = phrasing
        self._triples = frozenset(phrasing.triples)
        self._shortener = Shortener(phrasing.lexicon)
        self.count_odd = lru_cache(maxsize=_KEPT)(self._count_odd)

    def choose(
        self, captions: Sequence[Caption], hypotheses: Iterable[Hypothesis], fits: Callable[[str], bool]
    ) -> Caption:
        """Of captions, best first, the first that fits and has no odd triple, with what is not sure left out.

        Where none is without, what is worth most of the shortenings of the best that are; then what people say most
        often that fits, and at last the caption with the fewest. Its score stays that of the sentence that it was made
        from, or stands for. `fits` holds for what is left of a caption, too, unless no caption fits.
        """
        fitting = [caption for caption in captions if fits(caption.text)] or list(captions)
        shares = heard_words(hypotheses, self.phrasing.lexicon)
        nearest = min(fitting, key=lambda caption: self.count_odd(caption.text))
        rivals = self._rivals(fitting[:_SHORTENED] if self.count_odd(nearest.text) else [nearest], fits) or [
            Caption(text, nearest.score) for text in self.phrasing.plain if fits(text)
        ]
        gain = cache(partial(self._gain, shares))
        return max(rivals, key=lambda each: self._rank(each.text, gain), default=nearest)

    def _count_odd(self, text: str) -> int:
        """How many three words in a row of a sentence are in none of people's captions."""
        return sum(triple not in self._triples for triple in triples_of(text))

    def _rivals(self, captions: Iterable[Caption], fits: Callable[[str], bool]) -> list[Caption]:
        """The captions and their shortenings that fit as they do, say what happens and have no odd triples."""
        return [
            Caption(short, caption.score)
            for caption in captions
            for short in self._shortener.shorten(caption.text)
            if len(short.split()) >= LEAST_WORDS
            and fits(short) == fits(caption.text)
            and self.phrasing.lexicon.says_what_happens(short)
            and not self.count_odd(short)
        ]

    def _rank(self, text: str, gain: Callable[[Part, str], float]) -> tuple[float, int, int, str]:
        """What its words are worth; of equal ones that with fewer general words, the longer, the last by alphabet."""
        parts = self.phrasing.lexicon.parts(text)
        said = sorted(set(parts))
        worth = math.fsum(gain(part, word) for part, word in said if part in self.phrasing.sureness)
        return worth, -sum(self.phrasing.lexicon.is_general(word) for _, word in parts), len(text), text

    def _gain(self, shares: Mapping[str, float], part: Part, word: str) -> float:
        """What a word is worth; one that is more probable than not, as much as the general one that it implies."""
        probability = self._probability(part, word, shares)
        general = self.phrasing.lexicon.general_of(word)
        if general is not None and probability >= _SURE:
            probability = max(probability, self._probability(part, general, shares))
        return probability - self.phrasing.sureness[part].least

    def _probability(self, part: Part, word: str, shares: Mapping[str, float]) -> float:
        sure = self.phrasing.sureness[part]
        share, prior = log_odds(shares.get(word, 0.0)), log_odds(self.phrasing.priors.get(word, 0.0))
        return 0.5 + 0.5 * math.tanh((sure.share * share + sure.prior * prior + sure.offset) / 2)


def heard_words(hypotheses: Iterable[Hypothesis], lexicon: Lexicon) -> Mapping[str, float]:
    """The share of sampled sentences that say each stem, or something more special."""
    shares: dict[str, float] = {}
    for each in hypotheses:
        for word in told_words(each.text, lexicon):
            shares[word] = shares.get(word, 0.0) + each.probability
    return shares


def told_words(text: str, lexicon: Lexicon) -> set[str]:
    """The stems of a sentence that say something, and the general ones of their groups."""
    words = {word for _, word in lexicon.parts(text)}
    return words | {general for word in words if (general := lexicon.general_of(word)) is not None}


def triples_of(text: str) -> Iterator[str]:
    """Three words in a row, with nothing before the first two and after the last one."""
    words = [_EDGE, _EDGE, *tokenize(text), _EDGE]
    return (" ".join(words[at : at + 3]) for at in range(len(words) - 2))


def log_odds(share: float) -> float:
    """The log-odds of a share, 0..1, finite at both ends."""
    return math.log((share + _NEVER) / (1 - share + _NEVER))
