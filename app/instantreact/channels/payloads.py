"""What a button carries and brings back: `ACK:<alert id>`, `FALSE:<alert id>` or `SAY:<words>`.

Written and read only here.
"""

import re

from instantreact.domain.alert import Answer, AnswerKind

_MAX_WORDS = 200
_PREFIXES = {AnswerKind.ACKNOWLEDGE: "ACK", AnswerKind.DISMISS: "FALSE"}
_KINDS = {prefix: kind for kind, prefix in _PREFIXES.items()}
_PAYLOAD = re.compile(r"(?P<prefix>ACK|FALSE):(?P<alert_id>[A-Za-z0-9_-]{1,64})", re.ASCII)


def write_payload(answer: Answer) -> str:
    """The payload of the button that gives `answer`; far below Messenger's 1000 characters and Telegram's 64 bytes."""
    return f"{_PREFIXES[answer.kind]}:{answer.alert_id}"


def find_answer(payload: str) -> Answer | None:
    """The answer that a payload gives; None when it is not one of ours."""
    found = _PAYLOAD.fullmatch(payload)
    return None if found is None else Answer(_KINDS[found["prefix"]], found["alert_id"])


def write_words(words: str) -> str:
    """The payload of a button that writes these words for whoever taps it."""
    return f"SAY:{words}"


def find_words(payload: str) -> str | None:
    """The words that a payload stands for; None when it stands for none."""
    return payload.removeprefix("SAY:")[:_MAX_WORDS] if payload.startswith("SAY:") else None
