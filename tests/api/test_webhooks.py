import hashlib
import hmac
import json
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from instantreact.channels.messenger.receiver import MessengerReceiver
from instantreact.domain.alert import ChannelKind
from instantreact.pipeline.services import Services
from instantreact.storage.tables import IncomingMessage, Job
from tests.api.conftest import APP_SECRET
from tests.api.problems import assert_problem

PATH = "/webhooks/messenger"
POSTBACK = {
    "sender": {"id": "99"},
    "recipient": {"id": "1"},
    "timestamp": 1458692752478,
    "postback": {"mid": "m_1", "title": "Café", "payload": "ACK:1"},
}


def make_call(*items: object, about: str = "page") -> bytes:
    return json.dumps({"object": about, "entry": [{"id": "1", "time": 1, "messaging": list(items)}]}).encode()


async def call(client: httpx.AsyncClient, body: bytes, *, secret: str = APP_SECRET) -> httpx.Response:
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}
    return await client.post(PATH, content=body, headers=headers)


async def count(services: Services) -> tuple[int, int]:
    """(incoming messages, jobs) that are stored."""
    async with services.database.reading() as session:
        messages = await session.scalar(select(func.count()).select_from(IncomingMessage))
        jobs = await session.scalar(select(func.count()).select_from(Job))
    return messages or 0, jobs or 0


def ask(**changes: str) -> dict[str, str]:
    asked = {"mode": "subscribe", "verify_token": "agreed-upon", "challenge": "01158201444"}
    return {f"hub.{name}": value for name, value in {**asked, **changes}.items()}


async def test_webhook_repeats_the_challenge_to_who_knows_the_token(anybody: httpx.AsyncClient) -> None:
    answer = await anybody.get(PATH, params=ask())

    assert (answer.status_code, answer.text) == (200, "01158201444")
    assert answer.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    "params",
    [
        {},
        ask(mode="unsubscribe"),
        ask(verify_token="guessed"),
        ask(verify_token="ägreed"),
        ask(challenge=""),
        ask(challenge="1" * 257),
    ],
)
async def test_webhook_refuses_to_be_set_up_by_others(anybody: httpx.AsyncClient, params: dict[str, str]) -> None:
    assert_problem(await anybody.get(PATH, params=params), 403)


async def test_webhook_stores_what_happened_with_the_job_that_acts_on_it(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    answer = await call(anybody, make_call(POSTBACK, {**POSTBACK, "postback": {"mid": "m_2", "payload": "ACK:2"}}))

    assert answer.status_code == 200
    assert await count(services) == (2, 2)


async def test_webhook_takes_a_repeat_and_changes_nothing(anybody: httpx.AsyncClient, services: Services) -> None:
    for _ in range(3):
        assert (await call(anybody, make_call(POSTBACK))).status_code == 200

    assert await count(services) == (1, 1)


async def test_webhook_refuses_a_wrong_or_missing_signature(anybody: httpx.AsyncClient, services: Services) -> None:
    assert_problem(await call(anybody, make_call(POSTBACK), secret="guessed"), 403, "signature")
    assert_problem(await anybody.post(PATH, content=make_call(POSTBACK)), 403, "signature")
    assert await count(services) == (0, 0)


async def test_webhook_checks_the_bytes_not_what_they_mean(anybody: httpx.AsyncClient, services: Services) -> None:
    body = make_call(POSTBACK)
    signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()

    answer = await anybody.post(PATH, content=body + b" ", headers={"X-Hub-Signature-256": f"sha256={signature}"})

    assert_problem(answer, 403)


@pytest.mark.parametrize("body", [make_call(POSTBACK, about="instagram"), b"[]", b"{}"])
async def test_webhook_does_not_know_anything_but_pages(anybody: httpx.AsyncClient, body: bytes) -> None:
    assert_problem(await call(anybody, body), 404)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
async def test_webhook_refuses_a_signed_body_that_is_not_json(anybody: httpx.AsyncClient, body: bytes) -> None:
    assert_problem(await call(anybody, body), 422, "not JSON")


async def test_webhook_refuses_a_body_that_is_too_large_before_it_looks_at_it(anybody: httpx.AsyncClient) -> None:
    assert_problem(await call(anybody, b" " * (1024 * 1024 + 1), secret="guessed"), 413)


async def test_webhook_is_closed_and_says_so_without_its_secrets(app: FastAPI, anybody: httpx.AsyncClient) -> None:
    receivers = {ChannelKind.MESSENGER: MessengerReceiver()}
    app.state.services = replace(app.state.services, receivers=receivers)

    assert_problem(await call(anybody, make_call(POSTBACK)), 503, "INSTANTREACT_MESSENGER_APP_SECRET")
    assert_problem(await anybody.get(PATH, params=ask()), 503, "INSTANTREACT_MESSENGER_VERIFY_TOKEN")


@pytest.mark.parametrize("name", ["console", "pigeon", "messenger%2F", "Messenger"])
async def test_webhook_of_a_channel_that_brings_nothing_is_not_there(anybody: httpx.AsyncClient, name: str) -> None:
    for verb in ("GET", "POST"):
        assert_problem(await anybody.request(verb, f"/webhooks/{name}"), 404)
