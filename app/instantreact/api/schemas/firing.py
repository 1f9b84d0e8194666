"""When a rule may fire, and what must be seen before it does, as people write it.

Mirrors domain/schedule.py and the confirmations of domain/rule.py.
"""

from datetime import time
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, StringConstraints, TypeAdapter, model_validator

from instantreact.api.schemas.fields import Count, Day, Draft, Flag, Id, Name, Number
from instantreact.domain.schedule import ScheduleDay, WeekSchedule
from instantreact.rules.confirm import MOST_WINDOWS, REACH_S

WEEK_S = 7 * 86_400.0


_SCHEDULE: TypeAdapter[WeekSchedule | None] = TypeAdapter(WeekSchedule | None)


def _write_clock(value: object) -> object:
    return f"{value:%H:%M}" if isinstance(value, time) else value


ClockTime = Annotated[str, StringConstraints(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$"), BeforeValidator(_write_clock)]
"""A time of day such as `22:00`, by the clock of the place."""


class HoursDraft(Draft):
    """A stretch of some days; into the next morning where `end` is not after `start`."""

    model_config = ConfigDict(from_attributes=True)

    days: list[ScheduleDay] = Field(
        min_length=1, max_length=8, description="The days on which it begins; `holiday` is a date among `holidays`."
    )
    start: ClockTime
    end: ClockTime = Field(description="The first minute that is outside; the same as `start` for 24 hours.")


class ScheduleDraft(Draft):
    """When a rule may fire, by the clock of the camera's site, or of the service where it has none."""

    model_config = ConfigDict(from_attributes=True)

    hours: list[HoursDraft] = Field(min_length=1, max_length=50)
    holidays: list[Day] = Field(
        default_factory=list,
        max_length=400,
        description="Dates that are no day of the week: on them only hours of `holiday` begin.",
    )

    @model_validator(mode="after")
    def _check_holidays(self) -> Self:
        if not self.holidays and {day for hours in self.hours for day in hours.days} == {ScheduleDay.HOLIDAY}:
            raise ValueError("its hours are those of holidays, and `holidays` lists none")
        return self


def to_schedule(draft: ScheduleDraft | None) -> WeekSchedule | None:
    """As the domain has it."""
    return _SCHEDULE.validate_python(draft.model_dump(mode="json") if draft else None)


class EscalationStepDraft(Draft):
    """Whom to tell when nobody has answered an alert."""

    model_config = ConfigDict(from_attributes=True)

    after_s: Number = Field(ge=10.0, le=WEEK_S, description="How long after it was raised, in seconds.")
    recipient_ids: list[Id] = Field(min_length=1, max_length=100)
    on_call_since: Day | None = Field(
        None, description="From this date on one of them is told a week, in turn; null for all of them."
    )


class HitsConfirmationDraft(Draft):
    """It must hold in so many of the last windows."""

    kind: Literal["hits"]
    hits: Count = Field(ge=1, le=MOST_WINDOWS)
    of: Count = Field(ge=1, le=MOST_WINDOWS, description="How many windows are looked at, this one included.")

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        if self.hits > self.of:
            raise ValueError(f"asks for {self.hits} windows of only {self.of}")
        return self


class DurationConfirmationDraft(Draft):
    """It must hold without a break for so long."""

    kind: Literal["duration"]
    at_least_s: Number = Field(gt=0.0, le=REACH_S, description="Seconds of footage.")


class MeanConfirmationDraft(Draft):
    """The mean score of its conditions must suffice for so long, and those of the last window too."""

    kind: Literal["mean"]
    over_s: Number = Field(gt=0.0, le=REACH_S, description="Seconds of footage.")


ConfirmationDraft = Annotated[
    HitsConfirmationDraft | DurationConfirmationDraft | MeanConfirmationDraft, Field(discriminator="kind")
]


class SecondLookDraft(Draft):
    """What a second model is asked about a rule's alerts, and what it may do."""

    model_config = ConfigDict(from_attributes=True)

    question: Name | None = Field(
        None, description="Such as: Is somebody lying on the floor? Null for a general question."
    )
    may_reject: Flag | None = Field(
        None,
        description="Whether nobody is told of an alert that it rejects in time; null for what "
        "INSTANTREACT_SECOND_LOOK_MAY_REJECT says, and never where the rule is critical.",
    )
