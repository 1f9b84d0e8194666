"""Drawn pictures with boxes, and the folders that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SIDE = 96
LABELS = ("disc", "square")


@dataclass(frozen=True)
class DrawnThing:
    """A disc or a square, corners in pixels from 0, right and bottom exclusive."""

    name: str
    left: int
    top: int
    right: int
    bottom: int


def draw_picture(path: Path, random: np.random.Generator, *, things: int = 2) -> list[DrawnThing]:
    """A picture of noise with a few things on it, one in each quarter at most."""
    pixels = random.integers(90, 160, (SIDE, SIDE, 3)).astype(np.uint8)
    drawn = []
    for quarter in random.permutation(4)[:things]:
        side = int(random.integers(20, 42))
        left, top = (int(random.integers(0, 48 - side + 1)) + 48 * int(at) for at in (quarter % 2, quarter // 2))
        name = LABELS[int(random.integers(2))]
        if name == "disc":
            centre = (left + side // 2, top + side // 2)
            cv2.circle(pixels, centre, side // 2, (30, 30, 230), -1)
        else:
            cv2.rectangle(pixels, (left, top), (left + side - 1, top + side - 1), (230, 60, 20), -1)
        drawn.append(DrawnThing(name, left, top, left + side, top + side))
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), pixels)
    return drawn


def write_voc(folder: Path, name: str, things: Sequence[DrawnThing], *, difficult: bool = False) -> None:
    """An annotation as VOC has it: pixels are counted from 1, both ends belong to the box."""
    objects = "".join(
        f"<object><name>{thing.name}</name><difficult>{int(difficult)}</difficult><bndbox>"
        f"<xmin>{thing.left + 1}</xmin><ymin>{thing.top + 1}</ymin>"
        f"<xmax>{thing.right}</xmax><ymax>{thing.bottom}</ymax></bndbox></object>"
        for thing in things
    )
    path = folder / "Annotations" / f"{name}.xml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<annotation><filename>{name}.jpg</filename>{objects}</annotation>")


def draw_voc(folder: Path, parts: dict[str, int], *, seed: int = 0) -> Path:
    """A VOC folder with so many pictures in each part."""
    random, number = np.random.default_rng(seed), 0
    for part, count in parts.items():
        names = []
        for _ in range(count):
            number += 1
            names.append(f"{number:06d}")
            things = draw_picture(folder / "JPEGImages" / f"{names[-1]}.jpg", random)
            write_voc(folder, names[-1], things)
        listed = folder / "ImageSets" / "Main" / f"{part}.txt"
        listed.parent.mkdir(parents=True, exist_ok=True)
        listed.write_text("".join(f"{name}\n" for name in names))
    return folder
