"""What travels over a wall's web socket: what the client asks for, and what stands before each picture."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Count, Draft, Id, Number

MOST_CAMERAS = 64

_WISH: JsonDict = {"id": "4a8a08f09d37b73795649038408b5f33", "width": 480, "fps": 5}
_PICTURE: JsonDict = {
    "camera_id": "4a8a08f09d37b73795649038408b5f33",
    "number": 4711,
    "age_s": 0.04,
    "motion": 0.012,
}
_PROBLEM: JsonDict = {
    "camera_id": "4a8a08f09d37b73795649038408b5f33",
    "status": 503,
    "detail": "This camera is lost. Nothing listens on port 554.",
}


class WallWish(Draft):
    """One camera on a wall."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"examples": [_WISH]})

    id: Id
    width: Annotated[Count, Field(ge=1, le=1920)] = Field(
        640, description="Pixels across; the next of 160, 320, 480, 640, 960, 1280, 1920 is sent, never enlarged."
    )
    fps: Annotated[Number, Field(ge=0.1, le=10)] = Field(5.0, description="At most so many pictures a second.")


class WallDraft(Draft):
    """What a client says, as text: all cameras that it wants to see from now on; none where nobody looks."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cameras": [_WISH]}]})

    cameras: Annotated[list[WallWish], Field(max_length=MOST_CAMERAS)]


class WallPictureView(BaseModel):
    """What stands before the JPEG in a binary message, behind two bytes (big-endian) that say how long it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PICTURE]})

    camera_id: str
    number: int = Field(description="Another one for each picture.")
    age_s: float = Field(description="How long ago the service had it from the camera, when it was sent.")
    motion: float = Field(
        description="The share of the picture (or of its zones) that moved just before, 0..1, as far as the camera's "
        "sensitivity lets it count."
    )


class WallProblemView(BaseModel):
    """Said once, as text, when a camera has no pictures; with the next picture it is over."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PROBLEM]})

    camera_id: str
    status: int = Field(description="As its snapshot would be answered: 404, 409 (disabled) or 503.")
    detail: str
