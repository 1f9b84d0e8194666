"""What a rule would have made of the past: of what was filed, in the order in which it happened. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from instantreact.domain.media import Window
from instantreact.domain.rule import Confirmation, Criteria, Evidence
from instantreact.domain.schedule import WeekSchedule
from instantreact.domain.verdict import Outcome
from instantreact.rules.confirm import RecentLooks
from instantreact.rules.match import ask_for, asks_for_score, score_needed

_STEPS = tuple(round(step / 20, 2) for step in range(1, 20))
"""Least scores that are tried for each condition, beside its own."""


@dataclass(frozen=True)
class Trial:
    """A rule to be tried."""

    criteria: Criteria
    confirmation: Confirmation | None
    schedule: WeekSchedule | None
    cooldown_s: float


@dataclass(frozen=True, eq=False)
class Past:
    """An event as a trial sees it.

    place     what has a cooldown of its own: the camera, or the upload
    footage   what has a clock of its own: the connection, or the upload
    measured  what the event says about each condition of the rule
    is_upload  whether it is of an upload, which has an end
    """

    event_id: str
    place: str
    footage: str
    occurred_at: datetime
    zone: ZoneInfo
    window: Window
    measured: tuple[Evidence | None, ...]
    is_upload: bool = False


@dataclass(frozen=True, eq=False)
class Replayed:
    """What the rule came to: the events it would have raised alerts for, and how often it would not, and why."""

    alerts: tuple[tuple[Past, tuple[Evidence, ...]], ...]
    withheld: Counter[Outcome]


@dataclass(frozen=True)
class Threshold:
    """How many alerts there would have been if the condition at this place had asked for another least score."""

    condition: int
    needed: float
    alerts: int
    is_asked: bool


def replay(trial: Trial, past: Sequence[Past]) -> Replayed:
    """What the rule would have made of `past`, which is in the order of time.

    An event of a camera may have grown out of several windows; it counts as one that is as long.
    """
    recent: dict[str, RecentLooks] = {}
    last: dict[str, datetime] = {}
    ends = {event.footage: event.window.index for event in past if event.is_upload}
    alerts, withheld = [], Counter[Outcome]()
    for event in past:
        looks = recent.setdefault(event.footage, RecentLooks())
        is_last = event.is_upload and ends[event.footage] == event.window.index
        found = looks.judge("", trial.criteria, trial.confirmation, event.window, event.measured, is_last=is_last)
        if not found.evidence:
            continue
        against = _find_reason_against(trial, event, last, is_confirmed=found.is_confirmed)
        if against is None:
            last[event.place] = event.occurred_at
            alerts.append((event, found.evidence))
        else:
            withheld[against] += 1
    return Replayed(tuple(alerts), withheld)


def try_thresholds(trial: Trial, past: Sequence[Past], replayed: Replayed) -> Iterator[Threshold]:
    """The same rule with other least scores, one condition at a time, from few to much; what it came to as it is."""
    for at, condition in enumerate(trial.criteria.conditions):
        if not asks_for_score(condition):
            continue
        asked = score_needed(condition)
        for needed in sorted({*_STEPS, asked}):
            if needed == asked:
                yield Threshold(at, needed, len(replayed.alerts), is_asked=True)
                continue
            conditions = list(trial.criteria.conditions)
            conditions[at] = ask_for(condition, needed)
            criteria = replace(trial.criteria, conditions=tuple(conditions))
            alerts = len(replay(replace(trial, criteria=criteria), past).alerts)
            yield Threshold(at, needed, alerts, is_asked=False)


def _find_reason_against(trial: Trial, event: Past, last: dict[str, datetime], *, is_confirmed: bool) -> Outcome | None:
    if not is_confirmed:
        return Outcome.UNCONFIRMED
    if trial.schedule is not None and not trial.schedule.covers(event.occurred_at.astimezone(event.zone)):
        return Outcome.OFF_SCHEDULE
    before = last.get(event.place)
    if before is not None and event.occurred_at - before < timedelta(seconds=trial.cooldown_s):
        return Outcome.COOLDOWN
    return None
