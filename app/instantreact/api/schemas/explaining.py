"""Why rules did or did not raise alerts, and what a rule would have raised."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.alerts import AlertView
from instantreact.api.schemas.fields import Draft, Moment
from instantreact.api.schemas.rules import RULE_EXAMPLE, RuleDraft
from instantreact.domain.rule import Condition, Evidence
from instantreact.domain.verdict import Outcome
from instantreact.errors import InvalidInput
from instantreact.pipeline.explain import Explanation
from instantreact.pipeline.try_rule import Tried
from instantreact.rules.replay import Past

MOST_SHOWN = 200
LONGEST = timedelta(days=92)
DAY = timedelta(days=1)
_CONCEPT: JsonDict = {"kind": "concept", "concept": "fight", "min_score": 0.6}
_EVENT_ID = "8a7d5e3c1b9f4a2d8c6e0f1a2b3c4d5e"
_EXPLANATION: JsonDict = {
    "rule_id": "b1946ac92492d2347c6235b4d2611184",
    "rule": "A fight at the counter",
    "enabled": True,
    "why": "It held outside of its schedule. Sun 12:00 by the clock of Europe/Berlin is outside of its hours.",
    "holds": True,
    "conditions": [{"condition": _CONCEPT, "score": 0.93, "score_before": None, "needed": 0.6, "holds": True}],
    "outcome": "off_schedule",
    "decided_at": "2026-11-22T11:00:01Z",
    "alert": None,
}


class MeasuredView(BaseModel):
    """What an event says about one condition of a rule."""

    model_config = ConfigDict(from_attributes=True)

    condition: Condition
    score: float | None = Field(description="Null where nothing is known: not heard, or of a bundle that cannot say.")
    score_before: float | None = Field(
        description="What the model said, where the camera's calibration has changed that; else null."
    )
    needed: float | None = Field(description="The least score with which it holds; null where there is none.")
    holds: bool


class ExplanationView(BaseModel):
    """What a rule, as it is now, makes of an event, and what it came to when the event was filed."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXPLANATION]})

    rule_id: str
    rule: str
    enabled: bool
    why: str = Field(description="Why there is an alert, or none, in words.")
    holds: bool = Field(description="Whether its conditions hold, as they are now.")
    conditions: list[MeasuredView]
    outcome: Outcome | None = Field(description="What it came to when it held; null where it did not.")
    decided_at: datetime | None
    alert: AlertView | None

    @classmethod
    def of(cls, found: Explanation) -> Self:
        return cls(
            rule_id=found.rule.id,
            rule=found.rule.name,
            enabled=found.rule.enabled,
            why=found.why,
            holds=found.holds,
            conditions=[MeasuredView.model_validate(each) for each in found.measured],
            outcome=found.verdict.outcome if found.verdict else None,
            decided_at=found.verdict.decided_at if found.verdict else None,
            alert=AlertView.model_validate(found.alert) if found.alert else None,
        )


class EventExplanationView(BaseModel):
    """Why each rule did or did not raise an alert for an event."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event_id": _EVENT_ID, "rules": [_EXPLANATION]}]},
    )

    event_id: str
    rules: list[ExplanationView] = Field(description="Those that watch where it was seen, by name.")


class RuleTestDraft(Draft):
    """A rule, stored or not, and the past that it is tried on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"rule": RULE_EXAMPLE, "since": "2026-11-15T00:00:00Z", "until": "2026-11-22T00:00:00Z"}]
        }
    )

    rule: RuleDraft
    since: Moment | None = Field(None, description="The first moment that counts; null for a week before `until`.")
    until: Moment | None = Field(None, description="The first moment that does not; null for now.")


def refuse_span(since: datetime, until: datetime) -> None:
    """Raise InvalidInput where nothing lies between the two, or too much."""
    if since >= until:
        raise InvalidInput("`until` lies before `since`, or is the same: nothing is between them.")
    if until - since > LONGEST:
        raise InvalidInput(f"More than {LONGEST.days} days lie between `since` and `until`.")


class TriedAlertView(BaseModel):
    """An alert that there would have been."""

    event_id: str
    occurred_at: datetime
    snapshot: str = Field(description="Where its picture is fetched.")
    evidence: tuple[Evidence, ...]

    @classmethod
    def of(cls, event: Past, evidence: tuple[Evidence, ...]) -> Self:
        return cls(
            event_id=event.event_id,
            occurred_at=event.occurred_at,
            snapshot=f"/events/{event.event_id}/snapshot.jpg",
            evidence=evidence,
        )


class ThresholdView(BaseModel):
    """How many alerts there would have been if one condition had asked for another least score."""

    model_config = ConfigDict(from_attributes=True)

    condition: int = Field(description="Its place in the rule, from 0.")
    needed: float
    alerts: int
    is_asked: bool = Field(description="Whether it is what the rule asks for.")


class RuleTestView(BaseModel):
    """What a rule would have come to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-11-15T00:00:00Z",
                    "until": "2026-11-22T00:00:00Z",
                    "events": 1200,
                    "total": 7,
                    "alerts_a_day": 1.0,
                    "withheld": {"cooldown": 3, "off_schedule": 12},
                    "alerts": [
                        {
                            "event_id": _EVENT_ID,
                            "occurred_at": "2026-11-21T22:10:00Z",
                            "snapshot": f"/events/{_EVENT_ID}/snapshot.jpg",
                            "evidence": [],
                        }
                    ],
                    "thresholds": [{"condition": 0, "needed": 0.6, "alerts": 7, "is_asked": True}],
                }
            ]
        }
    )

    since: datetime = Field(description="Later than asked for where there were more events than are looked at.")
    until: datetime
    events: int = Field(description="How many were looked at.")
    total: int = Field(description="How many alerts there would have been.")
    alerts_a_day: float = Field(description="Over the days from the first event on, at least one.")
    withheld: dict[Outcome, int] = Field(description="How often it held and would not have raised one, and why.")
    alerts: list[TriedAlertView] = Field(description=f"The newest {MOST_SHOWN}.")
    thresholds: list[ThresholdView]

    @classmethod
    def of(cls, tried: Tried, until: datetime) -> Self:
        alerts = tried.replayed.alerts
        days = min((until - tried.since) / DAY, max(1.0, (until - tried.first_at) / DAY)) if tried.first_at else 1.0
        return cls(
            since=tried.since,
            until=until,
            events=tried.events,
            total=len(alerts),
            alerts_a_day=round(len(alerts) / days, 3),
            withheld=dict(tried.replayed.withheld),
            alerts=[TriedAlertView.of(*each) for each in reversed(alerts[-MOST_SHOWN:])],
            thresholds=[ThresholdView.model_validate(each) for each in tried.thresholds],
        )
