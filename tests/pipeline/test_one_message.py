"""Alerts on a channel that tells all in one message, and whom it reaches after it did not."""

import base64
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from instantreact.channels.apprise.channel import AppriseChannel
from instantreact.domain.alert import ChannelKind, DeliveryState, PartKind
from instantreact.storage import recipients
from instantreact.storage.tables import Recipient
from tests.pipeline.conftest import JPEG, House, path_of
from tests.servers.notified import NotifiedServer
from tests.storage.factories import NOW


@pytest.fixture
def notified() -> Iterator[NotifiedServer]:
    with NotifiedServer() as server:
        yield server


@pytest.fixture
async def told(house: House, notified: NotifiedServer) -> AsyncIterator[House]:
    """A house that tells a desk through Apprise."""
    channel = AppriseChannel({"desk": notified.address()}, clock=house.clock)
    told = replace(house, services=replace(house.services, channels={ChannelKind.APPRISE: channel}))
    async with told.services.database.unit_of_work() as session:
        row = Recipient(name="Desk", channel=ChannelKind.APPRISE, address="desk", created_at=NOW)
        await recipients.insert_recipient(session, row)
    await told.add_rule(cooldown_s=0.0)
    yield told
    await channel.close()


async def test_delivery_has_one_part_which_brings_the_picture(told: House, notified: NotifiedServer) -> None:
    await told.see(await told.add_clip())
    await told.run_due()
    (message,) = notified.received
    (part,) = (await told.the_alert()).deliveries[0].parts
    assert (part.kind, part.state) == (PartKind.TEXT, DeliveryState.SENT)
    assert base64.b64decode(message["attachments"][0]["base64"]) == JPEG


async def test_picture_that_cannot_be_read_holds_no_alert_back(told: House, notified: NotifiedServer) -> None:
    event = await told.see(await told.add_clip())
    path_of(told.services, event.snapshot_key or "").unlink()
    await told.run_due()
    (message,) = notified.received
    assert ("A fight" in message["message"], message.get("attachments")) == (True, [])


async def test_who_was_not_reached_is_no_longer_shown_so_once_a_message_gets_through(
    told: House, notified: NotifiedServer
) -> None:
    notified.script(401)
    await told.see(await told.add_clip())
    await told.run_due()
    delivery = (await told.the_alert()).deliveries[0]
    assert delivery.state is DeliveryState.REFUSED
    assert "error=401" in (delivery.recipient.unreachable_reason or "")
    told.clock.advance(120)
    await told.see(await told.add_clip())
    await told.run_due()
    newest = max(await told.alerts(), key=lambda alert: alert.raised_at).deliveries[0]
    assert (newest.state, newest.recipient.unreachable_reason) == (DeliveryState.SENT, None)
