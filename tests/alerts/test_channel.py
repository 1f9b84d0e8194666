"""What every channel promises, whatever it travels on."""

import io

import pytest

from instantreact.alerts.channel import Channel
from instantreact.alerts.console import ConsoleChannel
from instantreact.alerts.messenger import MessengerChannel
from instantreact.domain.alert import AlertText, Picture
from instantreact.domain.rule import Severity
from tests.alerts.conftest import PSID
from tests.conftest import StoppedClock

TEXT = AlertText("Fight · Front door", "0f6c", Severity.CRITICAL)


@pytest.fixture(params=["messenger", "console"])
def any_channel(request: pytest.FixtureRequest, channel: MessengerChannel, clock: StoppedClock) -> Channel:
    """Each implementation of Channel."""
    return channel if request.param == "messenger" else ConsoleChannel(io.StringIO(), clock=clock)


async def test_channel_gives_each_part_its_own_receipt(any_channel: Channel, clock: StoppedClock) -> None:
    text = await any_channel.send_text(PSID, TEXT, metadata="part:1")
    clock.advance(3)
    picture = await any_channel.send_picture(PSID, Picture(b"\xff\xd8\xff"), metadata="part:2")
    assert text.message_id
    assert picture.message_id not in ("", text.message_id)
    assert (picture.accepted_at - text.accepted_at).total_seconds() == 3


async def test_channel_takes_words_of_any_script_and_length(any_channel: Channel) -> None:
    long = AlertText("Schlägerei 打架 قتال 🚨 " * 200, "0f6c", Severity.WARNING)
    assert (await any_channel.send_text(PSID, long, metadata="part:1")).message_id


async def test_channel_says_in_a_line_what_it_is_ready_for(any_channel: Channel) -> None:
    assert len((await any_channel.check()).splitlines()) == 1
