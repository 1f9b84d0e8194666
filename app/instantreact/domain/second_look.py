"""What a second model says about an alert, and what it may do with it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LOOKED = "Second look"
"""Who answered an alert that was withheld."""


class LookMode(StrEnum):
    """When people are told: before means after the look, or once its time is up; after means at once."""

    BEFORE = "before"
    AFTER = "after"


class LookState(StrEnum):
    """What came of a look.

    waiting: nothing yet. confirmed, rejected, unsure: what the model says. late: its time was up. spent: so was the
    budget, and it was not asked. failed: no answer, or none that could be read.
    """

    WAITING = "waiting"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    UNSURE = "unsure"
    LATE = "late"
    SPENT = "spent"
    FAILED = "failed"


@dataclass(frozen=True)
class LookRequest:
    """That a rule asks for a second look at its alerts.

    question    in the words of whoever wrote the rule, such as `Is somebody lying on the floor?`
    may_reject  whether an alert that the model rejects is told to nobody; None: as the setting says, and never what is
                critical
    """

    question: str | None = None
    may_reject: bool | None = None


@dataclass(frozen=True)
class LookPolicy:
    """What holds for every look.

    timeout_s   since the alert was raised; then it is told without the look
    per_hour    how many there may be in an hour of the clock (UTC); None for any number
    picture_px  how long a picture's longer side may be
    """

    mode: LookMode = LookMode.AFTER
    may_reject: bool = False
    timeout_s: float = 20.0
    per_hour: int | None = None
    picture_px: int = 1024


@dataclass(frozen=True)
class SecondLook:
    """A look at one alert, as it is kept with it.

    due_at      when its time is up
    may_reject  whether the alert is withheld where it is rejected in time
    sentence    what the model sees, in its words; None where it did not say, or nothing that may be shown
    why         what went wrong, where something did
    """

    mode: LookMode
    due_at: datetime
    may_reject: bool = False
    question: str | None = None
    state: LookState = LookState.WAITING
    sentence: str | None = None
    model: str | None = None
    why: str | None = None
    took_s: float | None = None

    @property
    def holds_back(self) -> bool:
        """Whether people are told once it is over, or its time is up."""
        return self.mode is LookMode.BEFORE


@dataclass(frozen=True)
class Opinion:
    """What a model says of pictures: confirmed, rejected or unsure; and what that cost, as it counts it."""

    state: LookState
    sentence: str | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0
