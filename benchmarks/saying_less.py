"""Sentences that say less, but surely: `python -m benchmarks.saying_less ../shared/data --cache DIR --runs DIR`.

One captioner of the recipe is trained for each of five folds by scene over train and val (kept in RUNS; three to ten
minutes each), and describes what it never saw. Candidates for a clip are its sampled sentences and their shortenings:
phrases and clauses left out, a place named as a room. A word's probability to be borne out by the clip's captions is
a logistic function of the share of samples that say it or something more special, one for each part of the lexicon,
fitted on the other folds. A sentence is worth, for each word, that probability less what it takes to be spoken
(`SPOKEN_FROM`) times a weight; plus its expected METEOR and bigrams against the samples; less what a trigram model of
the training captions finds unlikely. Only sentences that mention a fight exactly where the head gives it the recipe's
agreement compete. Measured are the fight clips of train and val, by `measure_wording` and the captions' metrics.
"""

import argparse
import math
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.mention import mentions, stem, tokenize
from instantreact.inference.captioner import Description
from instantreact.training import load_clips
from instantreact.training.captioner.checkpoint import load_checkpoint, save_checkpoint
from instantreact.training.captioner.clips import CaptionedClip, Split, scene_folds
from instantreact.training.captioner.concepts import concept_logits
from instantreact.training.captioner.config import TrainingConfig, load_config
from instantreact.training.captioner.fit import FoldPredictions, describe_folds, fit_captioner
from instantreact.training.captioner.logistic import fit_logistic, predict_logistic
from instantreact.training.captioner.recipe import BackboneWeights, make_examples
from instantreact.training.captioner.run import prepare_data
from instantreact.training.metrics.captions import score_captions
from instantreact.training.metrics.lexicon import Lexicon, Part
from instantreact.training.metrics.wording import measure_wording

FOLDS = 5
SOURCE = "fight-detection-surv-dataset"
CONCEPT = "fight"
SPOKEN_FROM = {Part.PLACE: 0.5, Part.OBJECT: 0.5, Part.LOOK: 0.5, Part.NUMBER: 0.4, Part.ACTION: 0.3, Part.WHO: 0.3}
GRAMMAR = "grammar"
REFERENCE_WORDS = 10.5
UNLIKELY, UNSEEN = 0.2, 0.3

_PREPOSITIONS: tuple[tuple[str, ...], ...] = tuple(
    tuple(phrase.split())
    for phrase in (
        "in front of",
        "on top of",
        "out of",
        "next to",
        "away from",
        "in",
        "on",
        "at",
        "near",
        "through",
        "by",
        "beside",
        "behind",
        "inside",
        "outside",
        "along",
        "across",
        "around",
        "past",
        "into",
        "from",
        "toward",
        "between",
        "among",
        "against",
        "onto",
        "over",
        "with",
        "without",
        "of",
        "off",
        "above",
        "during",
        "under",
        "to",
    )
)
_CLAUSES = frozenset({"while", "and", "as", "then"})
_ENDS = _CLAUSES | {"who", "where", "until"}
_ARTICLES = frozenset({"a", "an", "the", "his", "her", "their", "its", "another", "other", "each", "no"})
_NO_ROOMS = frozenset({"room", "floor", "carpet", "inside", "indoors", "aisle", "checkout", "elevator"})


@dataclass(frozen=True)
class Weights:
    """How a sentence is chosen: of what it says of places, things and looks, of expected METEOR, of bigrams."""

    sure: float
    meteor: float
    bigrams: float


