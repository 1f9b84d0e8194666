"""What is kept, and for how long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self


class KeptKind(StrEnum):
    """What is kept apart from other things, for a time of its own.

    evidence         pictures and clips of events with alerts: until all are answered, and the time from then
    alerts           such events themselves with alerts and deliveries, and alerts without an event
    clips            files of uploads; while an alert of one is pinned, so is the file
    pictures         pictures of events without an alert
    events           events without an alert
    transcripts      what was said, of events whose alerts are answered or that have none
    messages         what channels brought, once it was handled
    utterances       sound that nobody recognised
    audit            who saw, changed and answered what
    minutes          motion and gaps of cameras, minute by minute
    """

    EVIDENCE = "evidence"
    ALERTS = "alerts"
    CLIPS = "clips"
    PICTURES = "pictures"
    EVENTS = "events"
    TRANSCRIPTS = "transcripts"
    MESSAGES = "messages"
    UTTERANCES = "utterances"
    AUDIT = "audit"
    MINUTES = "minutes"


FOLDERS: Mapping[str, KeptKind] = {
    "evidence": KeptKind.EVIDENCE,
    "clips": KeptKind.CLIPS,
    "snapshots": KeptKind.PICTURES,
    "utterances": KeptKind.UTTERANCES,
}
"""Which folder of the blob store holds the files of a kind; snapshots are of alerted events too."""

ROOM_MAKERS = (KeptKind.PICTURES, KeptKind.CLIPS, KeptKind.EVIDENCE)
"""What goes where room is needed, first to last; what is pinned does not."""


@dataclass(frozen=True)
class RetentionPolicy:
    """How long each kind is kept, how many bytes all files may take, and how many are to be free on their disk."""

    ages: Mapping[KeptKind, timedelta]
    max_bytes: int | None = None
    free_bytes: int = 0

    @classmethod
    def of_days(cls, days: Mapping[KeptKind, float | None], *, max_bytes: int | None, free_bytes: int) -> Self:
        """From days; a kind without any is kept for good."""
        ages = {kind: timedelta(days=number) for kind, number in days.items() if number is not None}
        return cls(ages, max_bytes, free_bytes)

    def cutoff(self, kind: KeptKind, now: datetime) -> datetime | None:
        """What is older goes; None where it is kept for good."""
        age = self.ages.get(kind)
        return None if age is None else now - age
