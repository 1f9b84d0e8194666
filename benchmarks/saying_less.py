"""Sentences that say less, but surely: `python -m benchmarks.saying_less ../shared/data --cache DIR --runs DIR`.

One captioner of the recipe is trained for each of five folds by scene over train and val (kept in RUNS; three to ten
minutes each), and describes what it never saw: as it finds its sentences, and phrased (docs/decisions/0053) by what the
other folds teach, with what words must be worth as the recipe has it, and with other values. Measured are the fight
clips of train and val: by CIDEr-D and METEOR*, paired over scenes, by the words of each part that none of a clip's
captions bears out, and by the share of sentences with three words in a row that no caption of the other folds has.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from instantreact.domain.mention import tokenize
from instantreact.inference.lexicon import Lexicon, Part
from instantreact.inference.phrasing import Phraser
from instantreact.training import load_clips
from instantreact.training.captioner.checkpoint import load_checkpoint, save_checkpoint
from instantreact.training.captioner.clips import CaptionedClip, Split, scene_folds, split_by_fold
from instantreact.training.captioner.concepts import concept_logits
from instantreact.training.captioner.config import PhrasingOptions, TrainingConfig, load_config
from instantreact.training.captioner.fit import FoldPredictions, describe_folds, fit_captioner
from instantreact.training.captioner.phrasing import fit_phrasing
from instantreact.training.captioner.prepare import Prepared
from instantreact.training.captioner.recipe import BackboneWeights, make_examples
from instantreact.training.captioner.run import prepare_data
from instantreact.training.metrics.cider import cider_d
from instantreact.training.metrics.meteor import meteor_exact_stem
from instantreact.training.metrics.recognition import bootstrap_scenes
from instantreact.training.metrics.wording import measure_wording

FOLDS = 5
SOURCE = "fight-detection-surv-dataset"
OTHERS: tuple[Mapping[Part, float], ...] = (
    {Part.OBJECT: 0.2},
    {Part.PLACE: 0.2, Part.OBJECT: 0.2},
    {Part.PLACE: 0.3, Part.OBJECT: 0.3},
    {Part.NUMBER: 0.5},
)
"""What words of some parts must be worth instead."""


def main() -> None:
    """Print the table."""
    asked = read_arguments()
    config = load_config(asked.recipe)
    if config.phrasing is None:
        raise SystemExit(f"{asked.recipe} has no [phrasing].")
    predictions, prepared = fit_or_load(asked, config)
    shown = [index for index, clip in enumerate(predictions.clips) if clip.source == SOURCE]
    clips = [predictions.clips[index] for index in shown]
    oddness = count_odd(config.phrasing, predictions)
    first: tuple[np.ndarray, np.ndarray] | None = None
    for name, options in rows(config.phrasing):
        said = describe_folds(with_phrasing(predictions, options), prepared)
        texts = [said[index].caption.text for index in shown]
        odd = float(
            np.mean([oddness[predictions.folds[index]].count_odd(said[index].caption.text) > 0 for index in shown])
        )
        first = report(name, clips, texts, config.phrasing.lexicon, odd, first)


def rows(options: PhrasingOptions) -> list[tuple[str, PhrasingOptions | None]]:
    """The rows of the table: without a phrasing, the recipe's, and with other values."""
    others = [
        (", ".join(f"{part} {least}" for part, least in other.items()), {**options.least, **other}) for other in OTHERS
    ]
    more = [(name, options.model_copy(update={"least": least})) for name, least in others]
    return [("as found", None), ("recipe", options), *more]


def with_phrasing(predictions: FoldPredictions, options: PhrasingOptions | None) -> FoldPredictions:
    """The same predictions by captioners whose recipe has this phrasing."""
    captioners = tuple(
        replace(each, config=each.config.model_copy(update={"phrasing": options})) for each in predictions.captioners
    )
    return replace(predictions, captioners=captioners)


def count_odd(options: PhrasingOptions, predictions: FoldPredictions) -> list[Phraser]:
    """For each fold, what knows the triples of the captions of the others."""
    others = [split_by_fold(predictions.clips, predictions.folds, fold)[0] for fold in range(FOLDS)]
    return [Phraser(fit_phrasing(options, {}, clips, [], [])) for clips in others]


def fit_or_load(asked: argparse.Namespace, config: TrainingConfig) -> tuple[FoldPredictions, Prepared]:
    """A captioner for each fold, and the logits of what it never saw."""
    weights = BackboneWeights(*[asked.data / "weights" / "mobilenet_v2_imagenet.npz"] * 2)
    clips = [each for each in load_clips(asked.data / "cctv", None, cache=asked.cache) if each.split is not Split.TEST]
    encoders, prepared = prepare_data(config, weights, clips, asked.cache, workers=2)
    readable = prepared.readable(clips)
    folds = scene_folds(readable, FOLDS, seed=config.training.seed)
    captioners, logits = [], np.zeros((len(readable), len(config.concepts.words)))
    for fold in range(FOLDS):
        kept = asked.runs / f"fold{fold}.pt"
        train, unseen = split_by_fold(readable, folds, fold)
        if not kept.exists():
            save_checkpoint(fit_captioner(config, encoders, prepared, train), kept)
        captioners.append(load_checkpoint(kept))
        examples = make_examples(config, unseen, prepared, captioners[-1].vocabulary)
        logits[folds == fold] = concept_logits(captioners[-1].model, examples)
    return FoldPredictions(tuple(readable), folds, logits, tuple(captioners)), prepared


def report(
    name: str,
    clips: Sequence[CaptionedClip],
    said: Sequence[str],
    lexicon: Lexicon,
    odd: float,
    first: tuple[np.ndarray, np.ndarray] | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Print a row, its differences from the first one beside it; returns the first one's scores."""
    words, references = (
        [tokenize(text) for text in said],
        [[tokenize(text) for text in clip.captions] for clip in clips],
    )
    scores = (
        cider_d(words, references),
        np.array([meteor_exact_stem(*pair) for pair in zip(words, references, strict=True)]),
    )
    wording = measure_wording(said, [clip.captions for clip in clips], lexicon)
    parts = ", ".join(f"{part} {each.wrong:.2f} of {each.spoken:.2f}" for part, each in wording.parts.items())
    print(f"{name}: CIDEr-D {scores[0].mean():.3f}, METEOR* {scores[1].mean():.3f}; wrong {parts};")
    print(f"  people within one {wording.people_within_one:.3f}, different {wording.different}, odd {odd:.3f}", end="")
    for metric, value, before in zip(("CIDEr-D", "METEOR*"), scores, first or scores, strict=True):
        found = bootstrap_scenes(
            lambda gain, _: float(gain.mean()), value - before, value, [clip.scene for clip in clips]
        )
        print(f"; {metric} {found.value:+.3f} ({found.low:+.3f} to {found.high:+.3f})", end="")
    print(flush=True)
    return first or scores


def read_arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder `data` of shared")
    parser.add_argument("--recipe", type=Path, default=Path("models/captioner/train.toml"))
    parser.add_argument("--cache", type=Path, default=Path("runs/cache"))
    parser.add_argument(
        "--runs", type=Path, default=Path("runs/saying-less"), help="where the folds' captioners are kept"
    )
    found = parser.parse_args()
    found.runs.mkdir(parents=True, exist_ok=True)
    return found


if __name__ == "__main__":
    main()
