"""Every table. A thing stored under an id has one class, here."""

from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Text,
    UniqueConstraint,
    event,
    false,
    text,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from instantreact.domain.alert import AlertState, ChannelKind, DeliveryState, Notify, PartKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.camera import CameraState, Mask, SpeechMode, Zone
from instantreact.domain.erasure import ErasureKind, ErasureStage, Person
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.happening import Happening
from instantreact.domain.job import JobState
from instantreact.domain.language import Language
from instantreact.domain.media import ClipInfo, ClipState, Listening
from instantreact.domain.observation import Observation
from instantreact.domain.principal import PrincipalKind, Scope
from instantreact.domain.retention import KeptKind
from instantreact.domain.rule import Confirmation, Criteria, Severity
from instantreact.domain.schedule import WeekSchedule
from instantreact.domain.second_look import LookRequest
from instantreact.domain.user import Role
from instantreact.domain.verdict import Outcome
from instantreact.storage.types import UTCDateTime, Value, WordSet, enum_text


def new_id() -> str:
    """A fresh random id, 32 hexadecimal digits."""
    return uuid4().hex


LONG = BigInteger().with_variant(Integer, "sqlite")
"""Beyond 2 GB: SQLite's integers are long anyway."""


class Base(DeclarativeBase):
    """Names constraints, so that migrations can drop them on every engine."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Site(Base):
    """The place that cameras belong to; without a time zone it has the service's."""

    __tablename__ = "sites"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    time_zone: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_sites_created", "created_at", "id"),)


class Camera(Base):
    """A configured video source, enabled or not."""

    __tablename__ = "cameras"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[str | None] = mapped_column(ForeignKey("sites.id"), index=True)
    source: Mapped[str] = mapped_column(Text)  # this and the login are encrypted by storage.cameras
    username: Mapped[str | None] = mapped_column(Text)
    password: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(default=True)
    speech: Mapped[SpeechMode | None] = mapped_column(enum_text(SpeechMode))  # None: the service's setting
    sensitivity: Mapped[float] = mapped_column(default=0.5)
    zones: Mapped[tuple[Zone, ...]] = mapped_column(Value(tuple[Zone, ...]), default=())
    masks: Mapped[tuple[Mask, ...]] = mapped_column(Value(tuple[Mask, ...]), default=())
    adapts: Mapped[bool] = mapped_column(default=True, server_default=true())  # to what people answer to its alerts
    position: Mapped[int | None]  # among the cameras on a wall, from 1; None: behind those that have one
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    site: Mapped[Site | None] = relationship(lazy="joined")


class CameraLease(Base):
    """Which process watches a camera, until when, and how it is going."""

    __tablename__ = "camera_leases"
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)
    owner: Mapped[str]
    owner_address: Mapped[str | None]
    lease_until: Mapped[datetime] = mapped_column(UTCDateTime, index=True)
    state: Mapped[CameraState] = mapped_column(enum_text(CameraState), default=CameraState.IDLE)
    state_since: Mapped[datetime] = mapped_column(UTCDateTime)
    last_frame_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_error: Mapped[str | None] = mapped_column(Text)
    report: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    outage_since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    outage_is_told: Mapped[bool] = mapped_column(default=False, server_default=false())


class CameraMinute(Base):
    """What is known of one minute of a camera, numbered from 1970 on (UTC): bit n of a number is the minute's second n.

    watched          a process watched it, whether pictures came or not
    seen, moving     pictures came; something moved in them
    motion_permille  the largest share that moved at once, of the picture or of its zones together
    """

    __tablename__ = "camera_minutes"
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)
    minute: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    watched: Mapped[int] = mapped_column(LONG)
    seen: Mapped[int] = mapped_column(LONG)
    moving: Mapped[int] = mapped_column(LONG)
    motion_permille: Mapped[int]
    __table_args__ = ({"sqlite_with_rowid": False},)


class CameraPause(Base):
    """A time in which a camera is disabled; `until` None: it still is."""

    __tablename__ = "camera_pauses"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_camera_pauses_of_camera", "camera_id", "since"),)


