"""What kinds of jobs there are."""

from enum import StrEnum


class JobKind(StrEnum):
    """Each names the step that runs and what its subject is."""

    ANALYZE = "analyze"  # a clip
    DELIVER = "deliver"  # a delivery
    INCOMING = "incoming"  # an incoming message
