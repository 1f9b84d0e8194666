"""What a browser is told, as its service worker shows it: a title, and the options of a notification. Pure."""

import re
from datetime import UTC, datetime
from hashlib import sha256

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec

from instantreact.channels.catalogue import ACKNOWLEDGE, FALSE_ALARM
from instantreact.channels.shortening import clean, shorten
from instantreact.channels.values import write_json
from instantreact.channels.webpush.subscription import PushSubscription
from instantreact.channels.words import Room, compose_text, compose_title
from instantreact.domain.alert import AnswerKind
from instantreact.domain.happening import Notice, RuleMatched, asks_for_answer
from instantreact.domain.rule import Severity
from instantreact.errors import DeliveryRefused

ROOM = Room(title=200, place=200, caption=1000, what=60, quote=150, reasons=10, digested=25)

MOST_BYTES = 4096
"""Of an encrypted message, which every push service takes (RFC 8030, 7.2)."""

_ENVELOPE_BYTES = 86 + 1 + 16  # the head with our key, the mark of the last record, the tag (RFC 8188)
_MOST_UNITS = 4000
_TITLE_UNITS = 200
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}", re.ASCII)


def write_message(notice: Notice) -> bytes:
    """The payload in JSON, its words cut so that a push service takes it.

    Raises DeliveryRefused where not even none would do.
    """
    units = _MOST_UNITS
    text = compose_text(notice.happening, ROOM, notice.language)
    while len(message := write_json(_describe(notice, shorten(text, units)))) > MOST_BYTES - _ENVELOPE_BYTES:
        units = units * 9 // 10
        if units < 1:
            raise DeliveryRefused("The links of this alert are too long for a push service: INSTANTREACT_PUBLIC_URL.")
    return message


def encrypt(message: bytes, subscription: PushSubscription) -> bytes:
    """For this browser alone, and never the same twice (RFC 8291)."""
    sealed: bytes = http_ece.encrypt(
        message,
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=subscription.public_key,
        auth_secret=subscription.secret,
        version="aes128gcm",
    )
    return sealed


def name_topic(notice: Notice) -> str:
    """Of messages that wait for the same browser, a newer one about an alert takes the place of an older one."""
    name = notice.alert_id
    return name if _TOPIC.fullmatch(name) else sha256(name.encode()).hexdigest()[:32]


def _describe(notice: Notice, body: str) -> dict[str, object]:
    happening, url = notice.happening, notice.open_url
    shown: dict[str, object] = {
        "title": shorten(compose_title(happening, notice.language), _TITLE_UNITS),
        "body": clean(body),
        "lang": notice.language,
        "tag": notice.alert_id,
        "requireInteraction": happening.severity is Severity.CRITICAL,
        "actions": _list_actions(notice),
        "data": {
            "alert_id": notice.alert_id,
            "kind": happening.kind,
            "severity": happening.severity,
            "open_url": url,
        },
    }
    if isinstance(happening, RuleMatched):
        shown["timestamp"] = _to_ms(happening.occurred_at)
    if notice.picture is not None and url is not None:
        shown["image"] = f"{url}/snapshot.jpg"
    return shown


def _list_actions(notice: Notice) -> list[dict[str, str]]:
    if not asks_for_answer(notice.happening):
        return []
    buttons = ((AnswerKind.ACKNOWLEDGE, ACKNOWLEDGE), (AnswerKind.DISMISS, FALSE_ALARM))
    return [{"action": kind.value, "title": saying.say(notice.language)} for kind, saying in buttons]


def _to_ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