class Clip(Base):
    """One stored, bounded video file. `identity` is sha256, camera and time recorded: the same again is this clip."""

    __tablename__ = "clips"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    identity: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str]
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="SET NULL"))
    recorded_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    filename: Mapped[str] = mapped_column(Text)
    size_bytes: Mapped[int] = mapped_column(LONG)
    blob_key: Mapped[str | None] = mapped_column(index=True)  # None once the file's time is over
    notify: Mapped[Notify] = mapped_column(enum_text(Notify))
    state: Mapped[ClipState] = mapped_column(enum_text(ClipState), default=ClipState.STORED)
    progress: Mapped[float] = mapped_column(default=0.0)
    warning: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    info: Mapped[ClipInfo | None] = mapped_column(Value(ClipInfo))
    timings_ms: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
    submitted_at: Mapped[datetime] = mapped_column(UTCDateTime)
    analyzed_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    listening: Mapped[Listening] = mapped_column(enum_text(Listening), default=Listening.PENDING)
    __table_args__ = (
        Index("ix_clips_submitted", "submitted_at", "id"),
        Index("ix_clips_of_camera", "camera_id", "submitted_at", "id"),
        Index("ix_clips_in_state", "state", "submitted_at", "id"),
    )


class Event(Base):
    """An observation filed under an id, a camera or clip, and a time."""

    __tablename__ = "events"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    clip_id: Mapped[str | None] = mapped_column(ForeignKey("clips.id", ondelete="CASCADE"), index=True)
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="SET NULL"))
    connection: Mapped[str | None]  # one opening of a stream; None for clips
    window_index: Mapped[int]
    start_s: Mapped[float]
    end_s: Mapped[float]
    occurred_at: Mapped[datetime] = mapped_column(UTCDateTime)
    observation: Mapped[Observation] = mapped_column(Value(Observation))
    caption: Mapped[str] = mapped_column(Text)
    speech: Mapped[str] = mapped_column(Text, default="")
    words: Mapped[tuple[str, ...]] = mapped_column(
        WordSet, default=(), server_default="", deferred=True
    )  # what it is found by
    snapshot_key: Mapped[str | None] = mapped_column(index=True)
    evidence_key: Mapped[str | None] = mapped_column(index=True)  # the clip cut from a stream around an alerted event
    evidence_since: Mapped[datetime | None] = mapped_column(UTCDateTime)  # what that shows; None: an earlier version's
    evidence_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    __table_args__ = (
        UniqueConstraint("clip_id", "window_index"),
        UniqueConstraint("camera_id", "connection", "window_index"),
        Index("ix_events_occurred", "occurred_at", "id"),
        Index("ix_events_of_camera", "camera_id", "occurred_at", "id"),
        *(
            Index(f"ix_events_with_{what}", "occurred_at", "id", sqlite_where=text(there), postgresql_where=text(there))
            for what, there in (("snapshot", "snapshot_key IS NOT NULL"), ("speech", "speech <> ''"))
        ),
    )


class Utterance(Base):
    """Sound of somebody speaking near a camera, and what was seen then: kept until it is recognised."""

    __tablename__ = "utterances"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), index=True)
    connection: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(UTCDateTime)  # when the stream's clock stood at zero
    observation: Mapped[Observation] = mapped_column(Value(Observation))
    sound_key: Mapped[str] = mapped_column(index=True)
    snapshot_key: Mapped[str] = mapped_column(index=True)
    ended_at: Mapped[datetime] = mapped_column(UTCDateTime, index=True)


class SpeechUse(Base):
    """How much of a camera's sound Wit.ai was asked about on one day (UTC, as in 2026-11-27)."""

    __tablename__ = "speech_use"
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    utterances: Mapped[int]
    seconds: Mapped[float]


class SecondLookUse(Base):
    """How many second looks were asked for in one hour (UTC, as in 2026-11-27T13)."""

    __tablename__ = "second_look_use"
    hour: Mapped[str] = mapped_column(primary_key=True)
    looks: Mapped[int]


class AnsweredUtterance(Base):
    """What a recogniser answered about one utterance of a clip, while others of the clip have no answer yet.

    asked   a digest of who was asked, and for which phrases
    answer  encrypted: it may hold more than what may be kept
    """

    __tablename__ = "answered_utterances"
    clip_id: Mapped[str] = mapped_column(ForeignKey("clips.id", ondelete="CASCADE"), primary_key=True)
    asked: Mapped[str] = mapped_column(primary_key=True)
    start_ms: Mapped[int] = mapped_column(primary_key=True)
    answer: Mapped[str] = mapped_column(Text)


