"""A push service, a browser that subscribed to it, and a channel that tells it."""

import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
import trustme

from instantreact.channels.webpush.channel import WebPushChannel, WebPushPolicy
from instantreact.channels.webpush.subscription import PushSubscription, write_subscription
from instantreact.channels.webpush.vapid import load_key, write_public
from tests.conftest import StoppedClock
from tests.servers.push_service import PushService, SubscribedBrowser

CONTACT = "mailto:alerts@example.com"


@dataclass
class OpenSafe:
    """Secrets in memory. Implements ChannelSafe."""

    kept: dict[str, str] = field(default_factory=dict)

    async def find(self, name: str) -> str | None:
        return self.kept.get(name)

    async def find_or_make(self, name: str, make: Callable[[], str]) -> str:
        return self.kept.setdefault(name, make())

    async def forget(self, name: str) -> None:
        self.kept.pop(name, None)

    def add(self, browser: SubscribedBrowser) -> str:
        """Register a browser; its name."""
        subscription = subscription_of(browser)
        self.kept[subscription.name] = write_subscription(subscription)
        return subscription.name


def subscription_of(browser: SubscribedBrowser) -> PushSubscription:
    given = browser.to_json()
    return PushSubscription(given["endpoint"], **given["keys"])


def trust(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """The certificate of an authority, and what a server of its for localhost needs."""
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(tls)
    authority.cert_pem.write_to_path(str(folder / "authority.pem"))
    return folder / "authority.pem", tls


@pytest.fixture
def clock() -> StoppedClock:
    """Push services look at their own."""
    return StoppedClock(datetime.now(UTC))


@pytest.fixture(scope="session")
def push_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PushService, Path]]:
    """One server for every test, and who vouches for it; `push` clears it."""
    authority, tls = trust(tmp_path_factory.mktemp("push"))
    with PushService(tls) as server:
        yield server, authority


@pytest.fixture
def push(push_server: tuple[PushService, Path], monkeypatch: pytest.MonkeyPatch) -> PushService:
    """A push service that knows no browser yet, and is trusted."""
    server, authority = push_server
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    server.reset()
    return server


@pytest.fixture
def safe() -> OpenSafe:
    return OpenSafe()


@pytest.fixture
async def browser(push: PushService, safe: OpenSafe) -> SubscribedBrowser:
    """Subscribed with our key, and registered."""
    browser = push.subscribe(write_public(await load_key(safe)))
    safe.add(browser)
    return browser


@pytest.fixture
def desk(browser: SubscribedBrowser) -> str:
    """The browser's name here."""
    return subscription_of(browser).name


@pytest.fixture
async def webpush(push: PushService, safe: OpenSafe, clock: StoppedClock) -> AsyncIterator[WebPushChannel]:
    channel = WebPushChannel(WebPushPolicy(CONTACT, timeout_s=5.0), safe, clock=clock)
    yield channel
    await channel.close()
