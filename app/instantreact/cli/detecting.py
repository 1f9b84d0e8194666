"""What `instantreact detect` does: frames of a picture or a clip go through the detector, and are told or drawn."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from instantreact.config import Settings
from instantreact.domain.media import Images
from instantreact.domain.nearest import ask_meant, find_nearest
from instantreact.domain.observation import Detection
from instantreact.errors import InvalidInput, UnreadableMedia
from instantreact.inference.detector import Detector, load_detector
from instantreact.media.drawing import draw_detections
from instantreact.media.pictures import open_pictures
from instantreact.media.probe import probe_clip
from instantreact.media.stills import check_still_name, has_still_name, is_still, read_still, write_still
from instantreact.media.transcode import write_film
from instantreact.model_wiring import SHIPPED_DETECTOR


@dataclass(frozen=True)
class DetectOptions:
    """What is asked for: the least score, how many a frame, which labels, how often in a clip."""

    min_score: float
    top: int | None
    labels: Sequence[str] | None
    every_s: float


@dataclass(frozen=True, eq=False)
class SeenFrame:
    """A frame, blue first, at its time, and what was detected in it, the best first."""

    time_s: float
    image_bgr: Images
    detections: tuple[Detection, ...]


def open_detector(folder: Path | None, wanted: DetectOptions) -> Detector:
    """The detector of a bundle, by default of the shipped one.

    Raises BundleMissing, BundleMismatch, or InvalidInput for a label that it does not know.
    """
    detector = load_detector(folder or SHIPPED_DETECTOR)
    for label in wanted.labels or ():
        if label not in detector.labels:
            question = ask_meant([find_nearest(label, detector.labels)])
            known = ", ".join(detector.labels)
            raise InvalidInput(f"{detector.bundle.name} finds no {label}.{question} It knows {known}.")
    return detector


def see(path: Path, detector: Detector, wanted: DetectOptions, settings: Settings) -> Iterator[SeenFrame]:
    """What is seen, frame by frame. Raises UnreadableMedia, UnsupportedMedia or TooLarge."""
    if is_still(path):
        frames = iter([(0.0, read_still(path))])
    elif has_still_name(path):
        raise UnreadableMedia("The file is called like a picture, but holds none: it is empty, damaged, or no picture.")
    else:
        probe_clip(path, max_pixels=settings.max_pixels, max_duration_s=settings.max_clip_s)
        frames = _read_clip(path, wanted.every_s)
    for time_s, image in frames:
        found = detector.detect([image[..., ::-1]], [time_s], min_score=wanted.min_score, labels=wanted.labels)
        yield SeenFrame(time_s, image, tuple(found[: wanted.top]))


def _read_clip(path: Path, every_s: float) -> Iterator[tuple[float, Images]]:
    due_s: float | None = None
    with open_pictures(path) as reader:
        for picture in reader.pictures():
            if due_s is None or picture.time_s >= due_s - picture.interval_s / 2:
                due_s = max(picture.time_s, (due_s or picture.time_s) + every_s)  # after a gap, on from there
                yield picture.time_s, picture.bgr()
    if due_s is None:
        raise UnreadableMedia("Not one frame of the clip can be decoded.")


def draw_frames(path: Path, output: Path, seen: Iterator[SeenFrame]) -> Iterator[SeenFrame]:
    """Write what is seen into `output`, as a picture or an MP4 like the file at `path`, and give it back.

    Raises InvalidInput where it would overwrite that file or has a name that its format does not fit.
    """
    if output.exists() and output.samefile(path):
        raise InvalidInput(f"{output} is the file that is looked at: choose another one to draw into.")
    if output.is_dir() or not os.access(output.absolute().parent, os.W_OK):
        raise InvalidInput(f"{output} cannot be written: name a file in a folder that can be written to.")
    if is_still(path):
        check_still_name(output)
        (frame,) = seen
        write_still(output, draw_detections(frame.image_bgr, frame.detections))
        return iter([frame])
    if output.suffix.lower() != ".mp4":
        raise InvalidInput(f"{output} must end in .mp4: a clip is written there.")
    told: list[SeenFrame] = []
    write_film(output, _drawn(seen, told))
    return iter(told)


def _drawn(seen: Iterable[SeenFrame], told: list[SeenFrame]) -> Iterator[tuple[float, Images]]:
    for frame in seen:
        yield frame.time_s, draw_detections(frame.image_bgr, frame.detections)[..., ::-1]
        told.append(SeenFrame(frame.time_s, frame.image_bgr[:0], frame.detections))  # a long clip's fill the memory


def describe_frames(path: Path, detector: Detector, seen: Iterable[SeenFrame]) -> dict[str, Any]:
    """What was seen, for programs. Boxes are in shares of the frame."""
    return {
        "path": str(path),
        "bundle": {"name": detector.bundle.name, "version": detector.bundle.version},
        "frames": [
            {"time_s": round(frame.time_s, 3), "detections": [_describe(each) for each in frame.detections]}
            for frame in seen
        ],
    }


def _describe(detection: Detection) -> dict[str, Any]:
    box = {side: round(share, 4) for side, share in asdict(detection.box).items()}
    return {"label": detection.label, "score": round(detection.score, 4), "box": box}


def format_frame(frame: SeenFrame) -> str:
    """What was seen in a frame, for people: a line each, with the corners in hundredths of the picture."""
    if not frame.detections:
        return f"{frame.time_s:7.2f} s  nothing"
    lines = []
    for each in frame.detections:
        box = each.box
        where = f"{box.left:4.0%} {box.top:4.0%} to {box.right:4.0%} {box.bottom:4.0%}"
        lines.append(f"{frame.time_s:7.2f} s  {each.label:<16} {each.score:.2f}  {where}")
    return "\n".join(lines)
