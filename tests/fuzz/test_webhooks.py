"""Channels' webhooks: the signature is right and the body hostile. It is never our fault, and what stands beside the
hostile in the same body is neither lost nor done twice."""

import hashlib
import hmac
import json
from collections.abc import Sequence

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from instantreact.channels.messenger.webhook import parse_webhook, read_item
from instantreact.channels.telegram.receiver import TelegramReceiver
from instantreact.domain.alert import ChannelKind
from instantreact.errors import InvalidInput, NotFound
from instantreact.pipeline.incoming import accept_webhook
from instantreact.storage.tables import IncomingMessage, Job
from tests.api.conftest import APP_SECRET
from tests.api.serving import serve
from tests.fuzz.effort import damaged, effort
from tests.fuzz.hostile_json import HOSTILE, TEXTS
from tests.pipeline.conftest import House
from tests.pipeline.webhooks import AT_MS
from tests.storage.databases import ENGINES


def write_good(number: int) -> str:
    message = {"mid": f"good_{number}", "text": "hello"}
    return json.dumps({"sender": {"id": "1001"}, "recipient": {"id": "1"}, "timestamp": AT_MS, "message": message})


def write_body(items: Sequence[str], entries: Sequence[str] = ()) -> bytes:
    """Good items alternate with `items`, good entries with `entries`."""
    mixed = [each for number, item in enumerate(items) for each in (write_good(number), item)]
    last = f'{{"messaging":[{write_good(len(items))}]}}'
    listed = [f'{{"id":"1","messaging":[{",".join(mixed)}]}}', *entries, last]
    return f'{{"entry":[{",".join(listed)}],"object":"page"}}'.encode("utf-8", "surrogatepass")


def keys_of_good(count: int) -> set[str]:
    return {read_item(json.loads(write_good(number))).dedupe_key for number in range(count)}


def sign(body: bytes) -> dict[str, str]:
    signature = hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return {"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"}


@given(items=st.lists(TEXTS, max_size=4), entries=st.lists(TEXTS, max_size=2))
@effort(150)
def test_items_beside_hostile_ones_are_read_and_all_can_be_stored(items: list[str], entries: list[str]) -> None:
    found = parse_webhook(write_body(items, entries))

    assert keys_of_good(len(items) + 1) <= {each.dedupe_key for each in found}
    for each in found:
        assert read_item(json.loads(json.dumps(each.body, allow_nan=False))) == each
        assert len(each.dedupe_key) <= 80


@given(st.data())
@effort(150)
def test_damaged_body_is_read_or_refused(data: st.DataObject) -> None:
    body = data.draw(damaged(write_body([data.draw(TEXTS)])))
    try:
        parse_webhook(body)
    except (InvalidInput, NotFound):
        return


@given(TEXTS, st.sampled_from(["message", "callback_query", "my_chat_member", "update_id", "x"]))
@effort(100)
def test_update_of_telegram_is_read_or_refused(text: str, name: str) -> None:
    receiver = TelegramReceiver("secret")
    try:
        (found,) = receiver.parse(f'{{"update_id":7,"{name}":{text}}}'.encode("utf-8", "surrogatepass"))
        assert receiver.read_item(json.loads(json.dumps(found.body, allow_nan=False))) == found
    except InvalidInput:
        assert name == "update_id"


@pytest.mark.parametrize("engine", ENGINES)
async def test_hostile_items_are_stored_and_done_with_beside_the_good_ones(house: House) -> None:
    """Through the database and the handlers, as far as they come."""
    await house.add_recipient()
    hostile = [
        *HOSTILE,
        *(f'{{"sender":{{"id":"1001"}},"timestamp":{each},"message":{{"mid":"m","text":"STOP"}}}}' for each in HOSTILE),
        *(f'{{"sender":{{"id":"1001"}},"timestamp":1,"message":{{"mid":{each},"text":{each}}}}}' for each in HOSTILE),
        *(f'{{"sender":{{"id":{each}}},"timestamp":1,"postback":{{"payload":{each}}}}}' for each in HOSTILE),
        *(f'{{"sender":{{"id":"1001"}},"read":{{"watermark":{each}}}}}' for each in (*HOSTILE, "0", "-62135596800000")),
        *(f'{{"sender":{{"id":"1001"}},"delivery":{{"mids":[{each}],"watermark":{each}}}}}' for each in HOSTILE),
    ]
    for some in (hostile[start : start + 20] for start in range(0, len(hostile), 20)):
        await accept_webhook(house.services, ChannelKind.MESSENGER, write_body(some, some))
    await house.run_due()

    async with house.services.database.reading() as session:
        stored = {each.dedupe_key: each for each in await session.scalars(select(IncomingMessage))}
        assert list(await session.scalars(select(Job.subject).where(Job.kind == "incoming"))) == []
    assert keys_of_good(21) <= stored.keys()
    assert all(each.handled_at for each in stored.values())


async def test_body_of_ten_thousand_entries_is_taken_whole_and_once(house: House) -> None:
    entries = [f'{{"messaging":[{{"sender":{{"id":"9"}},"read":{{"watermark":{at}}}}}]}}' for at in range(10_000)]
    body = write_body([], entries)
    for _ in range(2):
        await accept_webhook(house.services, ChannelKind.MESSENGER, body)

    async with house.services.database.reading() as session:
        assert len(list(await session.scalars(select(IncomingMessage.id)))) == 10_001


async def test_every_hostile_body_is_answered_and_the_service_goes_on(app: FastAPI) -> None:
    bodies = [write_body([each]) for each in HOSTILE] + [each.encode("utf-8", "surrogatepass") for each in HOSTILE]
    bodies += [write_body([])[:-1], write_body([]) + b"\x00", b"\xef\xbb\xbf" + write_body([]), b"\xff" * 100]
    bodies += [write_body([]).decode().encode(code) for code in ("utf-16", "utf-32")]
    async with serve(app) as address, httpx.AsyncClient(base_url=address, timeout=60) as client:
        answers = [await client.post("/webhooks/messenger", content=body, headers=sign(body)) for body in bodies]
        assert (await client.get("/livez")).status_code == 200
    assert {answer.status_code for answer in answers[: len(HOSTILE)]} == {200}
    assert {answer.status_code for answer in answers} <= {200, 404, 422}
