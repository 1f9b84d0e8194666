"""Alerts, deliveries and what a channel answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertState(StrEnum):
    """Where an alert stands."""

    RAISED = "raised"
    ACKNOWLEDGED = "acknowledged"
    DISMISSED = "dismissed"


class DeliveryState(StrEnum):
    """Where a delivery, or one part of it, stands.

    held: kept until the recipient opens the window again, or their quiet hours end. digested: told in a digest, in a
    sentence among others. refused: the channel will never take it.
    buried: given up after the last try; can be run again.
    """

    PENDING = "pending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    HELD = "held"
    DIGESTED = "digested"
    REFUSED = "refused"
    BURIED = "buried"


class PartKind(StrEnum):
    """The parts of a delivery, in the order they are sent."""

    TEXT = "text"
    PICTURE = "picture"


class ChannelKind(StrEnum):
    """How a recipient is reached."""

    MESSENGER = "messenger"
    CONSOLE = "console"
    TELEGRAM = "telegram"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    MQTT = "mqtt"
    WEBPUSH = "webpush"


class AnswerKind(StrEnum):
    """What a person says about an alert."""

    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"


@dataclass(frozen=True)
class Answer:
    """A person's answer to an alert."""

    kind: AnswerKind
    alert_id: str


class Notify(StrEnum):
    """Whether a clip may raise alerts: auto means not for footage older than ten minutes."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True)
class Picture:
    """The second part of a delivery: a JPEG."""

    jpeg: bytes
    filename: str = "snapshot.jpg"


@dataclass(frozen=True)
class Receipt:
    """What the channel answered when it accepted a part; `by_template`: the chat window is shut all the same."""

    message_id: str
    accepted_at: datetime
    by_template: bool = False
