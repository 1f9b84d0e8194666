"""Programs that are told: a webhook's receiver is no person, and gets each alert."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from instantreact.channels.webhook.channel import WebhookChannel, WebhookPolicy
from instantreact.channels.webhook.signature import find_key
from instantreact.clock import SystemClock
from instantreact.domain.alert import ChannelKind, DeliveryState
from instantreact.domain.media import Window
from instantreact.storage import recipients
from instantreact.storage.tables import Recipient
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.servers.webhooks import SECRET, Fault, HookReceiver
from tests.storage.factories import NOW


@pytest.fixture
def receiver() -> Iterator[HookReceiver]:
    with HookReceiver() as receiver:
        yield receiver


@pytest.fixture
async def told(house: House, receiver: HookReceiver) -> AsyncIterator[House]:
    """A house that calls a receiver, and sends people two alerts a minute at most."""
    channel = WebhookChannel(WebhookPolicy([find_key(SECRET) or b""]), clock=SystemClock())
    services = replace(house.services, channels={ChannelKind.WEBHOOK: channel}, alerts_a_minute=2)
    told = replace(house, services=services)
    async with told.services.database.unit_of_work() as session:
        row = Recipient(name="Desk", channel=ChannelKind.WEBHOOK, address=receiver.url, created_at=NOW)
        await recipients.insert_recipient(session, row)
    await told.add_rule(cooldown_s=0.0)
    yield told
    await channel.close()


async def test_program_is_called_for_each_alert_however_many_there_are(told: House, receiver: HookReceiver) -> None:
    clip = await told.add_clip()
    for index in range(5):
        await told.see(clip, replace(make_observation(), window=Window(index, 2.0 * index, 2.0 * index + 2.0)))
    await told.run_due()
    kinds = [call.value["type"] for call in receiver.received]
    assert (kinds.count("alert.raised"), kinds.count("alert.picture")) == (5, 5)


async def test_call_that_failed_is_repeated_with_its_id_and_what_was_taken_is_not(
    told: House, receiver: HookReceiver
) -> None:
    await told.see(await told.add_clip())
    receiver.script(Fault(204, accepted=True), Fault(500, accepted=True))
    await told.run_due()
    told.clock.advance(600)
    await told.run_due()
    assert [call.value["type"] for call in receiver.received] == ["alert.raised", "alert.picture"]
    assert receiver.repeated == [receiver.received[1].webhook_id]


async def test_receiver_that_is_gone_is_unreachable_and_called_once(told: House, receiver: HookReceiver) -> None:
    receiver.script(Fault(410))
    await told.see(await told.add_clip())
    await told.run_due()
    delivery = (await told.the_alert()).deliveries[0]
    assert (delivery.state, receiver.calls) == (DeliveryState.REFUSED, 1)
    assert "no more calls" in (delivery.recipient.unreachable_reason or "")
