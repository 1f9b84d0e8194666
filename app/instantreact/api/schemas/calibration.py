"""What a camera has learned from what people answered to its alerts."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Flag
from instantreact.domain.lesson import Lesson
from instantreact.rules.calibrate import learn_shift, read_score

SHOWN_SCORES = (0.5, 0.6, 0.7, 0.8, 0.9)
_TAP: JsonDict = {
    "alert_id": "b026324c6904b2a9cb4b88d6d61c81d1",
    "at": "2026-11-22T12:01:00Z",
    "score": 0.71,
    "needed": 0.5,
    "is_false": True,
}
_CALIBRATION: JsonDict = {
    "camera_id": "d8e8fca2dc0f896fd7cb4cb0031ba249",
    "adapts": True,
    "concepts": [
        {
            "concept": "fight",
            "false_alarms": 1,
            "confirmed": 0,
            "since": "2026-11-22T12:01:00Z",
            "shift": 0.35,
            "reads": [{"score": 0.5, "read_as": 0.413}, {"score": 0.9, "read_as": 0.864}],
            "taps": [_TAP],
        }
    ],
}


class CalibrationDraft(Draft):
    """Whether a camera is to learn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"adapts": False}]})
    read_only: ClassVar[frozenset[str]] = frozenset({"camera_id", "concepts"})

    adapts: Flag = Field(description="False: it learns nothing more, and its scores are read as the model says them.")


class TapView(BaseModel):
    """One answer to an alert that taught the camera something."""

    model_config = ConfigDict(from_attributes=True)

    alert_id: str
    at: datetime
    score: float = Field(description="What the model had said.")
    needed: float = Field(description="What the rule asked for.")
    is_false: bool = Field(description="A false alarm; otherwise somebody took care of it.")


class ReadScoreView(BaseModel):
    """What a score of the model is read as here, now."""

    score: float
    read_as: float


class LearnedView(BaseModel):
    """What a camera has learned about one concept."""

    concept: str
    false_alarms: int
    confirmed: int = Field(description="Alerts that somebody took care of.")
    since: datetime = Field(description="When the first of these answers was given.")
    shift: float = Field(description="By how much the log-odds of its scores fall now, at most 1.")
    reads: list[ReadScoreView]
    taps: list[TapView] = Field(description="The newest first, at most 50.")

    @classmethod
    def of(cls, concept: str, lessons: Sequence[Lesson], *, adapts: bool, now: datetime) -> Self:
        """From what was answered, at least once; where the camera does not adapt, scores are read as they are."""
        shift = learn_shift(lessons, now=now) if adapts else 0.0
        newest = sorted(lessons, key=lambda each: (each.at, each.alert_id), reverse=True)
        false_alarms = sum(each.is_false for each in lessons)
        return cls(
            concept=concept,
            false_alarms=false_alarms,
            confirmed=len(lessons) - false_alarms,
            since=newest[-1].at,
            shift=round(shift, 3),
            reads=[ReadScoreView(score=each, read_as=round(read_score(each, shift), 3)) for each in SHOWN_SCORES],
            taps=[TapView.model_validate(each) for each in newest],
        )


class CalibrationView(BaseModel):
    """How a camera's scores are read, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [_CALIBRATION]})

    camera_id: str
    adapts: bool = Field(description="Whether it learns, and what it learned counts.")
    concepts: list[LearnedView] = Field(description="Those about which it has learned something, by name.")