class Rule(Base):
    """A named reaction to what is seen and heard."""

    __tablename__ = "rules"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    criteria: Mapped[Criteria] = mapped_column(Value(Criteria))
    camera_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # None: every camera and upload
    recipient_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # None: every recipient
    severity: Mapped[Severity] = mapped_column(enum_text(Severity), default=Severity.WARNING)
    cooldown_s: Mapped[float] = mapped_column(default=60.0)
    escalation: Mapped[tuple[EscalationStep, ...]] = mapped_column(
        Value(tuple[EscalationStep, ...]), default=(), server_default="[]"
    )
    schedule: Mapped[WeekSchedule | None] = mapped_column(Value(WeekSchedule))  # None: at any time
    confirmation: Mapped[Confirmation | None] = mapped_column(Value(Confirmation))  # None: one window is enough
    second_look: Mapped[LookRequest | None] = mapped_column(Value(LookRequest))  # None: no look
    enabled: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Verdict(Base):
    """What became of a rule whose conditions held for an event, and why.

    One that raised an alert, or is part of one, names it; all that an alert has together are its incident.
    """

    __tablename__ = "verdicts"
    event_id: Mapped[str] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), primary_key=True)
    rule_id: Mapped[str] = mapped_column(ForeignKey("rules.id", ondelete="CASCADE"), primary_key=True, index=True)
    outcome: Mapped[Outcome] = mapped_column(enum_text(Outcome))
    why: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime] = mapped_column(UTCDateTime)
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alerts.id", ondelete="SET NULL"), index=True)
    score: Mapped[float | None]  # of the strongest evidence
    is_told: Mapped[bool] = mapped_column(default=True, server_default=true())  # no follow-up has to tell of it
    event: Mapped["Event"] = relationship(viewonly=True)


class Recipient(Base):
    """Whom to tell, how, and until when Messenger lets us."""

    __tablename__ = "recipients"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    channel: Mapped[ChannelKind] = mapped_column(enum_text(ChannelKind))
    address: Mapped[str]
    enabled: Mapped[bool] = mapped_column(default=True)
    window_open_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    unreachable_reason: Mapped[str | None] = mapped_column(Text)
    opted_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    opted_out_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    quiet_hours: Mapped[WeekSchedule | None] = mapped_column(Value(WeekSchedule))  # None: they are told at any time
    time_zone: Mapped[str | None]  # whose clock they go by; None: the service's
    fallback_id: Mapped[str | None]  # who is told instead where the channel does not reach them; often themselves
    report_at: Mapped[str | None]  # such as 08:00, when they want to know daily how things stand
    language: Mapped[Language | None] = mapped_column(enum_text(Language))  # None: the service's setting
    helped_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when they were last told which words work
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (UniqueConstraint("channel", "address"),)


class Invitation(Base):
    """Lets one person become a recipient by a link or, for a shorter time, by a code; the link is kept as its hash."""

    __tablename__ = "invitations"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    channel: Mapped[ChannelKind] = mapped_column(enum_text(ChannelKind))
    language: Mapped[Language | None] = mapped_column(enum_text(Language))
    token_sha256: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str | None]  # until it was used, or guessed at too often
    code_expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    wrong_codes: Mapped[int] = mapped_column(default=0)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    recipient_id: Mapped[str | None] = mapped_column(ForeignKey("recipients.id", ondelete="SET NULL"))


class Mute(Base):
    """A rule, a camera or, without either, everything is quiet until a time, for one recipient or for everybody."""

    __tablename__ = "mutes"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    rule_id: Mapped[str | None] = mapped_column(ForeignKey("rules.id", ondelete="CASCADE"))
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    recipient_id: Mapped[str | None] = mapped_column(ForeignKey("recipients.id", ondelete="CASCADE"))
    until: Mapped[datetime] = mapped_column(UTCDateTime)
    made_by: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_mutes_created", "created_at", "id"),)


