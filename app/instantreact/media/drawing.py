"""Draws what was detected into a picture for people: boxes, each with its label and score, legible at every size."""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import cv2
import numpy as np

from instantreact.domain.media import Images
from instantreact.domain.observation import Detection

_SHARE_OF_TEXT = 1 / 32
_LEAST_TEXT_PX, _MOST_TEXT_PX = 13, 64
_WEIGHT = 600
_COLOURS = (
    (0, 200, 255),
    (90, 220, 60),
    (255, 190, 60),
    (180, 120, 255),
    (255, 255, 90),
    (60, 130, 255),
    (230, 110, 230),
    (200, 230, 170),
)
"""Blue first; all so light that black letters stand out on them."""
_INK, _EDGE = (0, 0, 0), (30, 30, 30)


@dataclass(frozen=True)
class _Area:
    """Pixels: the left and top ones belong to it, the right and bottom ones do not any more."""

    left: int
    top: int
    right: int
    bottom: int

    def meets(self, other: "_Area") -> bool:
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )

    def moved_to(self, left: int, top: int) -> "_Area":
        return _Area(left, top, left + self.right - self.left, top + self.bottom - self.top)


def draw_detections(frame_bgr: Images, detections: Sequence[Detection]) -> Images:
    """A copy of a frame (H, W, 3), blue first as OpenCV has it, with the boxes of the detections and their labels.

    All boxes come first and the labels over them, the best score last, each where it hides no other if there is room.
    """
    drawn = np.ascontiguousarray(frame_bgr).copy()
    height, width = drawn.shape[:2]
    text_px = int(np.clip(min(height, width) * _SHARE_OF_TEXT, _LEAST_TEXT_PX, _MOST_TEXT_PX))
    line_px = max(1, round(text_px / 7))
    ordered = sorted(detections, key=lambda each: each.score)
    for detection in ordered:
        _draw_box(drawn, _in_pixels(detection, width, height), _colour(detection.label), line_px)
    font = cv2.FontFace("sans")
    tags: list[tuple[_Area, Detection]] = []
    for detection in reversed(ordered):
        tag = _measure(font, _text(detection), text_px)
        taken = [area for area, _ in tags]
        tags.append((_find_place(tag, _in_pixels(detection, width, height), taken, width, height), detection))
    for place, detection in reversed(tags):
        _draw_tag(drawn, font, _text(detection), text_px, place, _colour(detection.label))
    return drawn


def _in_pixels(detection: Detection, width: int, height: int) -> _Area:
    box = detection.box
    left, top = round(box.left * width), round(box.top * height)
    return _Area(left, top, max(left + 1, round(box.right * width)), max(top + 1, round(box.bottom * height)))


def _colour(label: str) -> tuple[int, int, int]:
    """A label has the same colour in every picture."""
    return _COLOURS[crc32(label.encode()) % len(_COLOURS)]


def _text(detection: Detection) -> str:
    return f"{detection.label} {min(99, round(detection.score * 100))} %"  # never 100: nothing is certain


def _draw_box(drawn: Images, area: _Area, colour: tuple[int, int, int], line_px: int) -> None:
    corners = (area.left, area.top), (area.right - 1, area.bottom - 1)
    cv2.rectangle(drawn, *corners, _EDGE, line_px + 2)
    cv2.rectangle(drawn, *corners, colour, line_px)


def _padding(text_px: int) -> int:
    return max(2, text_px // 5)


def _measure(font: cv2.FontFace, text: str, text_px: int) -> _Area:
    """The plate that a text needs; of one height for all, so that letters stand on one line."""
    across = cv2.getTextSize((0, 0), text, (0, 0), font, text_px, _WEIGHT)[2]
    padding = _padding(text_px)
    return _Area(0, 0, across + 2 * padding, round(text_px * 1.1) + padding)


def _find_place(tag: _Area, box: _Area, taken: Sequence[_Area], width: int, height: int) -> _Area:
    """Above the box, below its upper edge, or below it; wholly in the picture."""
    high = tag.bottom - tag.top
    left = max(0, min(box.left, width - tag.right))
    tops = [top for top in (box.top - high, box.top, box.bottom, box.bottom - high) if 0 <= top <= height - high]
    places = [tag.moved_to(left, top) for top in tops or [0]]
    return next((place for place in places if not any(place.meets(other) for other in taken)), places[0])


def _draw_tag(
    drawn: Images, font: cv2.FontFace, text: str, text_px: int, place: _Area, colour: tuple[int, int, int]
) -> None:
    cv2.rectangle(drawn, (place.left, place.top), (place.right - 1, place.bottom - 1), colour, cv2.FILLED)
    padding = _padding(text_px)
    # Letters that reach below the line, and those with accents, have room in the plate.
    line = (place.left + padding, place.bottom - padding // 2 - round(text_px * 0.22))
    cv2.putText(drawn, text, line, _INK, font, text_px, _WEIGHT)
