"""The steps that run as jobs."""

from enum import StrEnum


class StepName(StrEnum):
    """The kind of a job; its subject is the id of the row named behind it."""

    ANALYZE = "analyze"  # a clip
    HEAR = "hear"  # a clip
    HEAR_LIVE = "hear_live"  # an utterance
    DELIVER = "deliver"  # a delivery
    CHECK_CHANNEL = "check_channel"  # no row: the kind of a channel
    PURGE = "purge"  # no row: what is kept
    INCOMING = "incoming"  # an incoming message
