"""Cameras as they are now, and what opening one found."""

from base64 import b64encode
from dataclasses import replace
from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.addresses import Login
from instantreact.api.redaction import complete_source
from instantreact.api.schemas.fields import Draft, Password, Source, Username
from instantreact.domain.camera import CameraState
from instantreact.media import source as media
from instantreact.media.open_stream import ReadAs, StreamInfo
from instantreact.media.source import parse_source
from instantreact.storage.tables import CameraLease

LIVE_EXAMPLE: JsonDict = {
    "state": "live",
    "since": "2026-11-22T12:00:00Z",
    "last_frame_at": "2026-11-22T12:05:00Z",
    "fps": 15.0,
    "windows_analyzed": 120,
    "windows_dropped": 0,
    "failures": 0,
    "last_error": None,
}
_PROBE: JsonDict = {
    "read_as": "rtsp_tcp",
    "video_codec": "h264",
    "width": 640,
    "height": 360,
    "fps": 15.0,
    "audio_codec": "aac",
    "snapshot": "data:image/jpeg;base64,/9j/4AAQ",
}


class LiveView(BaseModel):
    """How the watching of a camera goes, about a second ago at most."""

    model_config = ConfigDict(json_schema_extra={"examples": [LIVE_EXAMPLE]})

    state: CameraState = Field(description="idle: enabled, but no process watches it. stopped: it is disabled.")
    since: datetime | None = Field(description="When the state began; null when it was never watched.")
    last_frame_at: datetime | None = Field(description="When the last picture came.")
    fps: float = Field(description="Pictures a second that come in.")
    windows_analyzed: int = Field(description="Windows that were captioned since this process watches it.")
    windows_dropped: int = Field(description="Windows that were not, because the machine was too slow.")
    failures: int = Field(description="Connections in a row that gave no picture.")
    last_error: str | None = Field(description="Why it is lost, in words.")

    @classmethod
    def of(cls, lease: CameraLease | None, *, enabled: bool, now: datetime) -> Self:
        """From the camera's lease; one that has run out says that nobody watches."""
        report = lease.report if lease else {}
        is_leased = lease is not None and lease.lease_until > now
        return cls(
            state=_find_state(lease if is_leased else None, enabled=enabled),
            since=lease.state_since if lease else None,
            last_frame_at=lease.last_frame_at if lease else None,
            fps=report.get("fps", 0.0) if is_leased else 0.0,
            windows_analyzed=int(report.get("windows_analyzed", 0)),
            windows_dropped=int(report.get("windows_dropped", 0)),
            failures=int(report.get("failures", 0)),
            last_error=lease.last_error if lease else None,
        )


class ProbeDraft(Draft):
    """A source to be tried."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"source": "rtsp://user:password@192.168.1.20/stream1"}]})

    source: Source = Field(description="The address of a camera, with user and password.")
    username: Username | None = Field(None, repr=False, description="Instead of the one in the source.")
    password: Password | None = Field(None, repr=False, description="Instead of the one in the source.")

    def to_source(self) -> media.Source:
        """With all that is said. Raises InvalidInput."""
        address, login = complete_source(self.source, Login(self.username, self.password))
        return replace(parse_source(address), login=login)


class ProbeView(BaseModel):
    """What a source sends."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROBE]})

    read_as: ReadAs = Field(description="jpeg_snapshots: one picture each time that the address is asked.")
    video_codec: str
    width: int
    height: int
    fps: float = Field(description="As the camera declares it; 0 when it does not.")
    audio_codec: str | None = Field(description="null when it sends no sound.")
    snapshot: str = Field(description="Its first picture, as a data URL.")

    @classmethod
    def of(cls, found: StreamInfo) -> Self:
        """From what was found."""
        return cls(
            read_as=found.read_as,
            video_codec=found.video_codec,
            width=found.width,
            height=found.height,
            fps=round(found.fps, 3),
            audio_codec=found.audio_codec,
            snapshot=f"data:image/jpeg;base64,{b64encode(found.snapshot_jpeg).decode()}",
        )


def _find_state(lease: CameraLease | None, *, enabled: bool) -> CameraState:
    if lease is None:
        return CameraState.IDLE if enabled else CameraState.STOPPED
    return lease.state