class ChannelFault(Base):
    """A channel on which nothing goes out until it works; meanwhile only one delivery tries it.

    Until it is open it is a count of failures without success in between, and keeps nobody waiting.
    """

    __tablename__ = "channel_faults"
    channel: Mapped[ChannelKind] = mapped_column(enum_text(ChannelKind), primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(Text)
    trial_id: Mapped[str | None]  # the delivery that may try
    tried_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when the last one failed
    failures: Mapped[int] = mapped_column(default=0, server_default="0")
    is_open: Mapped[bool] = mapped_column(default=True, server_default=true())
    is_over: Mapped[bool] = mapped_column(default=False)  # something got through since


class TemplateFault(Base):
    """A template that a channel does not take, as it is called there with its language."""

    __tablename__ = "template_faults"
    channel: Mapped[ChannelKind] = mapped_column(enum_text(ChannelKind), primary_key=True)
    template: Mapped[str] = mapped_column(primary_key=True)
    since: Mapped[datetime] = mapped_column(UTCDateTime)
    tried_at: Mapped[datetime] = mapped_column(UTCDateTime)
    reason: Mapped[str] = mapped_column(Text)


class Alert(Base):
    """The decision to tell people. A system alert has no rule and no event, but a `system_key`."""

    __tablename__ = "alerts"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    rule_id: Mapped[str | None] = mapped_column(ForeignKey("rules.id", ondelete="SET NULL"))
    event_id: Mapped[str | None] = mapped_column(ForeignKey("events.id", ondelete="CASCADE"), index=True)
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="SET NULL"))
    system_key: Mapped[str | None] = mapped_column(unique=True)
    happening: Mapped[Happening] = mapped_column(Value(Happening))
    state: Mapped[AlertState] = mapped_column(enum_text(AlertState), default=AlertState.RAISED)
    escalated: Mapped[int] = mapped_column(default=0, server_default="0")  # how many steps were taken
    raised_at: Mapped[datetime] = mapped_column(UTCDateTime)
    answered_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    answered_by: Mapped[str | None]
    untold_reason: Mapped[str | None] = mapped_column(Text)  # why nobody was told, where that is somebody's choice
    grew_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when something more became part of it
    followed_up_at: Mapped[datetime | None] = mapped_column(UTCDateTime)  # when people were told so
    event: Mapped[Event | None] = relationship()
    verdicts: Mapped[list[Verdict]] = relationship(viewonly=True, lazy="raise")
    deliveries: Mapped[list["Delivery"]] = relationship(
        back_populates="alert", order_by="Delivery.created_at, Delivery.id", passive_deletes=True
    )
    __table_args__ = (
        UniqueConstraint("rule_id", "event_id"),
        Index("ix_alerts_raised", "raised_at", "id"),
        Index("ix_alerts_of_camera", "camera_id", "raised_at", "id"),
        Index("ix_alerts_of_rule", "rule_id", "raised_at", "id"),
        Index("ix_alerts_in_state", "state", "raised_at", "id"),
    )


class Tap(Base):
    """What somebody answered to an alert of a camera, as far as it says something of a concept's score.

    score   what the model said, before any calibration
    needed  what the rule asked for
    """

    __tablename__ = "taps"
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    concept: Mapped[str] = mapped_column(primary_key=True)
    camera_id: Mapped[str] = mapped_column(ForeignKey("cameras.id", ondelete="CASCADE"))
    score: Mapped[float]
    needed: Mapped[float]
    is_false: Mapped[bool]
    tapped_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_taps_of_camera", "camera_id", "concept", "tapped_at"),)


