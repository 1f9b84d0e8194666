"""What happens to a whole picture and is nobody's movement: changes of footage for the stress test of `false_alarms`.

Each takes what a camera shows and gives what it would have shown; times are moments of the fine grid, eight seconds in
all. Written from what cameras do, before anything was measured.
"""

from collections.abc import Callable, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.footage import FINE_HZ, Encoding, Footage, Frames, loop, sample_frames_of
from instantreact.domain.media import Images
from instantreact.inference.bundle import Bundle
from instantreact.training.captioner.clips import CaptionedClip, Split

SECONDS = 8.0

Change = Callable[[Frames, Frames], Frames]
"""Of what is shown, and of what another camera shows, what is shown then."""


def _lit(image: Images, gain: float | NDArray[np.float64], offset: float | NDArray[np.float64] = 0.0) -> Images:
    return np.asarray(np.clip(image.astype(np.float32) * gain + offset, 0, 255), np.uint8)


def _nothing(frames: Frames, _other: Frames) -> Frames:
    return frames


def _lamp(frames: Frames, _other: Frames) -> Frames:
    """A lamp in a corner is switched on, and off again two seconds later."""
    lines = np.linspace(0, 1, 128)
    glow = np.exp(-((lines[:, None] - 0.1) ** 2 + (lines[None] - 0.2) ** 2) / 0.5)[..., None]
    return lambda at: _lit(frames(at), 1.2 + 0.9 * glow, 15.0) if 3.0 <= at / FINE_HZ < 5.0 else frames(at)


def _exposure(frames: Frames, _other: Frames) -> Frames:
    """Auto-exposure hunts: up and down within a second and a half, twice."""

    def shown(at: int) -> Images:
        passed = at / FINE_HZ - 2.0
        swing = np.sin(2 * np.pi * passed / 1.5) if 0 <= passed < 3.0 else 0.0
        return _lit(frames(at), 1.0 + 0.45 * swing)

    return shown


def _flashes(frames: Frames, _other: Frames) -> Frames:
    """Three flashes of a tenth of a second."""
    return lambda at: (
        _lit(frames(at), 2.5, 50.0) if any(0 <= at - start < 4 for start in (90, 150, 241)) else frames(at)
    )


def _knock(frames: Frames, _other: Frames) -> Frames:
    """Somebody knocks the camera: it swings for a second and stays a little aside."""

    def shown(at: int) -> Images:
        passed = at / FINE_HZ - 3.0
        if passed < 0:
            return frames(at)
        swing = 5.0 * np.exp(-3.0 * passed) * np.sin(2 * np.pi * 3.0 * passed) + 1.0
        moved = np.array([[1, 0, swing], [0, 1, 0.6 * swing]], np.float32)
        image = frames(at)
        return np.asarray(cv2.warpAffine(image, moved, image.shape[1::-1], borderMode=cv2.BORDER_REFLECT), np.uint8)

    return shown


def _cuts(frames: Frames, other: Frames) -> Frames:
    """Every two seconds another camera is shown, as on a matrix or by an input that was mixed up."""
    return lambda at: (frames if at // (2 * FINE_HZ) % 2 == 0 else other)(at)


def _infrared(frames: Frames, _other: Frames) -> Frames:
    """The filter swings away: an over-exposed moment, then grey with other brightnesses, and noise."""

    def shown(at: int) -> Images:
        passed = at / FINE_HZ - 3.0
        if passed < 0:
            return frames(at)
        grey = frames(at).astype(np.float32) @ np.array([0.7, 0.1, 0.4], np.float32)
        grey = grey * (1.2 + 1.5 * np.exp(-6.0 * passed)) + np.random.default_rng(at).normal(0, 3, grey.shape)
        return np.asarray(np.clip(np.repeat(grey[..., None], 3, axis=2), 0, 255), np.uint8)

    return shown


def _noise(frames: Frames, _other: Frames) -> Frames:
    """A sensor at night."""
    return lambda at: _lit(frames(at), 0.6, np.random.default_rng(at).normal(0, 6, frames(at).shape))


def _compression(frames: Frames, _other: Frames) -> Frames:
    """Hard compression whose quality jumps with each key frame, once in a second."""

    def shown(at: int) -> Images:
        quality = 35 if at % FINE_HZ < 8 else 12
        _, coded = cv2.imencode(".jpg", frames(at), [cv2.IMWRITE_JPEG_QUALITY, quality])
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)

    return shown


CHANGES: Mapping[str, Change] = {
    "as it is": _nothing,
    "lamp on and off": _lamp,
    "auto-exposure": _exposure,
    "flashes": _flashes,
    "camera knocked": _knock,
    "cuts": _cuts,
    "switch to infrared": _infrared,
    "noise at night": _noise,
    "hard compression": _compression,
}


def encode_disturbed(
    clips: Sequence[CaptionedClip], bundle: Bundle, encoding: Encoding
) -> Mapping[str, Sequence[Footage]]:
    """Each change of one ordinary clip a scene, the first by name, played forth and back for `SECONDS`."""
    first: dict[str, CaptionedClip] = {}
    for clip in sorted(clips, key=lambda each: each.name):
        if clip.label == "normal":
            first.setdefault(clip.scene, clip)
    shown = list(first.values())
    found: dict[str, list[Footage]] = {name: [] for name in CHANGES}
    size = bundle.sampling.image_size
    for index, clip in enumerate(shown):
        frames, other = loop(clip.path, size), loop(shown[index - 1].path, size)
        for name, change in CHANGES.items():
            changed = change(frames, other)
            rows = encoding.keep(f"{name}.{clip.name}", lambda changed=changed: sample_frames_of(changed, SECONDS))  # type: ignore[misc]
            is_test = clip.split is Split.TEST
            found[name].append(Footage(clip.name, clip.scene, clip.source, is_test, "normal", 0.0, *rows))
    return found
