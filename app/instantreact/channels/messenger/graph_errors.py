"""What a refusal by Graph means: contract, section 5, as a table.

Looked up in this order: code and subcode, then code, then HTTP status. What nobody has documented is tried again:
tries are bounded, and an alert is not dropped for a code that is new.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from instantreact.errors import (
    ChannelBroken,
    ChannelRestricted,
    ChatWindowClosed,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    RecipientUnreachable,
    TemplateRefused,
)

ECHO_WAIT_S = 30.0
"""How long to wait for the echo of a message that may have been accepted, before it is sent again."""

RATE_WAIT_S = 60.0
"""How long to wait after a rate limit, where Graph does not say."""

RESTRICTED_WAIT_S = 2 * 3600.0
"""How long to wait while Meta restricts the Page."""


class FailureKind(StrEnum):
    """What a failure asks for."""

    RETRY = "retry"
    RETRY_SLOW = "retry_slow"
    RATE = "rate"
    AMBIGUOUS = "ambiguous"
    WINDOW = "window"
    RECIPIENT = "recipient"
    PAYLOAD = "payload"
    AUTH = "auth"
    CONFIG = "config"


@dataclass(frozen=True)
class GraphFailure:
    """A reply that is not a receipt. `code` and `subcode` are None where the body held none."""

    status: int
    message: str
    code: int | None = None
    subcode: int | None = None
    trace_id: str | None = None

    def without(self, secrets: tuple[str, ...]) -> "GraphFailure":
        """The same failure with each of `secrets` starred out of its message; Graph quotes tokens it dislikes."""
        message = self.message
        for secret in secrets:
            message = message.replace(secret, "***")
        return replace(self, message=message)


_BY_SUBCODE: Mapping[tuple[int, int], FailureKind] = {
    (1, 1357046): FailureKind.AMBIGUOUS,
    (1, 2018382): FailureKind.PAYLOAD,
    (2, 2018344): FailureKind.CONFIG,
    (10, 2018278): FailureKind.WINDOW,
    (10, 2018065): FailureKind.WINDOW,
    (10, 2534022): FailureKind.WINDOW,
    (10, 2018108): FailureKind.RECIPIENT,
    (10, 1893063): FailureKind.RETRY_SLOW,
    (100, 2018001): FailureKind.RECIPIENT,
    # The object that a send addresses is the Page, in the path: its id or the token is wrong, not the recipient.
    (100, 33): FailureKind.CONFIG,
    (100, 2534029): FailureKind.CONFIG,
    (200, 1545041): FailureKind.RECIPIENT,
    (200, 2018028): FailureKind.RECIPIENT,
    (200, 2534041): FailureKind.AUTH,
}

_BY_CODE: Mapping[int, FailureKind] = {
    1: FailureKind.RETRY,
    2: FailureKind.RETRY,
    4: FailureKind.RATE,
    9: FailureKind.RATE,
    10: FailureKind.CONFIG,
    17: FailureKind.RATE,
    32: FailureKind.RATE,
    # Every attachment error too: 2018008 and 2018294 concern pictures fetched by address, and ours are uploaded.
    100: FailureKind.PAYLOAD,
    105: FailureKind.PAYLOAD,
    190: FailureKind.AUTH,
    194: FailureKind.PAYLOAD,
    200: FailureKind.CONFIG,
    230: FailureKind.CONFIG,
    368: FailureKind.RETRY_SLOW,
    551: FailureKind.RECIPIENT,
    613: FailureKind.RATE,
    1200: FailureKind.RETRY,
    2022: FailureKind.CONFIG,
    10303: FailureKind.PAYLOAD,
    10900: FailureKind.RECIPIENT,
    10903: FailureKind.RECIPIENT,
    10904: FailureKind.CONFIG,
    80006: FailureKind.RATE,
}

_BY_STATUS: Mapping[int, FailureKind] = {401: FailureKind.AUTH, 403: FailureKind.CONFIG, 404: FailureKind.CONFIG}

_MEANINGS: Mapping[FailureKind, str] = {
    FailureKind.RETRY: "Messenger failed for the moment",
    FailureKind.RETRY_SLOW: "Messenger restricts this Page for some hours; look at the Page's support inbox",
    FailureKind.RATE: "Messenger limits how much this Page may send",
    FailureKind.AMBIGUOUS: "Messenger may have taken the message without saying so",
    FailureKind.WINDOW: "Messenger's 24-hour window is shut until this person writes to the Page again",
    FailureKind.RECIPIENT: "Messenger does not reach this person",
    FailureKind.PAYLOAD: "Messenger refuses this message",
    FailureKind.AUTH: "Messenger refuses the Page's access token: make a new one and set it",
    FailureKind.CONFIG: "Messenger refuses this set-up: check Page id, app secret, and the app's permissions",
}


def read_object(body: bytes) -> dict[str, object]:
    """The JSON object that a reply holds; empty when it holds anything else, such as a proxy's HTML."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def read_failure(status: int, body: bytes) -> GraphFailure:
    """The failure that a reply describes; fields that are absent or of the wrong type are None."""
    error = read_object(body).get("error")
    if not isinstance(error, dict):
        return GraphFailure(status, f"HTTP {status} without an explanation")
    message, trace_id = error.get("message"), error.get("fbtrace_id")
    return GraphFailure(
        status=status,
        message=message[:300] if isinstance(message, str) else f"HTTP {status}",
        code=_find_int(error.get("code")),
        subcode=_find_int(error.get("error_subcode")),
        trace_id=trace_id[:64] if isinstance(trace_id, str) else None,
    )