class Delivery(Base):
    """One alert to one recipient on one channel."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    recipient_id: Mapped[str] = mapped_column(ForeignKey("recipients.id", ondelete="CASCADE"))
    channel: Mapped[ChannelKind] = mapped_column(enum_text(ChannelKind))
    instead_of: Mapped[str | None]  # another delivery of the alert, which did not reach whoever falls back on this one
    state: Mapped[DeliveryState] = mapped_column(enum_text(DeliveryState), default=DeliveryState.PENDING)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    alert: Mapped[Alert] = relationship(back_populates="deliveries")
    recipient: Mapped[Recipient] = relationship()
    parts: Mapped[list["DeliveryPart"]] = relationship(order_by="DeliveryPart.position", passive_deletes=True)
    __table_args__ = (
        UniqueConstraint("alert_id", "recipient_id"),
        Index("ix_deliveries_of_recipient", "recipient_id", "created_at", "id"),
    )


class DeliveryPart(Base):
    """The text or the picture of a delivery, each with its own attempts, message id and state."""

    __tablename__ = "delivery_parts"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    delivery_id: Mapped[str] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"), index=True)
    kind: Mapped[PartKind] = mapped_column(enum_text(PartKind))
    position: Mapped[int]
    state: Mapped[DeliveryState] = mapped_column(enum_text(DeliveryState), default=DeliveryState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    tried_since: Mapped[datetime | None] = mapped_column(UTCDateTime)  # of a try whose outcome nobody has noted
    message_id: Mapped[str | None] = mapped_column(index=True)
    error: Mapped[str | None] = mapped_column(Text)
    sent_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    __table_args__ = (UniqueConstraint("delivery_id", "kind"),)


class IncomingMessage(Base):
    """What a channel brought, stored before it is answered; `dedupe_key` makes a repeat harmless."""

    __tablename__ = "incoming_messages"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    channel: Mapped[ChannelKind] = mapped_column(enum_text(ChannelKind))
    dedupe_key: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSON)
    received_at: Mapped[datetime] = mapped_column(UTCDateTime)
    handled_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    __table_args__ = (UniqueConstraint("channel", "dedupe_key"),)


def _run_at(context: Any) -> datetime:
    due: datetime = context.get_current_parameters()["run_at"]
    return due


class Job(Base):
    """A unit of queued work: due at `run_at`, held by whoever knows `token` until `lease_until`.

    Of those that are due, the one with the earliest `rank_at` goes first.
    `owner` is the process that has it in hand: what a dead one held is freed at once.
    """

    __tablename__ = "jobs"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(index=True)  # the id of the row the job is about
    state: Mapped[JobState] = mapped_column(enum_text(JobState), default=JobState.DUE)
    run_at: Mapped[datetime] = mapped_column(UTCDateTime)
    cost_s: Mapped[float] = mapped_column(default=0.0)  # how much work it is, as far as is known
    rank_at: Mapped[datetime] = mapped_column(UTCDateTime, default=_run_at)
    attempts: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=8)
    token: Mapped[str | None]
    owner: Mapped[str | None] = mapped_column(index=True)
    lease_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    again_at: Mapped[datetime | None] = mapped_column(
        UTCDateTime
    )  # put again while handed or running: when it was to run
    error: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None]  # of the request that it follows from, in every line of the log about it
    traceparent: Mapped[str | None]  # the same for OpenTelemetry, where it is traced
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (
        UniqueConstraint("kind", "subject"),
        Index("ix_jobs_ranked", "kind", "state", "rank_at", "id", "run_at"),
        Index("ix_jobs_leases", "state", "lease_until"),
        Index("ix_jobs_created", "created_at", "id"),
    )


class WorkerRoom(Base):
    """A process that runs jobs: how many of each kind at once, and until when it counts as alive."""

    __tablename__ = "worker_rooms"
    owner: Mapped[str] = mapped_column(primary_key=True)
    room: Mapped[dict[str, int]] = mapped_column(JSON)
    lease_until: Mapped[datetime] = mapped_column(UTCDateTime)


class ToldBundles(Base):
    """A process that looks at footage: with which bundles, and until when it counts as alive."""

    __tablename__ = "told_bundles"
    owner: Mapped[str] = mapped_column(primary_key=True)
    bundles: Mapped[list[dict[str, object]]] = mapped_column(JSON)
    lease_until: Mapped[datetime] = mapped_column(UTCDateTime)


class Total(Base):
    """A number that the service's processes have counted together; `labels` are pairs, in JSON."""

    __tablename__ = "totals"
    name: Mapped[str] = mapped_column(primary_key=True)
    labels: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[float]


class Rendition(Base):
    """What browsers play of a file: another file, or with no `blob_key` the file itself."""

    __tablename__ = "renditions"
    source_key: Mapped[str] = mapped_column(primary_key=True)
    blob_key: Mapped[str | None] = mapped_column(index=True)
    made_at: Mapped[datetime] = mapped_column(UTCDateTime)


class DoomedFile(Base):
    """A file that no row refers to any more, until it is deleted: written with what took the reference away."""

    __tablename__ = "doomed_files"
    key: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[KeptKind | None] = mapped_column(enum_text(KeptKind))  # None: it was erased or deleted by people


