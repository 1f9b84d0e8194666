"""Events: what was seen and heard, and when."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.domain.observation import Caption, Detection, Hypothesis, Presence, Transcript

EVENT_EXAMPLE: JsonDict = {
    "id": "8a7d5e3c1b9f4a2d8c6e0f1a2b3c4d5e",
    "clip_id": "3f0b7c5d8e214f6c9a1b2c3d4e5f6071",
    "camera_id": None,
    "occurred_at": "2026-11-22T12:00:00Z",
    "start_s": 0.0,
    "end_s": 2.0,
    "caption": {"text": "two men are fighting near the counter", "score": 0.41},
    "hypotheses": [{"text": "two men are fighting near the counter", "probability": 1.0}],
    "concepts": {"fight": 0.93, "fall": 0.02, "fire": 0.01},
    "concepts_before": {},
    "detections": [
        {
            "label": "person",
            "score": 0.82,
            "box": {"left": 0.21, "top": 0.3, "right": 0.34, "bottom": 0.92},
            "time_s": 1.0,
            "thing": 1,
        },
    ],
    "presence": {
        "looked_since_s": 0.0,
        "labels": ["person", "car", "knife"],
        "things": [
            {
                "number": 1,
                "label": "person",
                "score": 0.82,
                "stays": [{"zone": None, "since_s": 0.0, "until_s": 2.0}],
                "passages": [],
            },
        ],
        "traces": [{"label": "person", "zone": None, "time_s": 2.0, "score": 0.85}],
    },
    "pictured_s": 1.0,
    "transcript": None,
    "zones": {},
    "has_snapshot": True,
    "has_evidence": False,
}


def _observed(name: str) -> AliasPath:
    return AliasPath("observation", name)


IsThere = Annotated[bool, BeforeValidator(lambda key: key is not None)]
"""From the key of a file."""


class EventView(BaseModel):
    """An observation filed under an id, a camera or clip, and a time."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [EVENT_EXAMPLE]})

    id: str
    clip_id: str | None
    camera_id: str | None
    occurred_at: datetime
    start_s: float = Field(description="Where its window starts, in seconds on the footage's clock.")
    end_s: float = Field(description="Where its window ends.")
    caption: Caption = Field(validation_alias=_observed("caption"))
    hypotheses: tuple[Hypothesis, ...] = Field(
        validation_alias=_observed("hypotheses"), description="What else the captioner might have said."
    )
    concepts: Mapping[str, float] = Field(
        validation_alias=_observed("concepts"), description="For each concept the probability that it is seen, 0..1."
    )
    concepts_before: Mapping[str, float] = Field(
        validation_alias=_observed("concepts_before"),
        description="What the model said of those that the camera's calibration has changed.",
    )
    detections: tuple[Detection, ...] = Field(
        validation_alias=_observed("detections"),
        description="What was detected, twice a second; boxes as shares of the picture's width and height. `thing` is "
        "the number of what is one and the same on several frames.",
    )
    presence: Presence | None = Field(
        validation_alias=_observed("presence"),
        description="The things that were there, each followed from frame to frame; null where nobody looked for any.",
    )
    pictured_s: float | None = Field(
        validation_alias=_observed("pictured_s"),
        description="When what the snapshot shows was seen, on the footage's clock: the detections of that time are "
        "its boxes. Null for events of earlier versions.",
    )
    transcript: Transcript | None = Field(
        validation_alias=_observed("transcript"), description="What was said; null when nobody listened."
    )
    zones: Mapping[str, float] = Field(
        validation_alias=_observed("zones"), description="For each zone the share of the moving pixels inside it, 0..1."
    )
    has_snapshot: IsThere = Field(
        validation_alias="snapshot_key", description="Whether GET /events/{id}/snapshot.jpg has a picture."
    )
    has_evidence: IsThere = Field(
        validation_alias="evidence_key",
        description="Whether GET /events/{id}/evidence.mp4 has a clip: of alerts of cameras.",
    )
