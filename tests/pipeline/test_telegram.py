"""An alert on Telegram and its answer, with the pipeline's own jobs; Messenger beside it is not in the way."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest

from instantreact.channels.telegram.channel import TelegramBot, TelegramChannel
from instantreact.channels.telegram.receiver import TelegramReceiver
from instantreact.domain.alert import AlertState, ChannelKind, DeliveryState
from instantreact.pipeline.incoming import accept_webhook
from instantreact.storage import recipients
from instantreact.storage.tables import Recipient
from tests.pipeline.conftest import House
from tests.servers.telegram import Chat, FakeTelegram, Fault
from tests.storage.factories import NOW

GROUP_ID, MEMBER = -1009, {"status": "member"}


@pytest.fixture
def telegram() -> Iterator[FakeTelegram]:
    with FakeTelegram() as telegram:
        telegram.chats[GROUP_ID] = Chat(name="Night_Shift")
        yield telegram


@pytest.fixture
async def told(house: House, telegram: FakeTelegram) -> AsyncIterator[House]:
    """A house that tells a group on Telegram."""
    bot = TelegramChannel(TelegramBot(telegram.token, telegram.url), clock=house.clock)
    channels = {**house.services.channels, ChannelKind.TELEGRAM: bot}
    receivers = {**house.services.receivers, ChannelKind.TELEGRAM: TelegramReceiver("agreed-upon")}
    told = replace(house, services=replace(house.services, channels=channels, receivers=receivers))
    async with told.services.database.unit_of_work() as session:
        row = Recipient(name="Guards", channel=ChannelKind.TELEGRAM, address="@night_shift", created_at=NOW)
        await recipients.insert_recipient(session, row)
    await told.add_rule()
    yield told
    await bot.close()


async def bring(house: House, update: dict[str, Any]) -> None:
    await accept_webhook(house.services, ChannelKind.TELEGRAM, json.dumps(update).encode())
    await house.run_due()


async def test_tap_in_a_group_that_is_told_by_its_name_dismisses_the_alert_once(
    told: House, telegram: FakeTelegram
) -> None:
    await told.see(await told.add_clip())
    await told.run_due()
    tap_id, tap = telegram.make_tap(telegram.sent[0], "False alarm")
    for _ in range(2):
        await bring(told, tap)
    alert = await told.the_alert()
    assert (alert.state, alert.answered_by) == (AlertState.DISMISSED, "Guards")
    assert (telegram.confirmed, telegram.refused) == ({tap_id: "Dismissed by Guards"}, [])
    tap_id, tap = telegram.make_tap(telegram.sent[0], "Acknowledge")
    await bring(told, tap)
    assert telegram.confirmed[tap_id] == "Dismissed by Guards"  # the first answer stands, and they see whose


async def test_tap_counts_although_telegram_takes_no_sign_of_it(told: House, telegram: FakeTelegram) -> None:
    await told.see(await told.add_clip())
    await told.run_due()
    _, tap = telegram.make_tap(telegram.sent[0], "Acknowledge")
    telegram.script(Fault(500, "Internal Server Error"))
    await bring(told, tap)
    assert (await told.the_alert()).state is AlertState.ACKNOWLEDGED
    assert await told.run_due() == 0


async def test_group_that_threw_the_bot_out_is_told_again_when_it_lets_it_in(
    told: House, telegram: FakeTelegram
) -> None:
    telegram.chats[GROUP_ID].blocked = True
    await told.see(await told.add_clip())
    await told.run_due()
    delivery = (await told.the_alert()).deliveries[0]
    assert delivery.state is DeliveryState.REFUSED
    assert "blocked" in (delivery.recipient.unreachable_reason or "")
    telegram.chats[GROUP_ID].blocked = False
    chat = {"id": GROUP_ID, "username": "Night_Shift"}
    await bring(told, {"update_id": 1, "my_chat_member": {"chat": chat, "date": 1, "new_chat_member": MEMBER}})
    person = (await told.the_alert()).deliveries[0].recipient
    assert (person.unreachable_reason, person.window_open_until) == (None, None)


async def test_limit_of_telegram_s_defers_the_delivery_and_sends_each_part_once(
    told: House, telegram: FakeTelegram
) -> None:
    telegram.script(Fault(429, "Too Many Requests: retry after 7", {"retry_after": 7}))
    await told.see(await told.add_clip())
    await told.run_due()
    assert telegram.sent == []
    told.clock.advance(8)
    await told.run_due()
    assert [sent.picture is not None for sent in telegram.sent] == [False, True]
