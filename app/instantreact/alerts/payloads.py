"""What a button carries and brings back: `ACK:<alert id>` or `FALSE:<alert id>`. Written and read only here."""

import re
from dataclasses import dataclass
from enum import StrEnum


class AnswerKind(StrEnum):
    """What a person says about an alert."""

    ACKNOWLEDGE = "acknowledge"
    DISMISS = "dismiss"


@dataclass(frozen=True)
class Answer:
    """A person's answer to an alert."""

    kind: AnswerKind
    alert_id: str


_PREFIXES = {AnswerKind.ACKNOWLEDGE: "ACK", AnswerKind.DISMISS: "FALSE"}
_KINDS = {prefix: kind for kind, prefix in _PREFIXES.items()}
_PAYLOAD = re.compile(r"(?P<prefix>ACK|FALSE):(?P<alert_id>[A-Za-z0-9_-]{1,64})", re.ASCII)


def write_payload(answer: Answer) -> str:
    """The payload of the button that gives `answer`; far below Messenger's 1000 characters."""
    return f"{_PREFIXES[answer.kind]}:{answer.alert_id}"


def find_answer(payload: str) -> Answer | None:
    """The answer that a payload gives; None when it is not one of ours."""
    found = _PAYLOAD.fullmatch(payload)
    return None if found is None else Answer(_KINDS[found["prefix"]], found["alert_id"])
