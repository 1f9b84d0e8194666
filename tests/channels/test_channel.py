"""What every channel promises, whatever it travels on."""

import io

import pytest

from instantreact.channels.channel import Channel
from instantreact.channels.console.channel import ConsoleChannel
from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.telegram.channel import TelegramChannel
from instantreact.domain.alert import Picture
from instantreact.domain.happening import Notice, Written
from instantreact.domain.rule import Severity
from tests.channels.conftest import PSID
from tests.channels.telegram.conftest import bot, telegram, telegram_server
from tests.conftest import StoppedClock

__all__ = ["bot", "telegram", "telegram_server"]

NOTICE = Notice("0f6c", Written("Fight", "Fight · Front door", Severity.CRITICAL))


@pytest.fixture(params=["messenger", "console", "telegram"])
def any_channel(
    request: pytest.FixtureRequest, channel: MessengerChannel, bot: TelegramChannel, clock: StoppedClock
) -> Channel:
    """Each implementation of Channel; whom it reaches is called the same everywhere."""
    console = ConsoleChannel(io.StringIO(), clock=clock)
    channels: dict[str, Channel] = {"messenger": channel, "console": console, "telegram": bot}
    return channels[request.param]


async def test_channel_gives_each_part_its_own_receipt(any_channel: Channel, clock: StoppedClock) -> None:
    text = await any_channel.send_text(PSID, NOTICE, metadata="part:1")
    clock.advance(3)
    picture = await any_channel.send_picture(PSID, NOTICE, Picture(b"\xff\xd8\xff"), metadata="part:2")
    assert text.message_id
    assert picture.message_id not in ("", text.message_id)
    assert (picture.accepted_at - text.accepted_at).total_seconds() == 3


async def test_channel_takes_words_of_any_script_and_length(any_channel: Channel) -> None:
    long = Notice("0f6c", Written("Fight", "Schlägerei 打架 قتال 🚨 " * 200, Severity.WARNING))
    assert (await any_channel.send_text(PSID, long, metadata="part:1")).message_id


async def test_channel_says_in_a_line_what_it_is_ready_for(any_channel: Channel) -> None:
    assert len((await any_channel.check()).splitlines()) == 1
