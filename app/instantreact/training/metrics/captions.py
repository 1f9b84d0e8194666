"""All caption metrics at once."""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from instantreact.domain.mention import tokenize
from instantreact.training.metrics.cider import cider_d
from instantreact.training.metrics.meteor import mean_meteor_exact_stem
from instantreact.training.metrics.ngrams import corpus_bleu, mean_rouge_l


@dataclass(frozen=True)
class CaptionScores:
    """How well captions agree with their references: 0..1, CIDEr-D 0..10.

    bleu         BLEU-1 to BLEU-4
    meteor_java  pycocoevalcap's METEOR 1.5, where it and a Java runtime are at hand
    """

    bleu: tuple[float, ...]
    rouge_l: float
    cider_d: float
    meteor_exact_stem: float
    meteor_java: float | None = None


def score_captions(captions: Sequence[str], references: Sequence[Sequence[str]]) -> CaptionScores:
    """Score captions against the references of each; both are split into words as `domain.mention` does it."""
    candidates = [tokenize(caption) for caption in captions]
    own = [[tokenize(reference) for reference in of_clip] for of_clip in references]
    return CaptionScores(
        bleu=corpus_bleu(candidates, own),
        rouge_l=mean_rouge_l(candidates, own),
        cider_d=float(cider_d(candidates, own).mean()),
        meteor_exact_stem=mean_meteor_exact_stem(candidates, own),
        meteor_java=_meteor_java(candidates, own),
    )


def mean_scores(scores: Sequence[CaptionScores]) -> CaptionScores:
    """The mean of each metric; None where one lacks it."""
    java = [score.meteor_java for score in scores if score.meteor_java is not None]
    return CaptionScores(
        bleu=tuple(fmean(values) for values in zip(*(score.bleu for score in scores), strict=True)),
        rouge_l=fmean(score.rouge_l for score in scores),
        cider_d=fmean(score.cider_d for score in scores),
        meteor_exact_stem=fmean(score.meteor_exact_stem for score in scores),
        meteor_java=fmean(java) if len(java) == len(scores) else None,
    )


def _meteor_java(candidates: Sequence[Sequence[str]], references: Sequence[Sequence[Sequence[str]]]) -> float | None:
    if shutil.which("java") is None:
        return None
    try:
        from pycocoevalcap.meteor.meteor import Meteor
    except ImportError:
        return None
    said = {index: [" ".join(words)] for index, words in enumerate(candidates)}
    known = {index: [" ".join(words) for words in own] for index, own in enumerate(references)}
    meteor = Meteor()
    try:
        score, _ = meteor.compute_score(known, said)
        return float(score)
    finally:
        _stop(meteor.meteor_p)


def _stop(java: subprocess.Popen[bytes]) -> None:
    """End the runtime that pycocoevalcap leaves running."""
    java.kill()
    java.wait()
    for stream in (java.stdin, java.stdout, java.stderr):
        if stream is not None:
            stream.close()
