import io

import pytest

from instantreact.channels.console.channel import ConsoleChannel
from instantreact.domain.alert import Picture
from instantreact.domain.happening import Notice, Written
from instantreact.domain.rule import Severity
from instantreact.errors import DeliveryDeferred
from tests.conftest import StoppedClock

FIGHT = Written("Fight", "Fight · Front door", Severity.CRITICAL)
NOTICE = Notice("0f6c", FIGHT, open_url="http://localhost:8000/alerts/0f6c")


class FullDisk(io.StringIO):
    """A stream that takes nothing."""

    def write(self, _: str) -> int:
        raise OSError(28, "No space left on device")


async def test_console_prints_both_parts_when_they_are_sent(clock: StoppedClock) -> None:
    stream = io.StringIO()
    console = ConsoleChannel(stream, clock=clock)
    receipt = await console.send_text("anna", NOTICE, metadata="part:1")
    await console.send_picture("anna", NOTICE, Picture(b"\xff\xd8\xff", "door.jpg"), metadata="part:2")
    assert (receipt.message_id, receipt.accepted_at) == ("part:1", clock.now())
    for words in ("anna", "critical", "0f6c", FIGHT.text, "http://localhost:8000/alerts/0f6c", "door.jpg", "3 bytes"):
        assert words in stream.getvalue()


async def test_console_prints_no_escape_codes_when_a_text_holds_some(clock: StoppedClock) -> None:
    stream = io.StringIO()
    await ConsoleChannel(stream, clock=clock).send_text(
        "anna", Notice("1", Written("", "\x1b[2Jgone", Severity.INFO)), metadata="part:1"
    )
    assert "\x1b" not in stream.getvalue()


async def test_console_defers_when_its_stream_takes_nothing(clock: StoppedClock) -> None:
    with pytest.raises(DeliveryDeferred):
        await ConsoleChannel(FullDisk(), clock=clock).send_text("anna", NOTICE, metadata="part:1")


async def test_console_is_always_ready_and_leaves_the_stream_open_when_closed(clock: StoppedClock) -> None:
    stream = io.StringIO()
    console = ConsoleChannel(stream, clock=clock)
    assert "console" in await console.check()
    await console.close()
    assert not stream.closed
