"""Footage for `false_alarms`: clips and long footage as the motion encoder sees them, and clips that were disturbed.

Long footage lies in a folder a source (`--footage FOLDER`). Nothing of it is in this repository; where it comes from:

    opencv      vtest.avi of Debian's opencv-doc (BSD-3-Clause as OpenCV; the scene is of PETS 2009)
    intel       the videos and gifs of github intel-iot-devkit/sample-videos (CC BY 4.0)
    gmdcsa24    the videos of github ekramalam/GMDCSA24-A-Dataset-for-Human-Fall-Detection-in-Videos (MIT)
    furg        house6.mp4 of github steffensbola/furg-fire-dataset (CC0)
    bgslibrary  dataset/video*.avi of github andrewssobral/bgslibrary (MIT)
    degirum     images/Traffic.mp4 of github DeGirum/PySDKExamples (MIT)
"""

import hashlib
import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.media import Images
from instantreact.errors import MediaError
from instantreact.inference import steady
from instantreact.inference.bundle import Bundle, GraphName
from instantreact.inference.preprocess import motion_images, scale_pixels
from instantreact.inference.session import open_graph
from instantreact.media.pictures import open_pictures
from instantreact.media.sampling import scale_frame
from instantreact.training.captioner.clips import CaptionedClip, Split, concept_shares
from instantreact.training.captioner.prepare import sample_clip

FIGHTS = "fight-detection-surv-dataset"
SOURCES = {"intel": "intel sample-videos", "gmdcsa24": "GMDCSA24", "furg": "furg-fire-dataset"}
"""Folders of long footage some of which is among the clips, too: nothing of that source may have been learnt."""
FINE_HZ = 40
"""Samples and the frames before them lie on this grid, at 8 Hz and gaps of 0.1, 0.2 and 0.4 s."""

Rows = NDArray[np.float32]
"""Features of samples, (T, D)."""
Frames = Callable[[int], Images]
"""The picture (S, S, 3) at a moment of the fine grid."""


@dataclass(frozen=True, eq=False)
class Footage:
    """A clip, or long footage: its rows as they are, and with what happens to the whole picture taken out."""

    name: str
    scene: str
    source: str
    is_test: bool
    label: str
    share: float
    plain: Rows
    steady: Rows

    @property
    def seconds(self) -> float:
        return len(self.plain) / 8.0


class Encoding:
    """Makes rows and keeps them in a folder, by what they are made of."""

    def __init__(self, bundle: Bundle, cache: Path) -> None:
        self._bundle, self._cache = bundle, cache
        self._graph = open_graph(bundle, GraphName.MOTION)
        self._code = hashlib.sha256(inspect.getsource(steady).encode()).hexdigest()[:8]
        cache.mkdir(parents=True, exist_ok=True)

    def keep(self, name: str, samples: Callable[[], Iterator[tuple[Images, Images]]]) -> tuple[Rows, Rows]:
        """Rows of samples and of the frames before them, plain and steady."""
        kept = self._cache / f"{name.replace('/', '_').replace(' ', '_')}.{self._code}.npz"
        if not kept.exists():
            parts = [self._encode(images, earlier) for images, earlier in samples() if len(images)]
            plain, held = (np.concatenate(each) for each in zip(*parts, strict=True))
            np.savez(kept, plain=plain.astype(np.float16), steady=held.astype(np.float16))
        with np.load(kept) as found:
            return found["plain"].astype(np.float32), found["steady"].astype(np.float32)

    def _encode(self, images: Images, earlier: Images) -> tuple[Rows, Rows]:
        options = self._bundle.preprocessing
        plain, held = (
            motion_images(images, earlier, options.motion_gain, crop=options.motion_crop, steady=each)
            for each in (False, True)
        )
        rows = self._run(plain)
        differ = [at for at in range(len(plain)) if not np.array_equal(plain[at], held[at])]
        others = rows.copy()
        if differ:
            others[differ] = self._run(held[differ])
        return rows, others

    def _run(self, images: Images) -> Rows:
        pixels = (scale_pixels(image[None], self._bundle.preprocessing) for image in images)
        return np.concatenate([self._graph.run({"images": each})["features"] for each in pixels])


def read_clips(data: Path) -> list[CaptionedClip]:
    """The clips of the real footage, with their captions."""
    rows = [json.loads(line) for line in (data / "cctv" / "captions.jsonl").read_text().splitlines()]
    return [
        CaptionedClip(
            row["clip"],
            data / "cctv" / "clips" / f"{row['clip']}.mp4",
            row["scene"],
            Split(row["split"]),
            tuple(row["captions"]),
            label=row["label"],
            source=row["source"],
        )
        for row in rows
    ]


def encode_clips(clips: Sequence[CaptionedClip], bundle: Bundle, encoding: Encoding) -> list[Footage]:
    """The clips as footage; `share` is how many of a clip's captions mention a fight."""
    words = {"fight": FIRST_CONCEPTS["fight"]}
    found = []
    for clip in clips:
        rows = encoding.keep(clip.name, lambda clip=clip: sample_clip(clip.path, bundle.sampling))  # type: ignore[misc]
        share = float(concept_shares(clip, words)[0])
        is_test = clip.split is Split.TEST
        found.append(Footage(clip.name, clip.scene, clip.source, is_test, clip.label or "", share, *rows))
    return found


def encode_long(folder: Path, bundle: Bundle, encoding: Encoding) -> list[Footage]:
    """Long footage; what chooses nothing (`is_test`) is what shows rooms and places of test clips, or of none."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        source = name.split("/")[0]
        is_test = source == "opencv" or "one-by-one" in name or "Subject 1" in name or "Subject 4" in name
        try:
            rows = encoding.keep(name, lambda path=path: sample_clip(path, bundle.sampling))  # type: ignore[misc]
        except MediaError as error:
            print(f"left out: {name}: {error}")
            continue
        found.append(Footage(name, name, SOURCES.get(source, source), is_test, "normal", 0.0, *rows))
    return found


def loop(path: Path, size: int) -> Frames:
    """A clip played forth and back, so that no cut is in it."""
    with open_pictures(path) as reader:
        seen = [(picture.time_s, scale_frame(picture.bgr(), size)) for picture in reader.pictures()]
    times = np.array([time_s for time_s, _ in seen]) - seen[0][0]
    length = max(float(times[-1]), 1 / FINE_HZ)

    def at(moment: int) -> Images:
        passed = (moment / FINE_HZ) % (2 * length)
        return seen[int(np.abs(times - min(passed, 2 * length - passed)).argmin())][1]

    return at


def sample_frames_of(frames: Frames, seconds: float) -> Iterator[tuple[Images, Images]]:
    """Samples at 8 Hz of what is shown, with the frames 0.1, 0.2 and 0.4 s before."""
    known: dict[int, Images] = {}
    for moment in range(0, round(seconds * FINE_HZ), FINE_HZ // 8):
        wanted = [max(0, moment - back) for back in (0, 4, 8, 16)]
        known |= {each: frames(each) for each in wanted if each not in known}
        now, *before = (known[each] for each in wanted)
        yield now[None], np.stack(before)[None]
