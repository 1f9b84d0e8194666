"""What is erased for good because somebody asks for it, and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from instantreact.domain.alert import ChannelKind


class ErasureKind(StrEnum):
    """What is erased.

    span       what a camera saw and heard between two moments
    recipient  a person who is told
    user       a person who signs in, or did
    name       what is left of somebody of whom there is no row any more
    """

    SPAN = "span"
    RECIPIENT = "recipient"
    USER = "user"
    NAME = "name"


class ErasureStage(StrEnum):
    """How far an erasure is; each stage may be begun again.

    rows   rows and files are taken away, some at a time
    late   what processes were about to write about a person is waited for, and taken away too
    words  the search index is merged: until then it holds the words of events that are gone
    file   the database's file is written anew, where it is small
    log    SQLite's log is emptied
    """

    ROWS = "rows"
    LATE = "late"
    WORDS = "words"
    FILE = "file"
    LOG = "log"
    DONE = "done"


class ErasedKind(StrEnum):
    """What is counted.

    clips        uploads whose file goes
    sounds       what was said near a camera and nobody has recognised yet
    minutes      in which it is known when a camera was seen and something moved
    unanswered   of the alerts, those that nobody had answered
    unsent       of the deliveries, those that were not sent yet
    answers      alerts that keep their answer and lose the name of who gave it
    entries      of the audit log, which keep what was done and lose the name of who did it
    """

    EVENTS = "events"
    PICTURES = "pictures"
    EVIDENCE = "evidence"
    CLIPS = "clips"
    SOUNDS = "sounds"
    MINUTES = "minutes"
    ALERTS = "alerts"
    UNANSWERED = "unanswered"
    DELIVERIES = "deliveries"
    UNSENT = "unsent"
    RECIPIENTS = "recipients"
    USERS = "users"
    SESSIONS = "sessions"
    INVITATIONS = "invitations"
    RULES = "rules"
    MESSAGES = "messages"
    ANSWERS = "answers"
    ENTRIES = "entries"


ErasedCounts = Mapping[ErasedKind, int]
"""How many of each; what there is none of is left out."""


@dataclass(frozen=True)
class Span:
    """What a camera saw and heard from `since` on and before `until`."""

    camera_id: str
    since: datetime
    until: datetime

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether something that lasted from `start` to `end` was in it, be it for a moment."""
        return start < self.until and (end > self.since or start >= self.since)


@dataclass(frozen=True)
class Person:
    """What names somebody in what is kept.

    names    theirs, as far as is known: people are renamed
    address  where they are told, on `channel`
    """

    names: tuple[str, ...]
    recipient_id: str | None = None
    channel: ChannelKind | None = None
    address: str | None = None
    user_id: str | None = None
