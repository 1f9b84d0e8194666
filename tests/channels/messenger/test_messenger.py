import asyncio
import logging
import socket
import traceback
from dataclasses import replace

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.pacing import Pacer
from instantreact.channels.shortening import utf16_units
from instantreact.domain.alert import Picture
from instantreact.domain.happening import Notice, Written
from instantreact.domain.rule import Severity
from instantreact.errors import (
    ChannelBroken,
    ChannelRestricted,
    ChatWindowClosed,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    RecipientUnreachable,
)
from instantreact_demo.graph import faults
from instantreact_demo.graph.faults import Fault, FaultKind
from instantreact_demo.graph.policies import Person
from instantreact_demo.graph.server import FakeGraph, Page
from tests.channels.conftest import PSID, make_account
from tests.conftest import StoppedClock

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"


def make_notice(text: str = "Fight · Front door", open_url: str | None = None) -> Notice:
    return Notice("0f6c", Written("Fight", text, Severity.CRITICAL), open_url)


def make_channel(account: MessengerAccount, clock: StoppedClock) -> MessengerChannel:
    return MessengerChannel(account, clock=clock, pacer=Pacer(person_interval_s=0))


async def test_messenger_sends_a_template_with_its_buttons_when_the_window_is_open(
    graph: FakeGraph, channel: MessengerChannel, clock: StoppedClock
) -> None:
    receipt = await channel.send_text(PSID, make_notice(open_url="https://x.test/a/1"), metadata="part:1")
    (received,) = graph.received
    assert (receipt.message_id, receipt.accepted_at) == (received.mid, clock.now())
    assert (received.psid, received.part, received.messaging_type) == (PSID, "text", "UPDATE")
    assert (received.text, received.metadata) == ("Fight · Front door", "part:1")
    assert received.buttons == (
        {"type": "postback", "title": "Acknowledge", "payload": "ACK:0f6c"},
        {"type": "postback", "title": "False alarm", "payload": "FALSE:0f6c"},
        {"type": "web_url", "title": "Open", "url": "https://x.test/a/1"},
    )


@pytest.mark.parametrize("open_url", [None, "http://localhost:8000/alerts/1", "javascript:alert(1)"])
async def test_messenger_leaves_out_open_when_there_is_no_secure_address(
    graph: FakeGraph, channel: MessengerChannel, open_url: str | None
) -> None:
    await channel.send_text(PSID, make_notice(open_url=open_url), metadata="part:1")
    assert [button["title"] for button in graph.received[0].buttons] == ["Acknowledge", "False alarm", "Mute"]


@pytest.mark.parametrize("text", ["word " * 400, "🔥" * 700, "half a pair \ud83d and a bell \x07", "x" * 5000])
async def test_messenger_shortens_the_text_when_it_is_longer_than_a_template_holds(
    graph: FakeGraph, channel: MessengerChannel, text: str
) -> None:
    await channel.send_text(PSID, make_notice(text=text), metadata="part:1")
    assert 0 < utf16_units(graph.received[0].text) <= 640


async def test_messenger_uploads_the_picture_with_its_metadata_when_it_sends_one(
    graph: FakeGraph, channel: MessengerChannel
) -> None:
    receipt = await channel.send_picture(PSID, make_notice(), Picture(JPEG), metadata="part:2")
    (received,) = graph.received
    assert (received.mid, received.part, received.metadata) == (receipt.message_id, "picture", "part:2")
    assert (received.picture, received.messaging_type, received.psid) == (JPEG, "UPDATE", PSID)


async def test_messenger_puts_mute_below_the_picture_where_open_takes_its_place(
    graph: FakeGraph, channel: MessengerChannel
) -> None:
    await channel.send_picture(PSID, make_notice(open_url="https://x.test/a/1"), Picture(JPEG), metadata="part:2")
    assert graph.received[0].quick_replies == (
        {"content_type": "text", "title": "Mute", "payload": "SAY:mute alert 0f6c"},
    )


async def test_messenger_sends_without_proof_when_there_is_no_app_secret(clock: StoppedClock) -> None:
    with FakeGraph(Page(app_secret=None)) as graph:
        graph.people[PSID] = Person()
        channel = make_channel(make_account(graph), clock)
        await channel.send_text(PSID, make_notice(), metadata="part:1")
        await channel.close()
        assert len(graph.received) == 1


