import hashlib

from instantreact.alerts.messenger import MessengerChannel
from instantreact.domain.alert import AlertText, Picture
from instantreact.domain.rule import Severity
from tests.alerts.conftest import PSID
from tests.conftest import StoppedClock
from tests.servers.graph import FakeGraph

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"


def make_text(**changes: object) -> AlertText:
    known = {"text": "Fight · Front door", "alert_id": "0f6c", "severity": Severity.CRITICAL}
    return AlertText(**{**known, **changes})  # type: ignore[arg-type]


async def test_messenger_sends_a_template_with_its_buttons_when_the_window_is_open(
    graph: FakeGraph, channel: MessengerChannel, clock: StoppedClock
) -> None:
    receipt = await channel.send_text(PSID, make_text(open_url="https://x.test/a/1"), metadata="part:1")
    (received,) = graph.received
    assert (receipt.message_id, receipt.accepted_at) == (received.mid, clock.now())
    assert (received.psid, received.part, received.messaging_type) == (PSID, "text", "UPDATE")
    assert (received.text, received.metadata) == ("Fight · Front door", "part:1")
    assert received.buttons == (
        {"type": "postback", "title": "Acknowledge", "payload": "ACK:0f6c"},
        {"type": "postback", "title": "False alarm", "payload": "FALSE:0f6c"},
        {"type": "web_url", "title": "Open", "url": "https://x.test/a/1"},
    )


async def test_messenger_uploads_the_picture_with_its_metadata_when_it_sends_one(
    graph: FakeGraph, channel: MessengerChannel
) -> None:
    receipt = await channel.send_picture(PSID, Picture(JPEG), metadata="part:2")
    (received,) = graph.received
    assert (received.mid, received.part, received.metadata) == (receipt.message_id, "picture", "part:2")
    assert hashlib.sha256(received.picture).digest() == hashlib.sha256(JPEG).digest()