def classify(failure: GraphFailure) -> FailureKind:
    """What the failure asks for."""
    if failure.code is None:
        return _classify_status(failure.status)
    if failure.code == 100 and "appsecret_proof" in failure.message:
        return FailureKind.CONFIG  # Graph's words for a wrong app secret; the code alone would blame the message
    by_subcode = _BY_SUBCODE.get((failure.code, failure.subcode or 0))
    return by_subcode or _BY_CODE.get(failure.code) or _classify_status(failure.status)


def error_for(failure: GraphFailure, *, regain_access_s: float = 0.0) -> DeliveryError:
    """The error to raise; `regain_access_s` is what the usage headers say about a rate limit, 0 for nothing."""
    kind = classify(failure)
    text = f"{_MEANINGS[kind]}. {_describe(failure)}"
    match kind:
        case FailureKind.RETRY | FailureKind.RATE | FailureKind.AMBIGUOUS:
            return _deferral(kind, text, regain_access_s)
        case FailureKind.RETRY_SLOW:
            return ChannelRestricted(text, retry_after_s=RESTRICTED_WAIT_S)
        case FailureKind.WINDOW:
            return ChatWindowClosed(text)
        case FailureKind.RECIPIENT:
            return RecipientUnreachable(text)
        case FailureKind.PAYLOAD:
            return DeliveryRefused(text)
        case FailureKind.AUTH | FailureKind.CONFIG:
            return ChannelBroken(text)


def template_error_for(failure: GraphFailure, *, regain_access_s: float = 0.0) -> DeliveryError:
    """The same for a template. What is wrong with the set-up is the template's then, or its permission's.

    Nothing else uses these, and other messages go out.
    """
    if classify(failure) in (FailureKind.PAYLOAD, FailureKind.CONFIG):
        return TemplateRefused(f"Messenger refuses the template. {_describe(failure)}")
    return error_for(failure, regain_access_s=regain_access_s)


def _deferral(kind: FailureKind, text: str, regain_access_s: float) -> DeliveryDeferred:
    wait_s = {FailureKind.RATE: regain_access_s or RATE_WAIT_S, FailureKind.AMBIGUOUS: ECHO_WAIT_S}.get(kind)
    is_ambiguous, is_rate = kind is FailureKind.AMBIGUOUS, kind is FailureKind.RATE
    return DeliveryDeferred(text, retry_after_s=wait_s, ambiguous=is_ambiguous, is_outage=not is_rate)


def _classify_status(status: int) -> FailureKind:
    if 200 <= status < 300:
        return FailureKind.AMBIGUOUS
    return _BY_STATUS.get(status, FailureKind.RETRY)


def _describe(failure: GraphFailure) -> str:
    facts = {
        "HTTP": failure.status,
        "code": failure.code,
        "subcode": failure.subcode,
        "trace": failure.trace_id,
    }
    return f"{failure.message} ({', '.join(f'{name} {fact}' for name, fact in facts.items() if fact is not None)})"


def _find_int(value: object) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
