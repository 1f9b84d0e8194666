"""What every channel promises, whatever it travels on."""

import io
from dataclasses import dataclass

import pytest

from instantreact.channels.apprise.channel import AppriseChannel
from instantreact.channels.channel import Channel
from instantreact.channels.console.channel import ConsoleChannel
from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.mqtt.channel import MqttChannel
from instantreact.channels.registry import CHANNELS
from instantreact.channels.telegram.channel import TelegramChannel
from instantreact.channels.webhook.channel import WebhookChannel
from instantreact.channels.webpush.channel import WebPushChannel
from instantreact.domain.alert import Picture
from instantreact.domain.happening import Notice, Written
from instantreact.domain.rule import Severity
from tests.channels.apprise.conftest import apprise, mail, mail_server, notified, notified_server
from tests.channels.conftest import PSID
from tests.channels.mqtt.conftest import mosquitto, mqtt
from tests.channels.telegram.conftest import bot, telegram, telegram_server
from tests.channels.webhook.conftest import clock, hook_server, hooks, receiver
from tests.channels.webpush.conftest import browser, desk, push, push_server, safe, webpush
from tests.conftest import StoppedClock
from tests.servers.webhooks import HookReceiver

__all__ = [
    "apprise",
    "bot",
    "browser",
    "clock",
    "desk",
    "hook_server",
    "hooks",
    "mail",
    "mail_server",
    "mosquitto",
    "mqtt",
    "notified",
    "notified_server",
    "push",
    "push_server",
    "receiver",
    "safe",
    "telegram",
    "telegram_server",
    "webpush",
]

NOTICE = Notice("0f6c", Written("Fight", "Fight · Front door", Severity.CRITICAL))


@dataclass(frozen=True)
class Reached:
    """A channel, and the address of somebody on it."""

    channel: Channel
    address: str = PSID


@pytest.fixture
def reached(
    channel: MessengerChannel,
    bot: TelegramChannel,
    hooks: WebhookChannel,
    receiver: HookReceiver,
    apprise: AppriseChannel,
    mqtt: MqttChannel,
    webpush: WebPushChannel,
    desk: str,
    clock: StoppedClock,
) -> dict[str, Reached]:
    """Each implementation of Channel."""
    return {
        "messenger": Reached(channel),
        "console": Reached(ConsoleChannel(io.StringIO(), clock=clock)),
        "telegram": Reached(bot),
        "webhook": Reached(hooks, receiver.url),
        "apprise": Reached(apprise, "desk"),
        "mqtt": Reached(mqtt, "home"),
        "webpush": Reached(webpush, desk),
    }


@pytest.fixture(params=list(CHANNELS))
def any_channel(request: pytest.FixtureRequest, reached: dict[str, Reached]) -> Reached:
    """One after the other, as many as are registered."""
    return reached[request.param]


async def test_channel_gives_each_part_its_own_receipt(any_channel: Reached, clock: StoppedClock) -> None:
    text = await any_channel.channel.send_text(any_channel.address, NOTICE, metadata="part:1")
    clock.advance(3)
    picture = await any_channel.channel.send_picture(
        any_channel.address, NOTICE, Picture(b"\xff\xd8\xff"), metadata="part:2"
    )
    assert text.message_id
    assert picture.message_id not in ("", text.message_id)
    assert (picture.accepted_at - text.accepted_at).total_seconds() == 3


async def test_channel_takes_words_of_any_script_and_length(any_channel: Reached) -> None:
    long = Notice("0f6c", Written("Fight", "Schlägerei 打架 قتال 🚨 " * 200, Severity.WARNING))
    assert (await any_channel.channel.send_text(any_channel.address, long, metadata="part:1")).message_id


async def test_channel_says_in_a_line_what_it_is_ready_for(any_channel: Reached) -> None:
    assert len((await any_channel.channel.check()).splitlines()) == 1
