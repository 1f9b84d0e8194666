"""A receiver of webhooks, and a channel that calls it."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import pytest

from instantreact.channels.webhook.channel import WebhookChannel, WebhookPolicy
from instantreact.channels.webhook.signature import find_key
from tests.conftest import StoppedClock
from tests.servers.webhooks import SECRET, HookReceiver


def key_of(secret: str) -> bytes:
    """The key that a good secret stands for."""
    key = find_key(secret)
    assert key is not None
    return key


@pytest.fixture
def clock() -> StoppedClock:
    """Receivers take what was signed within five minutes."""
    return StoppedClock(datetime.now(UTC))


@pytest.fixture(scope="session")
def hook_server() -> Iterator[HookReceiver]:
    """One server for every test; `receiver` clears it."""
    with HookReceiver() as server:
        yield server


@pytest.fixture
def receiver(hook_server: HookReceiver) -> HookReceiver:
    """A receiver that has heard nothing yet."""
    hook_server.reset()
    return hook_server


@pytest.fixture
async def hooks(clock: StoppedClock) -> AsyncIterator[WebhookChannel]:
    """A channel that signs with the receiver's secret."""
    channel = WebhookChannel(WebhookPolicy([key_of(SECRET)], timeout_s=5.0), clock=clock)
    yield channel
    await channel.close()