@pytest.mark.parametrize(
    ("changes", "kind", "words"),
    [
        ({"access_token": "EAAexpired"}, ChannelBroken, "make a new one"),
        ({"app_secret": "another secret"}, ChannelBroken, "app secret"),
        ({"app_secret": None}, ChannelBroken, "app secret"),
        ({"page_id": "2000"}, ChannelBroken, "Page id"),
        ({"base_url": "graph.facebook.com"}, ChannelBroken, "address"),
    ],
)
async def test_messenger_says_what_to_repair_when_its_set_up_is_wrong(
    graph: FakeGraph, clock: StoppedClock, changes: dict[str, object], kind: type[DeliveryError], words: str
) -> None:
    channel = make_channel(make_account(graph, **changes), clock)
    with pytest.raises(kind, match=words):
        await channel.send_text(PSID, make_notice(), metadata="part:1")
    with pytest.raises(kind, match=words):
        await channel.check()
    await channel.close()
    assert graph.received == []


@pytest.mark.parametrize(
    ("person", "kind"),
    [
        (Person(window_open=False), ChatWindowClosed),
        (Person(blocked=True), RecipientUnreachable),
        (None, RecipientUnreachable),
    ],
)
async def test_messenger_tells_why_when_a_person_cannot_be_reached(
    graph: FakeGraph, channel: MessengerChannel, person: Person | None, kind: type[DeliveryError]
) -> None:
    graph.people.clear()
    if person is not None:
        graph.people[PSID] = person
    with pytest.raises(kind) as text_error:
        await channel.send_text(PSID, make_notice(), metadata="part:1")
    with pytest.raises(kind) as picture_error:
        await channel.send_picture(PSID, make_notice(), Picture(JPEG), metadata="part:2")
    assert type(text_error.value) is type(picture_error.value) is kind


async def test_messenger_is_refused_when_the_message_is_none_that_graph_takes(
    graph: FakeGraph, channel: MessengerChannel
) -> None:
    with pytest.raises(DeliveryRefused, match="must be non-empty"):
        await channel.send_text(PSID, make_notice(text=" "), metadata="part:1")
    with pytest.raises(DeliveryRefused, match="999"):
        await channel.send_text(PSID, make_notice(), metadata="m" * 1000)
    with pytest.raises(DeliveryRefused, match="2018047"):
        await channel.send_picture(PSID, make_notice(), Picture(b"\x89PNG\r\n\x1a\n"), metadata="part:2")
    assert graph.received == []


REGAIN_HEADERS = {
    "X-Business-Use-Case-Usage": '{"1000":[{"type":"messenger","call_count":100,"estimated_time_to_regain_access":3}]}'
}


@pytest.mark.parametrize(
    ("fault", "kind", "retry_after_s", "ambiguous", "is_taken"),
    [
        (faults.RATE_LIMITED, DeliveryDeferred, 60.0, False, 0),
        (Fault(FaultKind.ERROR, code=613, headers=REGAIN_HEADERS), DeliveryDeferred, 180.0, False, 0),
        (faults.SEND_FAILURE, DeliveryDeferred, None, False, 0),
        (faults.TEMPORARY, DeliveryDeferred, None, False, 0),
        (faults.OUTAGE, DeliveryDeferred, None, False, 0),
        (Fault(FaultKind.PAGE, status=302), DeliveryDeferred, None, False, 0),
        (Fault(FaultKind.ERROR, status=200, code=1200), DeliveryDeferred, None, False, 0),
        (Fault(FaultKind.PAGE, status=200, accepted=True), DeliveryDeferred, 30.0, True, 1),
        (Fault(FaultKind.ERROR, code=1, subcode=1357046, accepted=True), DeliveryDeferred, 30.0, True, 1),
        (faults.RESET_AFTER_ACCEPT, DeliveryDeferred, 30.0, True, 1),
        (faults.RESET_BEFORE_ACCEPT, DeliveryDeferred, 30.0, True, 0),
        (Fault(FaultKind.ERROR, code=10, subcode=1893063), ChannelRestricted, 7200.0, False, 0),
        (Fault(FaultKind.ERROR, code=368), ChannelRestricted, 7200.0, False, 0),
    ],
)
async def test_messenger_defers_and_succeeds_the_next_time_when_graph_fails(
    graph: FakeGraph,
    channel: MessengerChannel,
    fault: Fault,
    kind: type[DeliveryDeferred],
    retry_after_s: float | None,
    ambiguous: bool,
    is_taken: int,
) -> None:
    graph.script(fault)
    with pytest.raises(kind) as caught:
        await channel.send_text(PSID, make_notice(), metadata="part:1")
    assert (caught.value.retry_after_s, caught.value.ambiguous) == (retry_after_s, ambiguous)
    assert len(graph.received) == is_taken
    receipt = await channel.send_text(PSID, make_notice(), metadata="part:1")
    assert graph.received[-1].mid == receipt.message_id


