"""The steps that run as jobs."""

from enum import StrEnum


class StepName(StrEnum):
    """The kind of a job; its subject is the id of the row named behind it."""

    ANALYZE = "analyze"  # a clip
    HEAR = "hear"  # a clip
    DELIVER = "deliver"  # a delivery
    INCOMING = "incoming"  # an incoming message