class Erasure(Base):
    """That a span of a camera or a person is erased. It holds nothing of them but while it goes on, in `person`.

    person_id       of the recipient or user
    pseudonym       stands where their name stood
    person          what names them; None once it is over
    counts          how many of each `ErasedKind` are gone
    looks_again_at  when what was about to be written is looked for
    remains         what is still left in this installation and how it goes, in words
    """

    __tablename__ = "erasures"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[ErasureKind] = mapped_column(enum_text(ErasureKind))
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id", ondelete="SET NULL"))
    since: Mapped[datetime | None] = mapped_column(UTCDateTime)
    until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    person_id: Mapped[str | None]
    pseudonym: Mapped[str | None] = mapped_column(unique=True)
    person: Mapped[Person | None] = mapped_column(Value(Person))
    stage: Mapped[ErasureStage] = mapped_column(enum_text(ErasureStage), default=ErasureStage.ROWS)
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    requested_at: Mapped[datetime] = mapped_column(UTCDateTime)
    looks_again_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    remains: Mapped[str | None] = mapped_column(Text)
    __table_args__ = (
        Index("ix_erasures_of_camera", "camera_id", "until"),
        Index("ix_erasures_requested", "requested_at", "id"),
    )


class RetentionCounts(Base):
    """What of a kind was purged since the service was set up, and what files of it were there when last looked at."""

    __tablename__ = "retention_counts"
    kind: Mapped[KeptKind] = mapped_column(enum_text(KeptKind), primary_key=True)
    purged_rows: Mapped[int] = mapped_column(LONG, default=0, server_default="0")
    purged_files: Mapped[int] = mapped_column(LONG, default=0, server_default="0")
    purged_bytes: Mapped[int] = mapped_column(LONG, default=0, server_default="0")
    purged_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    kept_files: Mapped[int] = mapped_column(LONG, default=0, server_default="0")
    kept_bytes: Mapped[int] = mapped_column(LONG, default=0, server_default="0")
    measured_at: Mapped[datetime | None] = mapped_column(UTCDateTime)


class News(Base):
    """That something changed, written by triggers (`storage.news_triggers`), in the order of `transaction_id` and `id`.

    `transaction_id` is PostgreSQL's; SQLite, where one writes after the other, has none.
    """

    __tablename__ = "news"
    id: Mapped[int] = mapped_column(LONG, primary_key=True)
    transaction_id: Mapped[int] = mapped_column(LONG)
    topic: Mapped[str]
    subject: Mapped[str]
    change: Mapped[str]
    state: Mapped[str | None]
    camera_id: Mapped[str | None]
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_news_ordered", "transaction_id", "id"), {"sqlite_autoincrement": True})


class Binding(Base):
    """What this database belongs together with, and where that lies: a process that has something else is refused."""

    __tablename__ = "bindings"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(Text)
    place: Mapped[str] = mapped_column(Text)


class ApiKey(Base):
    """The hash of an API key; the key itself is shown once and kept nowhere.

    site_ids, camera_ids  what it is confined to; both None: nothing
    old_sha256            of the key before it was rotated, which counts until `old_until`
    """

    __tablename__ = "api_keys"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    scopes: Mapped[tuple[Scope, ...]] = mapped_column(Value(tuple[Scope, ...]), default=tuple(Scope))
    site_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    camera_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    expires_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    old_sha256: Mapped[str | None]
    old_until: Mapped[datetime | None] = mapped_column(UTCDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_api_keys_created", "created_at", "id"),)


class User(Base):
    """Somebody who signs in.

    folded          the name as it is compared: people do not remember how they wrote it
    password        hashed by argon2; None: they sign in elsewhere
    site_ids        what they are confined to; None: nothing
    oidc_subject    who they are to the OpenID provider, with its address
    totp_secret     of the second factor, sealed; `totp_pending` is one that is not confirmed yet
    totp_step       the half minute whose code was used last
    recovery_codes  the hashes of those that are left
    """

    __tablename__ = "users"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    folded: Mapped[str] = mapped_column(unique=True)
    role: Mapped[Role] = mapped_column(enum_text(Role))
    site_ids: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    password: Mapped[str | None] = mapped_column(Text)
    oidc_subject: Mapped[str | None] = mapped_column(unique=True)
    totp_secret: Mapped[str | None] = mapped_column(Text)
    totp_pending: Mapped[str | None] = mapped_column(Text)
    totp_step: Mapped[int | None] = mapped_column(LONG)
    recovery_codes: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    signed_in_at: Mapped[datetime | None] = mapped_column(UTCDateTime)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_users_created", "created_at", "id"),)

    @property
    def has_password(self) -> bool:
        """Otherwise they sign in elsewhere, or not at all."""
        return self.password is not None

    @property
    def has_totp(self) -> bool:
        """Whether a second factor is asked for."""
        return self.totp_secret is not None


class UserSession(Base):
    """The hash of what a browser shows from sign-in to sign-out."""

    __tablename__ = "user_sessions"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    sha256: Mapped[str] = mapped_column(unique=True)
    source: Mapped[str | None]
    browser: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)
    used_at: Mapped[datetime] = mapped_column(UTCDateTime)
    __table_args__ = (Index("ix_user_sessions_created", "created_at", "id"),)


