"""The steps that run as jobs."""

from enum import StrEnum

from instantreact.storage import removing


class StepName(StrEnum):
    """The kind of a job; its subject is the id of the row named behind it."""

    ANALYZE = "analyze"  # a clip
    HEAR = "hear"  # a clip
    HEAR_LIVE = "hear_live"  # an utterance
    DELIVER = "deliver"  # a delivery
    DELIVER_CRITICAL = "deliver_critical"  # a delivery of a critical alert, which waits behind no other
    ESCALATE = "escalate"  # an alert
    FOLLOW_UP = "follow_up"  # an alert
    SECOND_LOOK = "second_look"  # an alert
    RELEASE = removing.RELEASE  # an event
    DIGEST = "digest"  # a recipient
    CHECK_CHANNEL = "check_channel"  # no row: the kind of a channel
    REMIND = "remind"  # a recipient
    REPORT = "report"  # a recipient
    HEARTBEAT = "heartbeat"  # no row: the service
    PURGE = "purge"  # no row: what is kept
    ERASE = "erase"  # an erasure
    INCOMING = "incoming"  # an incoming message


DELIVERIES = (StepName.DELIVER, StepName.DELIVER_CRITICAL)
