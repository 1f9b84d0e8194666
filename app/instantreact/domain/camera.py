"""Cameras: states and what may be set for each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class CameraState(StrEnum):
    """Where the watching of a camera stands."""

    IDLE = "idle"
    CONNECTING = "connecting"
    LIVE = "live"
    LOST = "lost"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Outage:
    """A time without pictures that is not over: since when, and whether people were told that the camera is lost."""

    since: datetime
    is_told: bool = False


class SpeechMode(StrEnum):
    """What may be done with a camera's sound: nothing, recognition on this machine, or by Wit.ai."""

    OFF = "off"
    LOCAL = "local"
    WIT = "wit"


@dataclass(frozen=True)
class Point:
    """A corner of a polygon, as shares of the frame's width and height, 0..1."""

    x: float
    y: float


@dataclass(frozen=True)
class Zone:
    """A named polygon that a rule may ask about."""

    name: str
    polygon: tuple[Point, ...]


@dataclass(frozen=True)
class Mask:
    """A polygon that is blacked out for everybody."""

    polygon: tuple[Point, ...]
