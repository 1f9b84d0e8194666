"""Clips, and what /analyze answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.events import EVENT_EXAMPLE, EventView
from instantreact.api.schemas.fields import Draft, Id, RecordedAt
from instantreact.domain.alert import Notify
from instantreact.domain.media import ClipInfo, ClipState, Listening

CLIP_EXAMPLE: JsonDict = {
    "id": "3f0b7c5d8e214f6c9a1b2c3d4e5f6071",
    "state": "analyzed",
    "progress": 1.0,
    "position": None,
    "estimate_s": None,
    "listening": "done",
    "warning": None,
    "error": None,
    "filename": "door.mp4",
    "size_bytes": 482113,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "camera_id": None,
    "recorded_at": None,
    "notify": "auto",
    "submitted_at": "2026-11-22T12:00:00Z",
    "analyzed_at": "2026-11-22T12:00:01Z",
    "info": {
        "container": "mp4",
        "video_codec": "h264",
        "duration_s": 2.0,
        "width": 640,
        "height": 360,
        "fps": 25.0,
        "has_audio": True,
        "rotation_deg": 0,
    },
    "timings_ms": {"decode": 61.0, "features": 240.0, "caption": 85.0, "total": 410.0},
}


class ClipDraft(Draft):
    """The fields beside the file of a submission."""

    camera_id: Id | None = Field(None, description="The camera that recorded it.")
    recorded_at: RecordedAt | None = Field(None, description="When its first frame was recorded, with a time zone.")
    notify: Notify = Field(Notify.AUTO, description="Whether it may raise alerts; auto: not if over ten minutes old.")


class ClipView(BaseModel):
    """A stored, bounded video file and how far its analysis is."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [CLIP_EXAMPLE]})

    id: str
    state: ClipState
    progress: float = Field(description="How much of it is analyzed, 0..1.")
    position: int | None = Field(
        None, description="0 while it is analyzed, 1 when it is next, and so on; null when it does not wait."
    )
    estimate_s: float | None = Field(
        None, description="Seconds until its analysis is done, by how fast the latest were; null while nobody can say."
    )
    listening: Listening = Field(description="How far the listening to its sound is, which follows the analysis.")
    warning: str | None = Field(description="What of it could not be used, in words.")
    error: str | None = Field(description="Why its analysis failed, in words.")
    filename: str = Field(description="What the sender called it; a label, nothing more.")
    size_bytes: int
    sha256: str
    camera_id: str | None
    recorded_at: datetime | None
    notify: Notify
    submitted_at: datetime
    analyzed_at: datetime | None
    info: ClipInfo | None = Field(description="What probing found.")
    timings_ms: dict[str, float] = Field(description="How long the stages of its analysis took.")


class AnalysisView(BaseModel):
    """A clip and what was seen and heard in it so far."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"clip": CLIP_EXAMPLE, "events": [EVENT_EXAMPLE]}]})

    clip: ClipView
    events: list[EventView] = Field(
        description="Those that there are, in the order of their windows; a failed clip keeps those from before."
    )
