"""A mail server and a service on loopback, and a channel that knows both."""

from collections.abc import AsyncIterator, Iterator

import pytest

from instantreact.channels.apprise.channel import AppriseChannel
from tests.conftest import StoppedClock
from tests.servers.mail import MailServer
from tests.servers.notified import NotifiedServer


@pytest.fixture(scope="session")
def mail_server() -> Iterator[MailServer]:
    """One server for every test; `mail` clears it."""
    with MailServer() as server:
        yield server


@pytest.fixture
def mail(mail_server: MailServer) -> MailServer:
    """A mail server with empty boxes."""
    mail_server.reset()
    return mail_server


@pytest.fixture(scope="session")
def notified_server() -> Iterator[NotifiedServer]:
    """One server for every test; `notified` clears it."""
    with NotifiedServer() as server:
        yield server


@pytest.fixture
def notified(notified_server: NotifiedServer) -> NotifiedServer:
    """A service that has heard nothing yet."""
    notified_server.reset()
    return notified_server


@pytest.fixture
async def apprise(mail: MailServer, notified: NotifiedServer, clock: StoppedClock) -> AsyncIterator[AppriseChannel]:
    """A channel with an address at each."""
    channel = AppriseChannel({"office": mail.address(), "desk": notified.address()}, clock=clock, timeout_s=10.0)
    yield channel
    await channel.close()
