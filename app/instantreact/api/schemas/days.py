"""A day of a camera, as its timeline is drawn."""

from datetime import date as Date  # noqa: N812 a field is called date
from datetime import datetime
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AliasPath, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.pages import Page, PageRequest
from instantreact.channels.words import compose_title
from instantreact.domain.alert import AlertState
from instantreact.domain.minutes import UNKNOWN, GapReason, keep_longest
from instantreact.domain.rule import Severity
from instantreact.storage.days import CameraDay, DayLimits
from instantreact.storage.paging import Cursor

MAX_GAPS = 500
_EVENTS, _ALERTS = PageRequest(None, limit=500), PageRequest(None, limit=200)
DAY_LIMITS = DayLimits(_EVENTS.fetch, _ALERTS.fetch)
"""What is to be read of a day, so that its answer stays small."""

_ALERT_ID = "0cc175b9c0f1b6a831c399e269772661"
_EVENT: JsonDict = {
    "id": "8a7d5e3c1b9f4a2d8c6e0f1a2b3c4d5e",
    "occurred_at": "2026-11-26T23:01:20Z",
    "duration_s": 12.0,
    "caption": "two men are fighting near the counter",
    "has_snapshot": True,
    "has_evidence": True,
    "severity": "critical",
    "alert_id": _ALERT_ID,
}
_ALERT: JsonDict = {
    "id": _ALERT_ID,
    "event_id": _EVENT["id"],
    "rule_id": "b1946ac92492d2347c6235b4d2611184",
    "raised_at": "2026-11-26T23:01:22Z",
    "state": "raised",
    "title": "A fight at the counter",
    "severity": "critical",
}
_GAP: JsonDict = {"since": "2026-11-26T23:02:41Z", "until": "2026-11-26T23:03:00Z", "reason": "lost"}
_EXAMPLE: JsonDict = {
    "camera_id": "d8e8fca2dc0f896fd7cb4cb0031ba249",
    "date": "2026-11-27",
    "time_zone": "Europe/Paris",
    "since": "2026-11-26T23:00:00Z",
    "until": "2026-11-27T23:00:00Z",
    "as_of": "2026-11-26T23:03:30Z",
    "known_from": "2026-11-20T08:15:00Z",
    "motion_permille": [0, 143, 12, 0],
    "moving_s": [0, 21, 3, 0],
    "seen_s": [60, 60, 41, 30],
    "events_in_minute": [0, 1, 0, 0],
    "gaps": [_GAP],
    "gaps_left_out": 0,
    "events": {"items": [_EVENT], "next": None},
    "alerts": {"items": [_ALERT], "next": None},
}


class GapView(BaseModel):
    """A time in which nothing was seen."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_GAP]})

    since: datetime
    until: datetime
    reason: GapReason | None = Field(
        description="lost: it was watched, and no picture came. off: it was disabled, or not there yet. null: nothing "
        "is known of it; no process watched it, or it is not kept (any more)."
    )


class DayEventView(BaseModel):
    """What a timeline shows of an event."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EVENT]})

    id: str
    occurred_at: datetime
    duration_s: float
    caption: str
    has_snapshot: bool
    has_evidence: bool
    severity: Severity | None = Field(description="Of its most severe alert; null where it raised none.")
    alert_id: str | None = Field(description="That alert.")


class DayAlertView(BaseModel):
    """What a timeline shows of an alert."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_ALERT]})

    id: str
    event_id: str | None
    rule_id: str | None
    raised_at: datetime
    state: AlertState
    title: Annotated[str, BeforeValidator(compose_title)] = Field(validation_alias=AliasPath("happening"))
    severity: Severity = Field(validation_alias=AliasPath("happening", "severity"))


class DayView(BaseModel):
    """A day of a camera as far as it has passed: 1380 to 1500 minutes where its clock is changed in it."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    camera_id: str
    date: Date
    time_zone: str = Field(description="By whose clock it is this day.")
    since: datetime = Field(description="When the day begins.")
    until: datetime = Field(description="When it ends.")
    as_of: datetime = Field(description="What was seen after this is not told yet; `until` of a day that is over.")
    known_from: datetime | None = Field(
        description="The camera's first minute that is kept: before it nobody watched, or what was seen is too old."
    )
    motion_permille: list[int] = Field(
        description="For each minute from `since` to `as_of`: the largest share that moved at once, 0..1000, of the "
        "picture, or of the camera's zones together where it has any."
    )
    moving_s: list[int] = Field(description="Likewise: in how many of its seconds something moved.")
    seen_s: list[int] = Field(description="Likewise: in how many of its seconds the camera was seen.")
    events_in_minute: list[int] = Field(description="Likewise: how many events occurred, listed below or not.")
    gaps: list[GapView] = Field(description="When nothing was seen, in order, to the second.")
    gaps_left_out: int = Field(description="How many shorter ones are not listed because there are too many.")
    events: Page[DayEventView] = Field(
        description="The newest first. Pass `next` as `after` to GET /events, with camera_id, since and until, for "
        "those before."
    )
    alerts: Page[DayAlertView] = Field(description="Raised in the day, the newest first; likewise with GET /alerts.")

    @classmethod
    def of(cls, camera_id: str, date: Date, zone: ZoneInfo, day: CameraDay) -> Self:
        """From what was read; of events and alerts one more than is shown, where there are more."""
        minutes = [day.minutes.get(minute, UNKNOWN) for minute in day.passed]
        gaps = keep_longest(day.gaps, MAX_GAPS)
        return cls(
            camera_id=camera_id,
            date=date,
            time_zone=zone.key,
            since=day.span[0],
            until=day.span[1],
            as_of=day.as_of,
            known_from=day.known_from,
            motion_permille=[minute.motion_permille for minute in minutes],
            moving_s=[minute.moving.bit_count() for minute in minutes],
            seen_s=[minute.seen.bit_count() for minute in minutes],
            events_in_minute=[day.event_counts.get(minute, 0) for minute in day.passed],
            gaps=[GapView.model_validate(gap) for gap in gaps],
            gaps_left_out=len(day.gaps) - len(gaps),
            events=_EVENTS.cut(day.events, DayEventView.model_validate, lambda each: Cursor(each.occurred_at, each.id)),
            alerts=_ALERTS.cut(day.alerts, DayAlertView.model_validate, lambda each: Cursor(each.raised_at, each.id)),
        )
