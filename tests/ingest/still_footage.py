"""A stream whose pictures a test draws, in seconds of its own: minutes pass as fast as they are looked at."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np

from instantreact.clock import SystemClock
from instantreact.domain.camera import Mask, Zone
from instantreact.domain.media import Images
from instantreact.inference.captioner import Description
from instantreact.inference.detector.deployed import DeployedDetector
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.ingest.batcher import FeatureBatcher, Slot
from instantreact.ingest.connection import Connection
from instantreact.ingest.looking import LookDemand
from instantreact.ingest.minutes import WatchedMinutes
from instantreact.ingest.watched import SeenLive, WatchedCamera, WatchTools
from instantreact.media.live_frame import Arrival, CodedPacket, LiveFrame, TrackKind
from instantreact.media.mask import FrameMask
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import parse_source
from tests.ingest.cheap_model import PLAN, describe, encode
from tests.ingest.watching import EVIDENCE, LIMITS, PATIENCE, Handed

Draw = Callable[[float], int | Images]
"""The picture of a time, or how bright it is, 0..255: the detector of these tests sees by that."""


class DrawnStream:
    """One picture each half second; the next one comes once the model has looked at the one before."""

    video = audio = None

    def __init__(
        self, draw: Draw, until_s: float, slot: Slot[Description], masks: tuple[Mask, ...], every_s: float
    ) -> None:
        self._draw, self._until_s, self._slot = draw, until_s, slot
        self._mask, self._every_s = FrameMask(masks), every_s

    def arrivals(self) -> Iterator[Arrival]:
        for at in range(round(self._until_s / self._every_s) + 1):
            time_s = at * self._every_s
            drawn = np.full((48, 64, 3), self._draw(time_s), np.uint8)
            frame = LiveFrame(time_s, av.VideoFrame.from_ndarray(drawn, format="bgr24"), self._mask)
            packet = CodedPacket(TrackKind.VIDEO, b"", time_s, at, at, Fraction(1, 2), is_keyframe=True)
            yield Arrival(packet, (frame,))
            while self._slot.glances or self._slot.waiting:
                time.sleep(0.0005)


def watch_drawn(
    draw: Draw,
    detector: DeployedDetector | Callable[[], DeployedDetector | None] | None,
    *,
    until_s: float,
    demand: LookDemand,
    zones: tuple[Zone, ...] = (),
    masks: tuple[Mask, ...] = (),
    camera_id: str = "c" * 32,
    every_s: float = 0.5,
    poses: DeployedPoses | None = None,
) -> list[SeenLive]:
    """What a connection hands over of such a stream; returns when that has ended."""
    handed = Handed()
    batcher = FeatureBatcher(encode, describe)
    slot = batcher.open_slot()
    camera = WatchedCamera(camera_id, "Desk", parse_source("push:"), zones=zones, masks=masks)
    find = detector if callable(detector) else lambda: detector
    tools = WatchTools(PLAN, batcher, ReachPolicy(), LIMITS, PATIENCE, EVIDENCE, SystemClock(), handed.take, find)
    tools = replace(tools, poses=lambda: poses)
    stream = DrawnStream(draw, until_s, slot, masks, every_s)
    connection = Connection(camera, stream, tools, slot, WatchedMinutes(), lambda: demand)  # type: ignore[arg-type]
    connection.run(lambda _: None, lambda: True)
    while slot.glances or slot.waiting:
        time.sleep(0.0005)
    batcher.close()
    return handed.seen
