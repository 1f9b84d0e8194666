"""What the packets of a file say about time, track by track, and how far the file can be read."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

from instantreact.media.clock import MAX_GAP_S, fill_stamps

HOLE_S = 0.1
"""Sound whose stamps are off by less has no hole: containers round them."""


@dataclass(eq=False)
class TrackStamps:
    """The stamps of one track's packets, in the order of the file, in seconds; nan where there is none.

    unit_s   what the packets count
    shown    whether the picture is one to show: an edit list may leave the first ones out
    earlier  how many packets of the picture track come before it in the file
    end_s    where the track ends, None where no packet says
    """

    unit_s: float
    dts: array[float] = field(default_factory=lambda: array("d"))
    pts: array[float] = field(default_factory=lambda: array("d"))
    lengths_s: array[float] = field(default_factory=lambda: array("d"))
    shown: array[int] = field(default_factory=lambda: array("b"))
    earlier: array[int] = field(default_factory=lambda: array("q"))
    end_s: float | None = None

    def add(self, packet: Packet[Stream], earlier: int) -> None:
        dts, pts = packet.dts, packet.pts
        length_s = min(MAX_GAP_S, (packet.duration or 0) * self.unit_s)
        self.dts.append(math.nan if dts is None else dts * self.unit_s)
        self.pts.append(math.nan if pts is None else pts * self.unit_s)
        self.lengths_s.append(length_s)
        self.shown.append(not packet.is_discard)
        self.earlier.append(earlier)
        stamp = dts if pts is None else pts
        if stamp is not None:
            end_s = stamp * self.unit_s + length_s
            self.end_s = end_s if self.end_s is None else max(self.end_s, end_s)

    @property
    def have_dts(self) -> bool:
        """Whether any packet says when it is decoded."""
        return not all(map(math.isnan, self.dts))

    @property
    def are_missing(self) -> bool:
        """Whether no packet says anything."""
        return not self.have_dts and all(map(math.isnan, self.pts))

    @property
    def go_on(self) -> bool:
        """Whether every packet begins where the one before ends; MP4 makes the one before a hole longer."""
        lengths_s = np.array(self.lengths_s)
        lengths_s = np.minimum(lengths_s, np.median(lengths_s))
        return bool((np.abs(np.diff(np.array(self.pts)) - lengths_s[:-1]) <= HOLE_S).all())

    def in_order(self) -> list[float]:
        """A stamp for every packet, ascending as long as the clock goes on."""
        return fill_stamps(self.dts if self.have_dts else self.pts)


def read_stamps(container: InputContainer, picture: Stream) -> Sequence[TrackStamps]:
    """The stamps of every track of the file, as far as it can be read."""
    tracks = [TrackStamps(float(track.time_base or 0)) for track in container.streams]
    pictures = tracks[picture.index]
    try:
        for packet in container.demux():
            if packet.size:
                tracks[packet.stream_index].add(packet, len(pictures.dts))
    except (av.FFmpegError, OSError):
        pass  # what could be read counts
    return tracks
