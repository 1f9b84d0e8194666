"""The detector: frames in, labelled boxes out."""

from collections.abc import Collection, Sequence
from pathlib import Path

from instantreact.domain.media import Images
from instantreact.domain.observation import Box, Detection
from instantreact.inference.detector.bundle import DetectorBundle, load_detector_bundle
from instantreact.inference.detector.nms import Scores, suppress_by_label
from instantreact.inference.detector.preprocess import Boxes, feed
from instantreact.inference.session import open_described

MIN_SCORE = 0.3


class Detector:
    """Finds what its bundle's labels name; safe to use from several threads."""

    def __init__(self, bundle: DetectorBundle, *, threads: int = 2) -> None:
        self.bundle = bundle
        self.labels = bundle.labels
        self._session = open_described(bundle.path, bundle.graph, threads=threads)

    def detect(
        self,
        frames: Sequence[Images],
        times_s: Sequence[float],
        *,
        min_score: float = MIN_SCORE,
        labels: Collection[str] | None = None,
    ) -> list[Detection]:
        """What is seen in RGB frames (h, w, 3), of whatever sizes, each at its time: by time, then the best first.

        Boxes are in shares of their frame. Of `labels` only those are looked for that the bundle has.
        """
        wanted = None if labels is None else [self.labels.index(label) for label in labels if label in self.labels]
        found: list[Detection] = []
        for time_s, frame in zip(times_s, frames, strict=True):
            boxes, scores = self.score(frame)
            found += self.choose(boxes, scores, float(time_s), min_score=min_score, labels=wanted)
        return sorted(found, key=lambda each: (each.time_s, -each.score))

    def choose(
        self, boxes: Boxes, scores: Scores, time_s: float, *, min_score: float, labels: Collection[int] | None = None
    ) -> list[Detection]:
        """Of all boxes of a frame those that are told, the best first; `labels` by their indices."""
        rows, columns = suppress_by_label(
            boxes, scores, min_score=min_score, overlap=self.bundle.overlap, labels=labels
        )
        seen = (boxes[rows, :2] < boxes[rows, 2:]).all(axis=1)  # the others lie outside of the frame
        return [
            Detection(self.labels[column], float(scores[row, column]), Box(*boxes[row].tolist()), time_s)
            for row, column in zip(rows[seen], columns[seen], strict=True)
        ]

    def score(self, frame: Images) -> tuple[Boxes, Scores]:
        """Every box of a frame, before suppression, in shares of the frame; and the score of every label for each."""
        pictures, (placement,) = feed([frame], self.bundle.input)
        answer = self._session.run({"pictures": pictures})
        return placement.to_frame(answer["boxes"][0]), answer["scores"][0]


def load_detector(folder: Path, *, threads: int = 2) -> Detector:
    """The detector whose bundle lies in `folder`. Raises BundleMissing or BundleMismatch."""
    return Detector(load_detector_bundle(folder), threads=threads)
