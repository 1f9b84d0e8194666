"""A fake Graph with one person, and a channel to it that does not pace."""

from collections.abc import AsyncIterator, Iterator

import pytest

from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.pacing import Pacer
from instantreact_demo.graph.policies import Person
from instantreact_demo.graph.server import FakeGraph
from tests.conftest import StoppedClock

PSID = "4242"


@pytest.fixture(scope="session")
def graph_server() -> Iterator[FakeGraph]:
    """One server for every test; `graph` clears it."""
    with FakeGraph() as server:
        yield server


@pytest.fixture
def graph(graph_server: FakeGraph) -> FakeGraph:
    """Graph, knowing the person PSID, whose window is open."""
    graph_server.reset()
    graph_server.people[PSID] = Person()
    return graph_server


def make_account(graph: FakeGraph, **changes: object) -> MessengerAccount:
    """The account that the fake Graph knows, with changes."""
    page = graph.page
    known = {"page_id": page.page_id, "access_token": page.access_token, "app_secret": page.app_secret}
    return MessengerAccount(**{**known, "base_url": graph.url, **changes})  # type: ignore[arg-type]


@pytest.fixture
async def channel(graph: FakeGraph, clock: StoppedClock) -> AsyncIterator[MessengerChannel]:
    """A channel to the fake Graph."""
    messenger = MessengerChannel(make_account(graph), clock=clock, pacer=Pacer(person_interval_s=0))
    yield messenger
    await messenger.close()
