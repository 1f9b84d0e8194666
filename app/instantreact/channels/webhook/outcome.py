"""What a receiver's answer means, by its status alone: what else it says is read by nobody."""

from collections.abc import Mapping
from datetime import datetime

from instantreact.channels.calling import find_wait
from instantreact.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, RecipientUnreachable

_BUSY_WAIT_S = 60.0


def find_error(status: int, headers: Mapping[str, str], service: str, *, now: datetime) -> DeliveryError | None:
    """The error to raise for an answer; None for a receipt. `service` begins a sentence."""
    said = f"(HTTP {status})"
    match status:
        case _ if 200 <= status < 300:
            return None
        case 410:
            return RecipientUnreachable(f"{service} wants no more calls {said}.")
        case _ if 300 <= status < 400:
            return RecipientUnreachable(f"{service} sends us to another address, which we do not follow {said}.")
        case 408 | 425 | 429:
            wait_s = find_wait(headers, now) or _BUSY_WAIT_S
            return DeliveryDeferred(f"{service} asks us to wait {said}.", retry_after_s=wait_s)
        case _ if 400 <= status < 500:
            return DeliveryRefused(f"{service} refuses this call {said}.{_hint(status)}")
        case _:
            return DeliveryDeferred(f"{service} failed for the moment {said}.", retry_after_s=find_wait(headers, now))


def _hint(status: int) -> str:
    if status in (401, 403):
        return " Does it have one of the secrets of INSTANTREACT_WEBHOOK_SECRET?"
    return " Is the address right?" if status in (404, 405) else ""
