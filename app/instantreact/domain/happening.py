"""What an alert is about, before any channel puts it into words: values, stored with the alert as JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from instantreact.domain.alert import AlertState, Picture
from instantreact.domain.language import Language
from instantreact.domain.rule import Evidence, Severity
from instantreact.domain.second_look import SecondLook


@dataclass(frozen=True)
class RuleMatched:
    """A rule held for what was seen or heard.

    place        the camera's name, or the clip's
    time_zone    of the place, by its IANA name: people read when it occurred by the clock on its wall
    second_look  what a second model says of it, where its rule asks for that; the caption stays as it was
    things       how many of each label its picture shows
    """

    rule: str
    place: str
    caption: str
    evidence: tuple[Evidence, ...]
    occurred_at: datetime
    time_zone: str
    severity: Severity
    kind: Literal["rule_matched"] = "rule_matched"
    second_look: SecondLook | None = None
    things: Mapping[str, int] = field(default_factory=dict, hash=False)


@dataclass(frozen=True)
class CameraLost:
    """A camera has sent no picture, or too few, since a time; of the time until `as_of` so much was (not) seen."""

    camera: str
    since: datetime
    as_of: datetime
    gap_s: float
    seen_s: float
    reason: str
    time_zone: str
    severity: Severity = Severity.WARNING
    kind: Literal["camera_lost"] = "camera_lost"


@dataclass(frozen=True)
class CameraBack:
    """A camera that was lost sends pictures again."""

    camera: str
    since: datetime
    as_of: datetime
    gap_s: float
    seen_s: float
    time_zone: str
    severity: Severity = Severity.INFO
    kind: Literal["camera_back"] = "camera_back"


@dataclass(frozen=True)
class ChannelFailing:
    """Nothing goes out on a channel until somebody repairs what the reason names."""

    channel: str
    since: datetime
    reason: str
    time_zone: str
    severity: Severity = Severity.CRITICAL
    kind: Literal["channel_failing"] = "channel_failing"


@dataclass(frozen=True)
class ChannelMended:
    """A channel on which nothing went out works again."""

    channel: str
    since: datetime
    time_zone: str
    severity: Severity = Severity.INFO
    kind: Literal["channel_mended"] = "channel_mended"


@dataclass(frozen=True)
class AlertAnswered:
    """Somebody answered an alert that others were told of as well: they need do nothing.

    title      what the alert was about
    raised_at  when it was raised
    """

    title: str
    state: AlertState
    by: str
    raised_at: datetime
    time_zone: str
    severity: Severity = Severity.INFO
    kind: Literal["alert_answered"] = "alert_answered"


@dataclass(frozen=True)
class AlertDoubted:
    """A second look, which came after people were told of an alert, sees something else.

    alert_id  the alert that it was about: whoever answers this answers that
    title     what that was about
    sentence  what is seen, in the words of a model; empty where it did not say
    rejected  whether the model takes it for a false alarm
    """

    alert_id: str
    title: str
    sentence: str
    rejected: bool
    raised_at: datetime
    time_zone: str
    severity: Severity
    kind: Literal["alert_doubted"] = "alert_doubted"


@dataclass(frozen=True)
class DailyReport:
    """How things stand, once a day, so that a quiet day is not taken for a broken one.

    live, lost     how many cameras send pictures; the names of those that should and do not
    alerts, open   how many were raised since `since`, and how many of these nobody has answered
    """

    live: int
    lost: tuple[str, ...]
    alerts: int
    open: int
    since: datetime
    time_zone: str
    severity: Severity = Severity.INFO
    kind: Literal["daily_report"] = "daily_report"


@dataclass(frozen=True)
class IncidentGrew:
    """More happened that belongs to an alert of which people were told.

    alert_id        the alert, which is what they answer
    title, caption  what it was about; what the strongest of what came since looks like
    count           how often something was seen or heard, from `first_at` to `latest_at`
    places, rules   where, and what held, each once, in the order in which they came
    """

    alert_id: str
    title: str
    caption: str
    count: int
    first_at: datetime
    latest_at: datetime
    places: tuple[str, ...]
    rules: tuple[str, ...]
    time_zone: str
    severity: Severity
    kind: Literal["incident_grew"] = "incident_grew"


@dataclass(frozen=True)
class Reminder:
    """A person's chat window shuts at `until` unless they act: then nothing reaches them in this chat."""

    until: datetime
    time_zone: str
    severity: Severity = Severity.INFO
    kind: Literal["reminder"] = "reminder"


@dataclass(frozen=True)
class TrialAlert:
    """Nothing happened: `by` tries whether people are reached. It is critical, so that nothing holds it up."""

    by: str
    time_zone: str
    severity: Severity = Severity.CRITICAL
    kind: Literal["trial_alert"] = "trial_alert"


@dataclass(frozen=True)
class DigestItem:
    """One of the alerts that a digest tells of."""

    title: str
    place: str
    at: datetime


@dataclass(frozen=True)
class Digest:
    """Alerts that were kept for a person and are told in one message, the oldest first; `items` are some of `count`."""

    count: int
    items: tuple[DigestItem, ...]
    time_zone: str
    severity: Severity = Severity.INFO
    kind: Literal["digest"] = "digest"


@dataclass(frozen=True)
class Written:
    """An alert of a version that kept the words only: they are shown as they were."""

    title: str
    text: str
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    kind: Literal["written"] = "written"


Happening = (
    RuleMatched
    | CameraLost
    | CameraBack
    | ChannelFailing
    | ChannelMended
    | AlertAnswered
    | AlertDoubted
    | IncidentGrew
    | Digest
    | DailyReport
    | Reminder
    | TrialAlert
    | Written
)


def asks_for_answer(happening: Happening) -> bool:
    """Whether there is anything to acknowledge; not where people are only told of what was there before."""
    return not isinstance(happening, AlertAnswered | Digest | DailyReport | Reminder)


def find_answered_id(alert_id: str, happening: Happening) -> str:
    """Which alert somebody answers who answers the alert `alert_id`: of a doubt or follow-up, the one that it is of."""
    return happening.alert_id if isinstance(happening, AlertDoubted | IncidentGrew) else alert_id


@dataclass(frozen=True)
class Notice:
    """What a channel is asked to tell one person.

    alert_id    whom the buttons Acknowledge and False alarm act on
    open_url    where Open leads, None without a public address
    picture     what it shows, for a channel that tells all in one message
    language    of the person
    """

    alert_id: str
    happening: Happening
    open_url: str | None = None
    picture: Picture | None = None
    language: Language = Language.ENGLISH
