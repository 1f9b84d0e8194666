"""What an alert is about, before any channel puts it into words: values, stored with the alert as JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from instantreact.domain.rule import Evidence, Severity


@dataclass(frozen=True)
class RuleMatched:
    """A rule held for what was seen or heard.

    place        the camera's name, or the clip's
    time_zone    of the place, by its IANA name: people read when it occurred by the clock on its wall
    """

    rule: str
    place: str
    caption: str
    evidence: tuple[Evidence, ...]
    occurred_at: datetime
    time_zone: str
    severity: Severity
    kind: Literal["rule_matched"] = "rule_matched"


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
class Written:
    """An alert of a version that kept the words only: they are shown as they were."""

    title: str
    text: str
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    kind: Literal["written"] = "written"


Happening = RuleMatched | CameraLost | CameraBack | ChannelFailing | ChannelMended | Written


@dataclass(frozen=True)
class Notice:
    """What a channel is asked to tell one person.

    alert_id    whom the buttons Acknowledge and False alarm act on
    open_url    where Open leads, None without a public address
    """

    alert_id: str
    happening: Happening
    open_url: str | None = None
