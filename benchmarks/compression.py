"""Does the concept head stand hard compression? `python -m benchmarks.compression ../shared/data --cache CACHE`.

The head of the shipped recipe (mean and maximum of the shipped motion encoder's features), fitted on clips as they
are, and on copies compressed hard beside them, in five folds by scene over train and val, each fold calibrated on the
others, several seeds. Copies are of the fight data set: JPEG of the model's picture, of a quality from 8 to 25, and
from 25 to 50 in a fifth of each second; or H.264 by ffmpeg at the clip's own size, CRF 36 to 46. Judged are the clips
of the fight data set as they are, as JPEG of 12 and 35, as `disturbed.py` has it, and as H.264 at CRF 42. False alarms
and fights found are at the threshold that finds 80 % of the other folds' fights as they are. Intervals of 95 % by
drawing scenes; differences are from the head without copies, on the same draws.
"""

import argparse
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.footage import FIGHTS, FINE_HZ, Encoding, Rows, encode_clips, read_clips
from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.media import Images, SamplingPlan
from instantreact.inference.bundle import Bundle, load_bundle
from instantreact.training.captioner.clips import CaptionedClip, Split, concept_shares, scene_folds
from instantreact.training.captioner.concepts import concept_logits, fit_concept_head
from instantreact.training.captioner.examples import Example
from instantreact.training.captioner.logistic import fit_logistic, predict_logistic
from instantreact.training.captioner.model import CaptionModel, ModelShape
from instantreact.training.captioner.prepare import sample_clip

FOLDS, DRAWS, FOUND, RIDGE = 5, 2000, 0.8, 0.1
AS_IT_IS = "as they are"
LEARNT: Mapping[str, Sequence[str]] = {
    "clips as they are": (),
    "JPEG beside them": ("jpeg1",),
    "H.264 beside them": ("h264a",),
    "both beside them": ("jpeg1", "h264a"),
}
JUDGED = {"JPEG 12, 35": "t_jpeg", "H.264, CRF 42": "t_h264"}
KEY_MOMENTS = 8
"""So long in each second of the fine grid the pictures are better, as after a key frame."""

Values = NDArray[np.float64]
Samples = Iterator[tuple[Images, Images]]


@dataclass(frozen=True)
class Judged:
    """What heads make of the clips (seeds, N): calibrated scores, and which of them alarm."""

    scores: Values
    alarms: Values


def compress(clip: CaptionedClip, kind: str, plan: SamplingPlan) -> Samples:
    """The samples of a clip that is compressed in one way; what is drawn depends on its name alone."""
    random = np.random.default_rng([zlib.crc32(clip.name.encode()), zlib.crc32(kind.encode())])
    if kind.startswith("jpeg"):
        return as_jpeg(clip, plan, int(random.integers(8, 26)), int(random.integers(25, 51)), int(random.integers(40)))
    if kind == "t_jpeg":
        return as_jpeg(clip, plan, 12, 35, 0)
    return as_h264(clip, plan, 42 if kind == "t_h264" else int(random.integers(36, 47)))


def as_jpeg(clip: CaptionedClip, plan: SamplingPlan, worst: int, best: int, phase: int) -> Samples:
    """Every picture as JPEG, those after a key frame better; a moment's picture is the same wherever it is compared."""
    step, gaps = FINE_HZ // round(plan.rate_hz), [round(gap_s * FINE_HZ) for gap_s in plan.gaps_s]
    moment = 0
    for images, earlier in sample_clip(clip.path, plan):
        for image, before in zip(images, earlier, strict=True):
            moments = [moment, *(max(0, moment - gap) for gap in gaps)]
            qualities = [best if (each + phase) % FINE_HZ < KEY_MOMENTS else worst for each in moments]
            now, *old = (_to_jpeg(each, quality) for each, quality in zip((image, *before), qualities, strict=True))
            yield now[None], np.stack(old)[None]
            moment += step