@pytest.mark.parametrize("fault", [faults.HANG, Fault(FaultKind.HANG, accepted=True)])
async def test_messenger_is_in_doubt_when_graph_never_answers(
    graph: FakeGraph, clock: StoppedClock, fault: Fault
) -> None:
    graph.script(fault)
    impatient = make_channel(make_account(graph, reply_timeout_s=0.3), clock)
    with pytest.raises(DeliveryDeferred) as caught:
        await impatient.send_text(PSID, make_notice(), metadata="part:1")
    await impatient.close()
    assert (caught.value.retry_after_s, caught.value.ambiguous) == (30.0, True)


async def test_messenger_has_a_receipt_when_graph_is_slow_and_its_allowance_nearly_used(
    graph: FakeGraph, channel: MessengerChannel
) -> None:
    graph.script(Fault(FaultKind.SLOW, accepted=True, delay_s=0.1, headers=REGAIN_HEADERS))
    receipt = await channel.send_picture(PSID, make_notice(), Picture(JPEG), metadata="part:2")
    assert receipt.message_id == graph.received[0].mid


async def test_messenger_defers_without_doubt_when_it_cannot_connect(clock: StoppedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    account = MessengerAccount("1000", "EAAtesttoken", base_url=f"http://127.0.0.1:{port}")
    channel = make_channel(account, clock)
    with pytest.raises(DeliveryDeferred) as caught:
        await channel.send_text(PSID, make_notice(), metadata="part:1")
    await channel.close()
    assert not caught.value.ambiguous


async def test_messenger_sends_to_one_person_in_turn_when_two_parts_are_sent_at_once(
    graph: FakeGraph, channel: MessengerChannel
) -> None:
    graph.script(faults.slow(0.3))
    finished: list[str] = []

    async def send_text() -> None:
        notice = replace(make_notice(), happening=Written("Fight", "Fight · Front door", Severity.WARNING))
        await channel.send_text(PSID, notice, metadata="part:1")
        finished.append("text")

    async def send_picture() -> None:
        await channel.send_picture(PSID, make_notice(), Picture(JPEG), metadata="part:2")
        finished.append("picture")

    await asyncio.gather(send_text(), send_picture())
    assert finished == ["text", "picture"]


async def test_check_names_the_page_and_tells_nobody_when_graph_knows_the_token(
    graph: FakeGraph, channel: MessengerChannel
) -> None:
    assert await channel.check() == "Messenger accepts calls for the Page Fake Page (1000)"
    assert graph.received == []


@pytest.mark.parametrize(
    "fault",
    [None, faults.RATE_LIMITED, faults.RESET_AFTER_ACCEPT, Fault(FaultKind.ERROR, code=190, message="EAAsecret")],
)
async def test_messenger_shows_no_secret_in_logs_errors_and_repr_whatever_happens(
    clock: StoppedClock, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = []
    with FakeGraph(Page(access_token="EAAsecret", app_secret="appsecret")) as graph:
        graph.people[PSID] = Person()
        account = make_account(graph)
        channel = make_channel(account, clock)
        if fault is not None:
            graph.script(fault)
        try:
            await channel.send_text(PSID, make_notice(), metadata="part:1")
        except DeliveryError as error:
            shown.extend(traceback.format_exception(error))
            if isinstance(error.__cause__, httpx.RequestError):
                shown.append(str(error.__cause__.request.url))
        await channel.close()
    shown += [caplog.text, repr(account), repr(channel)]
    for secret in account.secrets:
        assert secret not in "\n".join(shown)


@given(
    page_id=st.text(st.characters(codec="ascii", categories=["Nd"]), min_size=1, max_size=20),
    version=st.sampled_from(["v25.0", "v26.0"]),
    slash=st.sampled_from(["", "/"]),
)
def test_page_url_has_the_contract_s_form_for_any_page(page_id: str, version: str, slash: str) -> None:
    account = MessengerAccount(page_id, "t", base_url=f"https://graph.facebook.com{slash}", version=version)
    assert account.page_url == f"https://graph.facebook.com/{version}/{page_id}"
