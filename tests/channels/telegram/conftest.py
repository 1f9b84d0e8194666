"""A fake Telegram with one chat, and a channel to it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from instantreact.channels.telegram.channel import TelegramBot, TelegramChannel
from tests.conftest import StoppedClock
from tests.servers.telegram import Chat, FakeTelegram

CHAT_ID, GROUP_ID = 4242, -1001234567890


@pytest.fixture(scope="session")
def telegram_server() -> Iterator[FakeTelegram]:
    """One server for every test; `telegram` clears it."""
    with FakeTelegram() as server:
        yield server


@pytest.fixture
def telegram(telegram_server: FakeTelegram) -> FakeTelegram:
    """Telegram, where a person and a group know the bot."""
    telegram_server.reset()
    telegram_server.chats = {CHAT_ID: Chat(), GROUP_ID: Chat(name="night_shift")}
    return telegram_server


@pytest.fixture
async def bot(telegram: FakeTelegram, clock: StoppedClock) -> AsyncIterator[TelegramChannel]:
    """A channel to the fake Telegram."""
    channel = TelegramChannel(TelegramBot(telegram.token, telegram.url, reply_timeout_s=5.0), clock=clock)
    yield channel
    await channel.close()
