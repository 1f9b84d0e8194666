"""A tiny data set of drawn clips: a square that shakes is a fight, one that glides is somebody walking."""

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

FPS = 10
FRAMES = 12
SIZE = 48

CAPTIONS = {
    "fight": ("two men are fighting in a room", "a man punches another man", "people fight in a room"),
    "normal": ("a man walks through a room", "a person walks past a wall", "somebody walks through a room"),
}
FIRST_SPLITS = ("train", "train", "train", "val", "test")


def draw_clip(path: Path, label: str, seed: int) -> None:
    """A clip of 1.2 s, 48 x 48 pixels."""
    random = np.random.default_rng(seed)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), FPS, (SIZE, SIZE))
    background = int(random.integers(40, 120))
    for number in range(FRAMES):
        frame = np.full((SIZE, SIZE, 3), background, np.uint8)
        left = int(random.integers(0, 28)) if label == "fight" else 4 + 2 * number
        frame[16:34, left : left + 14] = 220
        writer.write(frame)
    writer.release()


def draw_data_set(folder: Path, *, scenes: int = 6, splits: Sequence[str] = FIRST_SPLITS) -> Path:
    """A folder with `captions.jsonl` and, for each scene, one clip of each label."""
    (folder / "clips").mkdir(parents=True)
    lines = []
    for scene in range(scenes):
        for label, captions in CAPTIONS.items():
            name = f"{label}{scene}"
            draw_clip(folder / "clips" / f"{name}.mp4", label, seed=scene)
            lines.append(
                {
                    "clip": name,
                    "source": "drawn",
                    "scene": f"s{scene}",
                    "split": splits[scene % len(splits)],
                    "label": label,
                    "captions": [*captions, *captions[::-1]],
                    "annotators": ["a"] * 3 + ["b"] * 3,
                }
            )
    (folder / "captions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return folder
