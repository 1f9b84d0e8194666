from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI

from instantreact.api.app import create_app
from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.page import PageSetup
from instantreact.domain.alert import ChannelKind
from instantreact_demo.graph import FakeGraph
from tests.api.conftest import API_KEY, OPTIONS
from tests.api.problems import assert_problem

ANA = {"name": "Ana", "channel": "messenger"}


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


@pytest.fixture
async def connected(app: FastAPI, graph: FakeGraph) -> AsyncIterator[httpx.AsyncClient]:
    """The API of a service with a Page."""
    services, page = app.state.services, graph.page
    account = MessengerAccount(page.page_id, page.access_token, page.app_secret, graph.url)
    channel = MessengerChannel(account, clock=services.clock)
    with_page = replace(services, channels={ChannelKind.MESSENGER: channel})
    options = replace(OPTIONS, page=PageSetup(account, None, "agreed-upon"))
    whole = create_app(with_page, options, app.state.readiness, app.state.live)
    headers = {"X-API-Key": API_KEY}
    transport = httpx.ASGITransport(whole)
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as connected:
        yield connected
    await channel.close()


async def test_invitation_shows_what_opens_it_once(connected: httpx.AsyncClient) -> None:
    made = await connected.post("/invitations", json=ANA)
    (listed,) = (await connected.get("/invitations")).json()["items"]

    assert made.status_code == 201
    shown = made.json()
    assert shown["url"].startswith("https://m.me/1000?ref=")
    assert shown["code"].isdecimal()
    assert shown["qr_svg"].startswith("<svg")
    assert listed == {name: value for name, value in shown.items() if name not in ("url", "code", "qr_svg")}
    assert (listed["used_at"], listed["recipient_id"]) == (None, None)
    assert (await connected.delete(f"/invitations/{listed['id']}")).status_code == 204
    assert (await connected.get("/invitations")).json()["items"] == []
    assert_problem(await connected.delete(f"/invitations/{listed['id']}"), 404, "There is no invitation")


async def test_nobody_is_invited_to_a_channel_that_is_not_configured(client: httpx.AsyncClient) -> None:
    assert_problem(await client.post("/invitations", json=ANA), 503, "Messenger is not configured")
    assert_problem(await client.get("/channels/messenger"), 503, "instantreact messenger connect")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "body.name"),
        ({"channel": "pigeon"}, "body.channel"),
        ({"expires_in_s": 1}, "body.expires_in_s"),
        ({"expires_in_s": 10**9}, "body.expires_in_s"),
        ({"code": "123456"}, "body.code"),
    ],
)
async def test_invitation_that_makes_no_sense_is_refused(
    connected: httpx.AsyncClient, change: dict[str, object], field: str
) -> None:
    problem = assert_problem(await connected.post("/invitations", json={**ANA, **change}), 422)

    assert [error["field"] for error in problem["errors"]] == [field]


async def test_page_is_set_up_through_the_api(connected: httpx.AsyncClient, graph: FakeGraph) -> None:
    looked = (await connected.get("/channels/messenger")).json()
    assert graph.subscribed_fields == []
    done = (await connected.post("/channels/messenger/connect")).json()

    assert [check["name"] for check in looked if check["problem"]] == ["webhook", "fields", "profile"]
    assert [check["name"] for check in done if check["problem"]] == ["webhook"]
    assert "messages" in graph.subscribed_fields