class Shortener:
    """Leaves parts of sentences out."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    @cache  # noqa: B019  -- one for a run
    def shorten(self, text: str) -> tuple[str, ...]:
        """The sentence and what is left of it without up to three of its phrases, clauses and looks."""
        words = tokenize(text)
        spans = sorted({*self._phrases(words), *_clauses(words), *self._looks(words)})
        found = {" ".join(words)}
        for count in (1, 2, 3):
            for chosen in combinations(spans, count):
                cut = [index for start, end in chosen for index in range(start, end)]
                if len(cut) == len(set(cut)):
                    found.add(" ".join(word for index, word in enumerate(words) if index not in cut))
        return tuple(sorted(found | {general for each in found for general in self._generalize(each.split())}))

    def _generalize(self, words: Sequence[str]) -> Iterator[str]:
        for index, word in enumerate(words[1:], 1):
            is_room = self._lexicon.group_of(stem(word)) == (Part.PLACE, "room") and word not in _NO_ROOMS
            if is_room and words[index - 1] in {"a", "an", "the"}:
                article = "the" if words[index - 1] == "the" else "a"
                yield " ".join([*words[: index - 1], article, "room", *words[index + 1 :]])

    def _phrases(self, words: Sequence[str]) -> list[tuple[int, int]]:
        """From a preposition to the end of its noun; two that follow each other may go together."""
        single = []
        for start in range(len(words)):
            length = _preposition(words, start)
            end = self._noun_end(words, start + length) if length else start
            if end > start + length:
                single.append((start, end))
        return single + [(first, end) for first, middle in single for start, end in single if start == middle]

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
        is_grammar = word in _ARTICLES or word in _ENDS or word in self._lexicon.numbers
        return part in {Part.WHO, Part.PLACE, Part.OBJECT} or (
            part is None and not is_grammar and not _preposition([word], 0)
        )

    def _modifies(self, word: str) -> bool:
        is_look = self._lexicon.part_of(word) is Part.LOOK
        return is_look or word in _ARTICLES or word in self._lexicon.numbers or word in {"parked", "still"}

    def _looks(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        for index, word in enumerate(words[:-1]):
            then = words[index + 1]
            if self._lexicon.part_of(word) is Part.LOOK and (self._is_noun(then) or self._modifies(then)):
                yield index, index + 1


def _preposition(words: Sequence[str], at: int) -> int:
    """How many words the preposition there has; 0 where there is none."""
    return next((len(each) for each in _PREPOSITIONS if tuple(words[at : at + len(each)]) == each), 0)


def _clauses(words: Sequence[str]) -> Iterator[tuple[int, int]]:
    return ((index, len(words)) for index, word in enumerate(words) if word in _CLAUSES and index > 2)


class Trigrams:
    """A trigram model of captions, interpolated as Witten and Bell do it."""

    def __init__(self, captions: Sequence[str]) -> None:
        self._counts: Counter[tuple[str, ...]] = Counter()
        for caption in captions:
            words = _padded(caption)
            for index in range(2, len(words)):
                self._counts.update(tuple(words[index - n : index + 1]) for n in range(3))
        self._contexts: Counter[tuple[str, ...]] = Counter()
        self._kinds: Counter[tuple[str, ...]] = Counter()
        for gram, count in self._counts.items():
            self._contexts[gram[:-1]] += count
            self._kinds[gram[:-1]] += 1

    @cache  # noqa: B019  -- one for a fold
    def doubt(self, text: str) -> float:
        """What speaks against a sentence: its least likely two words in a row, and each trigram that is new."""
        words = _padded(text)
        logs = [math.log(self._probability(words, index)) for index in range(2, len(words))]
        worst = min(sum(pair) / 2 for pair in pairwise(logs))
        unseen = sum(tuple(words[index - 2 : index + 1]) not in self._counts for index in range(2, len(words)))
        return UNLIKELY * max(0.0, -4.0 - worst) + UNSEEN * unseen

    def _probability(self, words: Sequence[str], index: int) -> float:
        probability = 1.0 / (self._kinds[()] + 1)
        for length in range(3):
            context = tuple(words[index - length : index])
            seen, kinds = self._contexts[context], self._kinds[context]
            if seen:
                count = self._counts[(*context, words[index])]
                probability = (count + kinds * probability) / (seen + kinds)
        return probability


def _padded(text: str) -> list[str]:
    return ["<s>", "<s>", *text.split(), "</s>"]


@dataclass(frozen=True, eq=False)
class Heard:
    """What the samples of one clip say: the share that has each stem or something more special, and each bigram."""

    shares: Mapping[str, float]
    bigrams: Mapping[tuple[str, str], float]


class Chooser:
    """Chooses sentences for the clips of one fold by what the other folds taught."""

    def __init__(self, lexicon: Lexicon, shortener: Shortener, trigrams: Trigrams) -> None:
        self.lexicon, self.shortener, self.trigrams = lexicon, shortener, trigrams
        self._fitted: dict[str, NDArray[np.float64]] = {}

    def learn(self, clips: Sequence[CaptionedClip], descriptions: Sequence[Description]) -> None:
        """How often words are borne out, by the share of samples that say them, part for part."""
        seen: dict[str, list[tuple[float, float]]] = {}
        for clip, description in zip(clips, descriptions, strict=True):
            known = {word for caption in clip.captions for word in entailed(caption, self.lexicon)}
            for word, share in self.hear(description).shares.items():
                seen.setdefault(self._part(word), []).append((_logit(share), float(word in known)))
        for part, pairs in seen.items():
            values = np.array(pairs)
            self._fitted[part] = fit_logistic(values[:, :1], values[:, 1], ridge=1e-3)

    def hear(self, description: Description) -> Heard:
        """What the samples of a clip say."""
        shares: Counter[str] = Counter()
        bigrams: Counter[tuple[str, str]] = Counter()
        for each in description.hypotheses:
            for word in entailed(each.text, self.lexicon):
                shares[word] += each.probability  # type: ignore[assignment]
            for pair in _bigrams(each.text):
                bigrams[pair] += each.probability  # type: ignore[assignment]
        return Heard(shares, bigrams)

    def choose(self, description: Description, weights: Weights, fits: Callable[[str], bool]) -> str:
        """The sentence that is worth most of those that fit and say what somebody does."""
        heard = self.hear(description)
        sampled = {each.text for each in description.hypotheses} | {description.caption.text}
        short = {text for each in sampled for text in self.shortener.shorten(each)}
        rivals = [text for text in sorted(short) if len(text.split()) > 2 and fits(text) and self._tells(text)]
        return max(rivals, key=lambda text: self._worth(text, heard, weights), default=description.caption.text)

    def _tells(self, text: str) -> bool:
        return any(part is Part.ACTION for part, _ in self.lexicon.parts(text))

    def _worth(self, text: str, heard: Heard, weights: Weights) -> float:
        sure = 0.0
        for part, word in set(self.lexicon.parts(text)):
            weight = weights.sure if part in {Part.PLACE, Part.OBJECT, Part.LOOK} else 1.0
            sure += weight * (self._probability(word, heard) - SPOKEN_FROM[part])
        words = [stem(word) for word in tokenize(text)]
        matched = sum(self._probability(word, heard) for word in set(words))
        precision, recall = matched / len(words), matched / REFERENCE_WORDS
        meteor = 10 * precision * recall / (recall + 9 * precision)
        pairs = set(_bigrams(text))
        spoken = sum(heard.bigrams.get(pair, 0.0) for pair in pairs) / math.sqrt(len(pairs))
        return sure + weights.meteor * meteor + weights.bigrams * spoken - self.trigrams.doubt(text)

    def _probability(self, word: str, heard: Heard) -> float:
        fitted = self._fitted.get(self._part(word))
        if fitted is None:
            return 0.0
        return float(predict_logistic(np.array([[_logit(heard.shares.get(word, 0.0))]]), fitted)[0])

    def _part(self, word: str) -> str:
        group = self.lexicon.group_of(word)
        return group[0] if group else GRAMMAR


def entailed(text: str, lexicon: Lexicon) -> set[str]:
    """The stems of a sentence, and the general words of their groups."""
    words = {stem(word) for word in tokenize(text)}
    return words | {general for word in words if (general := lexicon.general(word)) is not None}


def _bigrams(text: str) -> list[tuple[str, str]]:
    words = ["<s>", *(stem(word) for word in tokenize(text)), "</s>"]
    return list(pairwise(words))


def _logit(share: float) -> float:
    inside = (64 * share + 0.5) / 65
    return math.log(inside / (1 - inside)) if inside < 1 else 5.0


def fit_or_load(asked: argparse.Namespace, config: TrainingConfig) -> tuple[FoldPredictions, list[Description]]:
    """A captioner for each fold, and what each says of the clips that it never saw."""
    weights = BackboneWeights(*[asked.data / "weights" / "mobilenet_v2_imagenet.npz"] * 2)
    clips = [each for each in load_clips(asked.data / "cctv", None, cache=asked.cache) if each.split is not Split.TEST]
    encoders, prepared = prepare_data(config, weights, clips, asked.cache, workers=2)
    readable = prepared.readable(clips)
    folds = scene_folds(readable, FOLDS, seed=config.training.seed)
    captioners, logits = [], np.zeros((len(readable), len(config.concepts.words)))
    for fold in range(FOLDS):
        kept = asked.runs / f"fold{fold}.pt"
        if not kept.exists():
            train = [clip for clip, own in zip(readable, folds, strict=True) if own != fold]
            save_checkpoint(fit_captioner(config, encoders, prepared, train), kept)
        captioners.append(load_checkpoint(kept))
        unseen = [clip for clip, own in zip(readable, folds, strict=True) if own == fold]
        examples = make_examples(config, unseen, prepared, captioners[-1].vocabulary)
        logits[folds == fold] = concept_logits(captioners[-1].model, examples)
    predictions = FoldPredictions(tuple(readable), folds, logits, tuple(captioners))
    return predictions, describe_folds(predictions, prepared)


def report(name: str, clips: Sequence[CaptionedClip], said: Sequence[str], lexicon: Lexicon) -> None:
    """A row of the table."""
    references = [clip.captions for clip in clips]
    scores, wording = score_captions(said, references), measure_wording(said, references, lexicon)
    wrong = [f"{wording.parts[part].wrong:.2f}" if part in wording.parts else "-" for part in _REPORTED]
    people = f"{wording.people_within_one:.3f} | {wording.different} | {wording.words:.1f}"
    print(f"| {name} | {scores.cider_d:.3f} | {scores.meteor_exact_stem:.3f} | {' | '.join(wrong)} | {people} |")


_REPORTED = (Part.PLACE, Part.OBJECT, Part.NUMBER, Part.ACTION)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for features, as `train captioner` has it")
    parser.add_argument("--runs", type=Path, required=True, help="folder for the captioners of the folds")
    parser.add_argument("--config", type=Path, default=Path("models/captioner/train.toml"))
    parser.add_argument("--lexicon", type=Path, default=Path("models/captioner/lexicon.toml"))
    asked = parser.parse_args()
    asked.runs.mkdir(parents=True, exist_ok=True)
    config = load_config(asked.config)
    lexicon = Lexicon.model_validate(tomllib.loads(asked.lexicon.read_text("utf-8")))
    predictions, descriptions = fit_or_load(asked, config)
    measured = [index for index, clip in enumerate(predictions.clips) if clip.source == SOURCE]
    clips = [predictions.clips[index] for index in measured]
    print("| captions | CIDEr-D | METEOR* | places wrong | objects | numbers | actions | people | different | words |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    report("as shipped", clips, [descriptions[index].caption.text for index in measured], lexicon)
    choosers = make_choosers(lexicon, predictions, descriptions)
    fight, least = config.concepts.words[CONCEPT], config.decoding.agreement or 0.5
    for sure in (1.0, 2.0, 4.0):
        for meteor, bigrams in ((4.0, 2.0), (6.0, 3.0)):
            weights, said = Weights(sure, meteor, bigrams), []
            for index in measured:
                is_fight = descriptions[index].concepts[CONCEPT] >= least
                chooser = choosers[int(predictions.folds[index])]

                def fits(text: str, is_fight: bool = is_fight) -> bool:
                    return (mentions(text, fight) is not None) == is_fight

                said.append(chooser.choose(descriptions[index], weights, fits))
            report(f"weight {sure:g} ({meteor:g}, {bigrams:g})", clips, said, lexicon)


def make_choosers(lexicon: Lexicon, predictions: FoldPredictions, descriptions: Sequence[Description]) -> list[Chooser]:
    """One for each fold, taught by the others."""
    shortener, choosers = Shortener(lexicon), []
    for fold in range(FOLDS):
        others = [index for index, own in enumerate(predictions.folds) if own != fold]
        clips = [predictions.clips[index] for index in others]
        chooser = Chooser(lexicon, shortener, Trigrams([caption for clip in clips for caption in clip.captions]))
        chooser.learn(clips, [descriptions[index] for index in others])
        choosers.append(chooser)
    return choosers


if __name__ == "__main__":
    main()
