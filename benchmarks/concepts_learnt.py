"""The second try of `benchmarks.candidates`: `python -m benchmarks.concepts_learnt ../shared/data --cache CACHE`.

Prints Markdown. Intervals are 95 % by bootstrap over scenes.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.candidates import SAID, Values
from benchmarks.concepts import Marked, count, interval, read_truth
from benchmarks.footage import FIGHTS, Encoding, Footage, encode_clips, read_clips
from benchmarks.people_help import deal
from instantreact.domain.mention import mention_probability
from instantreact.domain.observation import Hypothesis
from instantreact.inference.bundle import load_bundle
from instantreact.inference.captioner import Captioner
from instantreact.training.captioner.clips import CaptionedClip, Split
from instantreact.training.captioner.logistic import fit_logistic
from instantreact.training.captioner.prepare import sample_clip

Said = Mapping[str, Sequence[Hypothesis]]
"""Of each clip what the captioner thinks possible."""

SHUFFLES, RIDGE, STEPS = 3, 0.2, 12


def main() -> None:
    """Measure both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for what the encoder makes of each clip")
    parser.add_argument("--captioner", type=Path, default=Path("models/captioner"))
    asked = parser.parse_args()
    bundle = load_bundle(asked.captioner)
    rows = [json.loads(line) for line in (asked.data / "cctv" / "captions.jsonl").read_text().splitlines()]
    clips = encode_clips(read_clips(asked.data), bundle, Encoding(bundle, asked.cache))
    said = describe_test([each for each in read_clips(asked.data) if each.split is Split.TEST], Captioner(bundle))
    for concept in SAID:
        truths = [read_truth(row)[concept] for row in rows]
        judged = [(clip, truth) for clip, truth in zip(clips, truths, strict=True) if truth is not None]
        report(concept, judged, said)


def report(concept: str, judged: Sequence[tuple[Footage, bool]], said: Said) -> None:
    """Both ways, and the head among fights and among others."""
    truth = np.array([shown for _, shown in judged])
    scores = score_by_head(judged)
    marked = [(clip.scene, bool(shown), float(score)) for (clip, shown), score in zip(judged, scores, strict=True)]
    is_fight = [clip.label == "fight" for clip, _ in judged]
    print(f"\n| {concept} | clips | AUC |\n|---|---|---|")
    for name, part in (
        ("head", marked),
        ("head, among fights", [each for each, fights in zip(marked, is_fight, strict=True) if fights]),
        ("head, among others", [each for each, fights in zip(marked, is_fight, strict=True) if not fights]),
        ("words, scenes of test", score_by_words(concept, judged, said)),
    ):
        told = interval(part) if len({each[1] for each in part}) > 1 else "-"
        print(f"| {name} | {count(part)} | {told} |")
    others = [each for each in zip(judged, truth, strict=True) if each[0][0].source == FIGHTS]
    print(f"\n{len(others)} of them of the fights' data set")


def score_by_head(judged: Sequence[tuple[Footage, bool]]) -> Values:
    """Log-odds of each clip by a head that did not see its scene."""
    inputs = np.stack([np.concatenate([clip.steady.mean(axis=0), clip.steady.max(axis=0)]) for clip, _ in judged])
    truth = np.array([float(shown) for _, shown in judged])
    found = np.zeros((SHUFFLES, len(judged)))
    for seed in range(SHUFFLES):
        folds = deal([clip.scene for clip, _ in judged], seed)
        for fold in np.unique(folds):
            kept = folds != fold
            found[seed, ~kept] = _fit(inputs[kept].astype(float), truth[kept], inputs[~kept].astype(float))
    return np.asarray(found.mean(axis=0))


def _fit(learnt: Values, truth: Values, unseen: Values) -> NDArray[np.float64]:
    mean, scale = learnt.mean(axis=0), learnt.std(axis=0) + 1e-3
    learnt, unseen = (learnt - mean) / scale, (unseen - mean) / scale
    basis = np.linalg.svd(learnt, full_matrices=False)[2]
    fitted = fit_logistic(learnt @ basis.T, truth, ridge=RIDGE, steps=STEPS)
    return np.asarray((unseen @ basis.T) @ fitted[:-1] + fitted[-1])


def describe_test(clips: Sequence[CaptionedClip], captioner: Captioner) -> Said:
    """What the shipped captioner says of clips that it never saw."""
    said: dict[str, Sequence[Hypothesis]] = {}
    for clip in clips:
        samples = [each for each in sample_clip(clip.path, captioner.bundle.sampling) if len(each[0])]
        features = np.concatenate([captioner.encode_frames(images, earlier) for images, earlier in samples])
        said[clip.name] = captioner.describe(features).hypotheses
    return said


def score_by_words(concept: str, judged: Sequence[tuple[Footage, bool]], said: Said) -> list[Marked]:
    """The share of hypotheses that mention it."""
    return [
        (clip.scene, shown, mention_probability(said[clip.name], SAID[concept]))
        for clip, shown in judged
        if clip.name in said
    ]


if __name__ == "__main__":
    main()
