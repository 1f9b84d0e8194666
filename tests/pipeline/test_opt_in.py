"""People become recipients by an invitation, and end and begin being told by a word: from webhook to reply."""

from datetime import timedelta
from typing import Any

import pytest

from instantreact.domain.alert import ChannelKind, DeliveryState
from instantreact.pipeline.incoming import accept_webhook
from instantreact.pipeline.invite import Invite, invite
from instantreact.storage import recipients
from instantreact.storage.invitations import MAX_WRONG_CODES, use_token
from instantreact.storage.tables import Recipient
from instantreact_demo.graph import FakeGraph, Person
from tests.pipeline.conftest import PSID, House
from tests.pipeline.test_deliver import raise_alert
from tests.pipeline.webhooks import make_body, make_message, make_postback

ANA = "2002"
MESSENGER = ChannelKind.MESSENGER


@pytest.fixture(autouse=True)
def _ana_has_written(graph: FakeGraph) -> None:
    graph.people[ANA] = Person()


async def invite_ana(house: House, *, life: timedelta = timedelta(days=7)) -> Invite:
    return await invite(house.services, "Ana", MESSENGER, life=life)


def token_of(made: Invite) -> str:
    assert made.url.startswith("https://m.me/1000?ref=")
    return made.url.partition("ref=")[2]


async def receive(house: House, body: bytes) -> None:
    await accept_webhook(house.services, MESSENGER, body)
    await house.run_due()


async def open_link(house: House, token: str, psid: str = ANA, *, is_new: bool = True) -> None:
    referral: dict[str, Any] = {"ref": token, "source": "SHORTLINK", "type": "OPEN_THREAD"}
    tap = {"postback": {"mid": f"m_{psid}_{token}", "payload": "GET_STARTED", "referral": referral}}
    person = {"sender": {"id": psid}, "recipient": {"id": "1000"}, "timestamp": 1_764_000_000_000}
    await receive(house, make_body(person | (tap if is_new else {"referral": referral})))


async def everybody(house: House) -> list[Recipient]:
    async with house.services.database.reading() as session:
        return await recipients.list_recipients(session)


@pytest.mark.parametrize("is_new", [True, False], ids=["a new thread", "a thread that was there"])
async def test_link_makes_whoever_opens_it_a_recipient_and_says_what_this_is(
    house: House, graph: FakeGraph, is_new: bool
) -> None:
    made = await invite_ana(house)

    await open_link(house, token_of(made), is_new=is_new)

    (ana,) = await everybody(house)
    assert (ana.name, ana.address, ana.opted_in_at) == ("Ana", ANA, house.clock.now())
    assert ana.window_open_until is not None
    (reply,) = graph.received
    assert (reply.psid, reply.messaging_type) == (ANA, "RESPONSE")
    assert "This is a bot" in reply.text
    assert "STOP" in reply.text


@pytest.mark.parametrize("shape", ["{}", " {} ", "{0:.3} {1}", "{0:.3}-{1}"])
async def test_code_does_what_the_link_does(house: House, graph: FakeGraph, shape: str) -> None:
    made = await invite_ana(house)

    await receive(house, make_message(ANA, shape.format(made.code, made.code[3:])))

    assert [person.name for person in await everybody(house)] == ["Ana"]
    assert "Hello Ana" in graph.received[0].text


async def test_invitation_is_used_once(house: House, graph: FakeGraph) -> None:
    graph.people["3003"] = Person()
    made = await invite_ana(house)
    await open_link(house, token_of(made))

    await open_link(house, token_of(made), psid="3003")
    await receive(house, make_message("3003", made.code))

    assert [person.address for person in await everybody(house)] == [ANA]
    assert ["was used" in reply.text for reply in graph.received] == [False, True, True]


async def test_invitation_ends_with_its_time_and_the_code_before_it(house: House, graph: FakeGraph) -> None:
    made, later = await invite_ana(house), await invite_ana(house, life=timedelta(minutes=1))
    house.clock.advance(16 * 60)

    await receive(house, make_message(ANA, made.code))
    await open_link(house, token_of(later))
    assert await everybody(house) == []
    await open_link(house, token_of(made))

    assert [person.name for person in await everybody(house)] == ["Ana"]


async def test_guessing_ends_the_codes_and_not_the_links(house: House) -> None:
    made = await invite_ana(house)
    for number in range(MAX_WRONG_CODES):
        await receive(house, make_message(ANA, f"{(int(made.code) + 1 + number) % 1_000_000:06}"))

    await receive(house, make_message(ANA, made.code))
    assert await everybody(house) == []
    await open_link(house, token_of(made))

    assert [person.name for person in await everybody(house)] == ["Ana"]


async def test_invitation_of_one_channel_opens_nothing_on_another(house: House) -> None:
    made = await invite_ana(house)
    async with house.services.database.unit_of_work() as session:
        found = await use_token(session, ChannelKind.TELEGRAM, token_of(made), now=house.clock.now())

    assert found is None


@pytest.mark.parametrize("words", ["stop", "STOP", " Stop. ", "Unsubscribe", "arrêt"])
async def test_stop_ends_alerts_and_start_begins_them_again(house: House, graph: FakeGraph, words: str) -> None:
    await house.add_recipient()
    await receive(house, make_message(PSID, words))

    await house.add_rule()
    await house.see(await house.add_clip())
    await house.run_due()
    assert [reply.messaging_type for reply in graph.received] == ["RESPONSE"]
    await receive(house, make_message(PSID, "Start"))

    assert ["no more alerts" in reply.text or "alerts again" in reply.text for reply in graph.received] == [True, True]
    assert (await everybody(house))[0].opted_out_at is None


async def test_menu_ends_alerts_too(house: House, graph: FakeGraph) -> None:
    await house.add_recipient()

    await receive(house, make_postback(PSID, "STOP"))

    assert (await everybody(house))[0].opted_out_at == house.clock.now()
    assert "START" in graph.received[0].text


async def test_alert_on_its_way_is_not_sent_to_somebody_who_said_stop(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    async with house.services.database.unit_of_work() as session:
        (person,) = await recipients.list_recipients(session)
        await recipients.opt_out(session, person.id, now=house.clock.now())

    await house.run_due()

    assert graph.received == []
    (delivery,) = (await house.the_alert()).deliveries
    assert {part.state for part in delivery.parts} == {DeliveryState.REFUSED}


@pytest.mark.parametrize(("words", "replies"), [("hello", 0), ("stop", 0), ("start", 1)])
async def test_stranger_learns_nothing_but_what_this_is(
    house: House, graph: FakeGraph, words: str, replies: int
) -> None:
    await house.add_recipient()

    await receive(house, make_message(ANA, words))

    assert len(graph.received) == replies
    assert all("were invited" in reply.text and "Guard" not in reply.text for reply in graph.received)
    assert [person.name for person in await everybody(house)] == ["Guard"]