class ChannelSecret(Base):
    """What a channel must know and nobody is to read, sealed, under a name of the channel's.

    user_id       whose it is, and with whom it goes; None: the channel's own
    recipient_id  who is reached by it, and with whom it goes
    """

    __tablename__ = "channel_secrets"
    channel: Mapped[ChannelKind] = mapped_column(enum_text(ChannelKind), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    recipient_id: Mapped[str | None] = mapped_column(ForeignKey("recipients.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UTCDateTime)


class Guesses(Base):
    """How often somebody was wrong about a password or code, since when."""

    __tablename__ = "guesses"
    about: Mapped[str] = mapped_column(primary_key=True)
    wrong: Mapped[int]
    since: Mapped[datetime] = mapped_column(UTCDateTime)


class SetupCode(Base):
    """The hash of a code that makes its holder the first administrator."""

    __tablename__ = "setup_codes"
    sha256: Mapped[str] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(UTCDateTime)


class AuditEntry(Base):
    """Who saw, changed or answered what, and from where: written once, and never changed but for the name of a person
    who is erased (a trigger sees to that).

    route    method and template of the address, or the command
    subject  the ids in the address or of what was made; never a key, a signature or a body
    """

    __tablename__ = "audit_entries"
    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime] = mapped_column(UTCDateTime)
    action: Mapped[AuditAction] = mapped_column(enum_text(AuditAction))
    principal_kind: Mapped[PrincipalKind] = mapped_column(enum_text(PrincipalKind))
    principal: Mapped[str]
    principal_id: Mapped[str | None]
    source: Mapped[str | None]
    route: Mapped[str]
    subject: Mapped[str] = mapped_column(Text, default="")
    status: Mapped[int | None]
    request_id: Mapped[str | None]
    __table_args__ = (
        Index("ix_audit_entries_at", "at", "id"),
        Index("ix_audit_entries_of_principal", "principal", "at", "id"),
        Index("ix_audit_entries_of_action", "action", "at", "id"),
    )


_STAYS = "what is in the audit log stays as it is"
_SAME = ("id", "at", "action", "principal_kind", "route", "status", "request_id")
_PSEUDONYMS = "(SELECT pseudonym FROM erasures WHERE pseudonym IS NOT NULL)"
_HIDES = (
    " AND ".join(f"NEW.{name} {{same}} OLD.{name}" for name in _SAME)
    + f" AND (NEW.principal = OLD.principal OR NEW.principal IN {_PSEUDONYMS})"
    + f" AND (NEW.subject = OLD.subject OR NEW.subject IN {_PSEUDONYMS})"
    + " AND (NEW.principal_id {same} OLD.principal_id OR NEW.principal_id IS NULL AND NEW.principal <> OLD.principal)"
    + " AND (NEW.source {same} OLD.source OR NEW.source IS NULL"
    + " AND (NEW.principal <> OLD.principal OR NEW.subject <> OLD.subject AND OLD.principal_kind = 'anybody'))"
)
"""An erased person's pseudonym comes in the place of their name and ids, and where they came from goes."""

for _dialect, _statement in (
    (
        "sqlite",
        f"CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries WHEN NOT ({_HIDES.format(same='IS')}) "
        f"BEGIN SELECT RAISE(ABORT, '{_STAYS}'); END",
    ),
    (
        "postgresql",
        "CREATE OR REPLACE FUNCTION audit_entries_stay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF NOT ({_HIDES.format(same='IS NOT DISTINCT FROM')}) THEN RAISE EXCEPTION '{_STAYS}'; END IF; "
        "RETURN NEW; END $$",
    ),
    (
        "postgresql",
        "CREATE TRIGGER audit_entries_stay BEFORE UPDATE ON audit_entries "
        "FOR EACH ROW EXECUTE FUNCTION audit_entries_stay()",
    ),
):
    _made = DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
    event.listen(AuditEntry.__table__, "after_create", _made)
