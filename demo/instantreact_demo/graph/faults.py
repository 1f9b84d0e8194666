"""Faults that a test scripts, one for each call to come: contract, sections 1.4, 5 and 9."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FaultKind(StrEnum):
    """What happens instead of the plain answer."""

    ERROR = "error"  # an error object
    PAGE = "page"  # HTML, as a proxy or an outage answers
    SLOW = "slow"  # the receipt, late
    HANG = "hang"  # no answer while the caller waits
    RESET = "reset"  # the connection is dropped


@dataclass(frozen=True)
class Fault:
    """One fault. With `accepted` the message is recorded as sent all the same; `part` (text or picture) narrows it."""

    kind: FaultKind
    accepted: bool = False
    status: int = 400
    code: int = 0
    subcode: int | None = None
    message: str = "scripted fault"
    delay_s: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict)
    part: str | None = None

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Fault":
        """The fault that the control address was asked for."""
        return cls(**{**value, "kind": FaultKind(value["kind"])})


RATE_LIMITED = Fault(FaultKind.ERROR, code=613, message="Calls to this api have exceeded the rate limit.")
SEND_FAILURE = Fault(FaultKind.ERROR, code=1200, message="Temporary send message failure. Please try again later.")
TEMPORARY = Fault(FaultKind.ERROR, code=2, message="Service temporarily unavailable")
OUTAGE = Fault(FaultKind.PAGE, status=500)
RESET_BEFORE_ACCEPT = Fault(FaultKind.RESET)
RESET_AFTER_ACCEPT = Fault(FaultKind.RESET, accepted=True)
HANG = Fault(FaultKind.HANG)


def slow(delay_s: float) -> Fault:
    """The receipt after `delay_s` seconds."""
    return Fault(FaultKind.SLOW, accepted=True, delay_s=delay_s)