def as_h264(clip: CaptionedClip, plan: SamplingPlan, crf: int) -> Samples:
    """The clip encoded anew at its own size, with a key frame every 25 pictures, by one thread: more make others."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        codec = ["-c:v", "libx264", "-threads", "1", "-preset", "veryfast", "-crf", str(crf), "-g", "25"]
        even = ["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2", "-pix_fmt", "yuv420p", "-fps_mode", "passthrough", "-an"]
        subprocess.run(["ffmpeg", "-v", "error", "-i", str(clip.path), *even, *codec, str(path)], check=True)
        yield from sample_clip(path, plan)


def _to_jpeg(image: Images, quality: int) -> Images:
    _, coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


class Heads:
    """Heads that learn from clips and some of their copies, and judge the fight clips of the other folds."""

    def __init__(self, clips: Sequence[CaptionedClip], rows: Mapping[str, Mapping[str, Rows]]) -> None:
        self._clips, self._rows = clips, rows
        self._shares = np.array([concept_shares(each, {"fight": FIRST_CONCEPTS["fight"]})[0] for each in clips], float)
        self.is_fight = np.array([each.label == "fight" for each in clips])

    def judge(self, copies: Sequence[str], seeds: int) -> Mapping[str, Judged]:
        """Their scores and alarms, by the way of compression that is judged."""
        shown = {AS_IT_IS: AS_IT_IS} | JUDGED
        found = {name: Judged(*np.zeros((2, seeds, len(self._clips)))) for name in shown}
        for seed in range(seeds):
            folds = scene_folds(self._clips, FOLDS, seed=seed)
            logits = {name: np.zeros(len(self._clips)) for name in shown}
            for fold in range(FOLDS):
                own = np.flatnonzero(folds == fold)
                model = self._fit(np.flatnonzero(folds != fold), copies)
                for name, kind in shown.items():
                    logits[name][own] = concept_logits(model, self._examples(own, kind))[:, 0]
            for fold in range(FOLDS):
                self._decide(found, logits, seed, folds == fold)
        return found

    def _fit(self, chosen: NDArray[np.intp], copies: Sequence[str]) -> CaptionModel:
        learnt = [example for kind in (AS_IT_IS, *copies) for example in self._examples(chosen, kind, missing=False)]
        model = CaptionModel(ModelShape(streams=(learnt[0].views[0].shape[1],), vocabulary=4, concepts=1))
        fit_concept_head(model, learnt, ridge=RIDGE)
        return model

    def _examples(self, chosen: NDArray[np.intp], kind: str, *, missing: bool = True) -> list[Example]:
        """Of clips that have no such copy, what they are; or nothing."""
        examples = []
        for at in chosen:
            clip, share = self._clips[at], self._shares[[at]].astype(np.float32)
            rows = self._rows[kind].get(clip.name, self._rows[AS_IT_IS][clip.name] if missing else None)
            if rows is not None:
                examples.append(Example(clip.name, clip.scene, (rows.astype(np.float16),), ((3,),), share))
        return examples

    def _decide(
        self, found: Mapping[str, Judged], logits: Mapping[str, Values], seed: int, own: NDArray[np.bool_]
    ) -> None:
        weights = fit_logistic(logits[AS_IT_IS][~own, None], self._shares[~own])
        threshold = np.quantile(predict_logistic(logits[AS_IT_IS][~own & self.is_fight, None], weights), 1 - FOUND)
        for name, values in logits.items():
            found[name].scores[seed, own] = predict_logistic(values[own, None], weights)
            found[name].alarms[seed, own] = found[name].scores[seed, own] >= threshold


def draw_counts(scenes: Sequence[str]) -> Values:
    """How often each clip is drawn (1 + DRAWS, N), scene by scene; the first row has each once."""
    names, index = np.unique(scenes, return_inverse=True)
    random = np.random.default_rng(0)
    drawn = [np.bincount(random.integers(0, len(names), len(names)), minlength=len(names)) for _ in range(DRAWS)]
    return np.stack([np.ones(len(names)), *drawn])[:, index].astype(np.float64)


def figures(judged: Judged, truth: NDArray[np.bool_], counts: Values) -> Mapping[str, Values]:
    """AUC, false alarms and fights found (1 + DRAWS,), the mean over the seeds."""
    fights, others = judged.scores[:, truth, None], judged.scores[:, None, ~truth]
    wins = ((fights > others) + 0.5 * (fights == others)).mean(axis=0)
    of_fights, of_others = counts[:, truth], counts[:, ~truth]
    alarms = judged.alarms.mean(axis=0)
    return {
        "AUC": ((of_fights @ wins) * of_others).sum(axis=1) / (of_fights.sum(axis=1) * of_others.sum(axis=1)),
        "false alarms": of_others @ alarms[~truth] / of_others.sum(axis=1),
        "found": of_fights @ alarms[truth] / of_fights.sum(axis=1),
    }


def tell(name: str, found: Mapping[str, Mapping[str, Values]]) -> None:
    """A table of the heads that judged what was compressed in one way."""
    print(f"\n{name}\n\n| learnt from | AUC | difference | false alarms | difference | found | difference |")
    print("|---|---|---|---|---|---|---|")
    first = next(iter(found.values()))
    for learnt, row in found.items():
        cells = []
        for figure, values in row.items():
            gains = values - first[figure]
            low, high = np.nanquantile(gains[1:], [0.025, 0.975])
            cells += [f"{values[0]:.3f}", f"{gains[0]:+.3f} ({low:+.3f} to {high:+.3f})"]
        print(f"| {learnt} | " + " | ".join(cells) + " |")


def read_rows(clips: Sequence[CaptionedClip], bundle: Bundle, cache: Path) -> Mapping[str, Mapping[str, Rows]]:
    """Steady rows of the clips as they are, and of each way of compression those of the fight data set, by name."""
    encoding, plan = Encoding(bundle, cache), bundle.sampling
    fights = [clip for clip in clips if clip.source == FIGHTS]
    rows = {AS_IT_IS: {each.name: each.steady for each in encode_clips(clips, bundle, encoding)}}
    for kind in {*JUDGED.values(), *(kind for kinds in LEARNT.values() for kind in kinds)}:
        rows[kind] = {
            clip.name: encoding.keep(f"{kind}.{clip.name}", lambda clip=clip, kind=kind: compress(clip, kind, plan))[1]  # type: ignore[misc]
            for clip in fights
        }
    return rows


def main() -> None:
    """Measure; prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="the folder of real footage ($INSTANTREACT_DATA)")
    parser.add_argument("--cache", type=Path, required=True, help="folder for features; `false_alarms` may share it")
    parser.add_argument("--captioner", type=Path, default=Path("models/captioner"))
    parser.add_argument("--seeds", type=int, default=10)
    options = parser.parse_args()
    clips = [clip for clip in read_clips(options.data) if clip.split is not Split.TEST]
    heads = Heads(clips, read_rows(clips, load_bundle(options.captioner), options.cache))
    judged = {name: heads.judge(copies, options.seeds) for name, copies in LEARNT.items()}
    kept = np.array([clip.source == FIGHTS for clip in clips])
    counts = draw_counts([clip.scene for clip in clips if clip.source == FIGHTS])
    for way in (AS_IT_IS, *JUDGED):
        parts = {name: Judged(by[way].scores[:, kept], by[way].alarms[:, kept]) for name, by in judged.items()}
        tell(way, {name: figures(part, heads.is_fight[kept], counts) for name, part in parts.items()})


if __name__ == "__main__":
    main()
