"""What a push service's answer means. Its words are looked through for what they are about, and shown to nobody."""

import re
from datetime import datetime

from instantreact.channels.calling import CallReply, find_wait
from instantreact.errors import ChannelBroken, DeliveryDeferred, DeliveryError, DeliveryRefused, RecipientUnreachable

READ_BYTES = 2000
"""As much as is looked through."""

_BUSY_WAIT_S = 60.0
_OF_ANOTHER_KEY = re.compile(r"mismatch|correspond|senderid|public ?key.*(differ|not match)", re.IGNORECASE)
"""As services say that the browser was registered under another key (VapidPkHashMismatch, say)."""

_OF_OUR_SIGNATURE = re.compile(r"vapid|jwt|token|authori[sz]|credential|signature", re.IGNORECASE)


def find_error(reply: CallReply, service: str, *, now: datetime) -> DeliveryError | None:
    """The error to raise for an answer; None for a receipt. `service` begins a sentence."""
    said = f"(HTTP {reply.status})"
    match reply.status:
        case status if 200 <= status < 300:
            return None
        case 404 | 410:
            return RecipientUnreachable(
                f"{service} says that the browser is not told any more {said}: it must be registered there again."
            )
        case 400 | 401 | 403:
            return _explain_refusal(reply, service, said)
        case 408 | 425 | 429:
            wait_s = find_wait(reply.headers, now) or _BUSY_WAIT_S
            return DeliveryDeferred(f"{service} asks us to wait {said}.", retry_after_s=wait_s)
        case 413:
            return DeliveryRefused(f"{service} finds this message too large {said}.")
        case status if 300 <= status < 400:
            return RecipientUnreachable(f"{service} sends us to another address, which we do not follow {said}.")
        case status if 400 <= status < 500:
            return DeliveryRefused(f"{service} refuses this message {said}.")
        case _:
            return DeliveryDeferred(
                f"{service} failed for the moment {said}.", retry_after_s=find_wait(reply.headers, now)
            )


def _explain_refusal(reply: CallReply, service: str, said: str) -> DeliveryError:
    if _OF_ANOTHER_KEY.search(reply.text):
        return RecipientUnreachable(
            f"{service} knows the browser under another key of ours {said}: it must be registered there again."
        )
    if reply.status == 400 and not _OF_OUR_SIGNATURE.search(reply.text):
        return DeliveryRefused(f"{service} refuses this message {said}.")
    return ChannelBroken(
        f"{service} does not accept who we say we are {said}: look whether this machine's clock is right, and "
        "whether INSTANTREACT_WEBPUSH_CONTACT is a mail or web address of yours."
    )
