"""Setting up the Page, against a real Graph stand-in and a webhook behind real TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.page import FIELDS, PageSetup, connect_page
from instantreact_demo.graph import FakeGraph
from instantreact_demo.graph.server import Page

VERIFY = "agreed-upon"


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        yield graph


def setup_for(graph: FakeGraph, public_url: str | None = None) -> PageSetup:
    page = graph.page
    account = MessengerAccount(page.page_id, page.access_token, page.app_secret, graph.url, reply_timeout_s=5.0)
    return PageSetup(account, public_url, VERIFY)


async def problems_of(setup: PageSetup, *, may_change: bool = True) -> dict[str, str | None]:
    return {check.name: check.problem for check in await connect_page(setup, may_change=may_change)}


@pytest.fixture
async def public_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[str]:
    """A front with a certificate that this process trusts; it answers as our webhook does."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        knows = f"hub.verify_token={VERIFY}" in head and "GET /webhooks/messenger?" in head
        challenge = head.split("hub.challenge=")[1].split(" ")[0].split("&")[0]
        body = challenge if knows else "no"
        status = "200 OK" if knows else "403 Forbidden"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}".encode())
        await writer.drain()
        writer.close()

    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"https://localhost:{server.sockets[0].getsockname()[1]}"


async def test_page_is_set_up_and_stays_so_when_it_is_done_again(graph: FakeGraph, public_url: str) -> None:
    for _ in range(2):
        found = await problems_of(setup_for(graph, public_url))
        assert found == {"page": None, "app secret": None, "webhook": None, "fields": None, "profile": None}

    assert tuple(graph.subscribed_fields) == FIELDS
    assert graph.profile["get_started"] == {"payload": "GET_STARTED"}
    assert graph.profile["whitelisted_domains"] == [public_url]
    assert graph.profile["persistent_menu"][0]["call_to_actions"][0]["payload"] == "STOP"


async def test_look_changes_nothing_and_names_what_is_missing(graph: FakeGraph, public_url: str) -> None:
    found = await problems_of(setup_for(graph, public_url), may_change=False)

    assert (graph.profile, graph.subscribed_fields) == ({}, [])
    assert "does not send messages, messaging_postbacks" in str(found["fields"])
    assert "get_started, greeting, persistent_menu, whitelisted_domains" in str(found["profile"])
    await connect_page(setup_for(graph, public_url))
    assert set((await problems_of(setup_for(graph, public_url), may_change=False)).values()) == {None}


@pytest.mark.parametrize(
    ("page", "wrong", "says"),
    [
        (Page(permissions=frozenset({"pages_messaging"})), "fields", "pages_manage_metadata"),
        (Page(permissions=frozenset({"pages_manage_metadata"})), "profile", "pages_messaging"),
        (Page(access_token="EAAother"), "page", "TOKEN"),
        (Page(app_secret="f" * 32), "page", "app secret"),
        (Page(page_id="2000"), "page", "PAGE_ID"),
    ],
)
async def test_what_facebook_refuses_is_said_with_what_to_do(
    graph: FakeGraph, public_url: str, page: Page, wrong: str, says: str
) -> None:
    setup = setup_for(graph, public_url)
    graph.page = page

    found = await problems_of(setup)

    assert says.casefold() in str(found[wrong]).casefold()
    assert found["webhook"] is None
    assert not any("EAAtesttoken" in str(problem) or VERIFY in str(problem) for problem in found.values())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        (None, "INSTANTREACT_PUBLIC_URL is not set"),
        ("http://alerts.example", "is not https"),
        ("https://127.0.0.1:9", "cannot be reached from here: ConnectError"),
    ],
)
async def test_webhook_that_messenger_cannot_call_is_said(graph: FakeGraph, url: str | None, says: str) -> None:
    found = await problems_of(setup_for(graph, url))

    assert says in str(found["webhook"])
    assert (found["page"], found["fields"]) == (None, None)


async def test_address_that_leads_elsewhere_is_said(graph: FakeGraph, public_url: str) -> None:
    setup = replace(setup_for(graph, public_url), verify_token="another")

    assert "answers 403, and not as this service does" in str((await problems_of(setup))["webhook"])


async def test_secret_that_is_not_set_is_said(graph: FakeGraph, public_url: str) -> None:
    graph.page = Page(app_secret=None)

    assert "APP_SECRET is not set" in str((await problems_of(setup_for(graph, public_url)))["app secret"])
