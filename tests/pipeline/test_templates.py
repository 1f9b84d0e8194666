"""A chat window that is shut: an approved template reaches the person, or else their other channel is told."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.pacing import Pacer
from instantreact.channels.messenger.template import MessengerTemplate, TemplateForm
from instantreact.domain.alert import AlertState, ChannelKind
from instantreact.domain.language import Language
from instantreact.errors import Misconfigured, TemplateRefused
from instantreact.pipeline.incoming import accept_webhook
from instantreact.pipeline.links import Links
from instantreact.pipeline.repair import queue_checks
from instantreact.storage import recipients, template_faults
from instantreact.storage.tables import Delivery, Recipient
from instantreact_demo.graph import FakeGraph, Person
from instantreact_demo.graph.faults import OUTAGE
from instantreact_demo.graph.templates import Template
from tests.pipeline.conftest import HOUR_S, PSID, House
from tests.pipeline.test_chat import say
from tests.pipeline.test_deliver import raise_alert, received_parts
from tests.pipeline.webhooks import make_postback
from tests.storage.factories import NOW

WORDS = "Update from InstantReact: {{1}} was reported at {{2}} on {{3}} by one of your cameras."
BUTTONS = (
    {"type": "POSTBACK", "text": "Acknowledge", "payload": "ACK:{{1}}"},
    {"type": "URL", "text": "Review", "url": "https://alerts.example/open/{{1}}"},
)
FORM = TemplateForm("alert", ("en", "fr_FR"), (("", "title"), ("", "place"), ("", "time")), ("acknowledge", "open"))


def approve(graph: FakeGraph, language: str = "en", *, text: str = WORDS, status: str = "APPROVED") -> Template:
    template = Template("alert", language, text, BUTTONS, is_named=False, status=status)
    graph.templates.append(template)
    return template


@pytest.fixture
async def shut(house: House, graph: FakeGraph) -> AsyncIterator[House]:
    """A guard whose window is shut; a template is set, which Graph does not know yet."""
    page = graph.page
    account = MessengerAccount(page.page_id, page.access_token, page.app_secret, graph.url)
    channel = MessengerChannel(account, clock=house.clock, pacer=Pacer(person_interval_s=0.0))
    graph.people[PSID] = Person(window_open=False)
    services = replace(
        house.services,
        channels={ChannelKind.MESSENGER: channel},
        templates={ChannelKind.MESSENGER: MessengerTemplate(channel, FORM)},
        links=Links("https://alerts.example", b"secret"),
    )
    yield replace(house, services=services)
    await channel.close()


async def the_delivery(house: House) -> Delivery:
    (delivery,) = (await house.the_alert()).deliveries
    return delivery


async def alert_again(house: House) -> None:
    house.clock.advance(1.0)
    await house.see(await house.add_clip())
    await house.run_due()


async def test_alert_reaches_a_shut_window_by_template_and_its_picture_follows_a_tap(
    shut: House, graph: FakeGraph
) -> None:
    approve(graph)
    await raise_alert(shut)
    await shut.run_due()
    (sent,) = graph.received
    assert (sent.messaging_type, sent.text.split(" on ")[0]) == (
        "UTILITY",
        "Update from InstantReact: A fight was reported at Shop",
    )
    delivery = await the_delivery(shut)
    text, picture = delivery.parts
    assert (delivery.state, text.state, picture.state) == ("sent", "sent", "held")
    assert "it follows when this person writes or taps" in (picture.error or "")

    graph.people[PSID].window_open = True
    acknowledge = next(button["payload"] for button in sent.buttons if button["title"] == "Acknowledge")
    await accept_webhook(shut.services, ChannelKind.MESSENGER, make_postback(PSID, acknowledge))
    await shut.run_due()
    assert received_parts(graph) == ["text", "picture"]
    assert (await shut.the_alert()).state is AlertState.ACKNOWLEDGED
    assert [part.state for part in (await the_delivery(shut)).parts] == ["sent", "sent"]


async def test_pictures_that_are_old_or_many_do_not_follow(shut: House, graph: FakeGraph) -> None:
    approve(graph)
    await shut.add_recipient()
    await shut.add_rule(cooldown_s=0.0)
    await alert_again(shut)
    shut.clock.advance(25 * HOUR_S)
    for _ in range(5):
        await alert_again(shut)
    graph.people[PSID].window_open = True
    await say(shut, "status")
    assert received_parts(graph).count("picture") == 3
    errors = [part.error or "" for alert in await shut.alerts() for part in alert.deliveries[0].parts]
    assert len([error for error in errors if "too late for this picture" in error]) == 3


async def test_person_is_written_to_in_the_language_that_is_approved_or_in_the_first(
    shut: House, graph: FakeGraph
) -> None:
    approve(graph, "fr_FR", text="Un message d’InstantReact : {{1}}, vu à {{2}}, le {{3}}, par une de vos caméras.")
    person = await shut.add_recipient()
    async with shut.services.database.unit_of_work() as session:
        await recipients.update_recipient(session, person.id, {"language": Language.FRENCH})
    await shut.add_rule()
    await alert_again(shut)
    assert graph.received[0].text.startswith("Un message d’InstantReact : A fight, vu à Shop, le dim. 22 nov.")


async def test_refused_template_holds_says_why_and_is_left_alone_for_an_hour(shut: House, graph: FakeGraph) -> None:
    template = approve(graph, status="PAUSED")
    await shut.add_recipient()
    await shut.add_rule(cooldown_s=0.0)
    await alert_again(shut)
    assert "The template alert (en) was refused: Messenger refuses the template." in await reason(shut)
    asked = len(graph.refused)
    await alert_again(shut)
    assert len(graph.refused) == asked + 1  # the window alone
    assert "The template alert (en) was not tried: " in await reason(shut)
    async with shut.services.database.reading() as session:
        (fault,) = await template_faults.list_refusals(session)
    assert "PAUSED" in fault.reason
    template.status = "APPROVED"
    shut.clock.advance(HOUR_S)
    await alert_again(shut)
    assert [sent.messaging_type for sent in graph.received] == ["UTILITY"]
    async with shut.services.database.reading() as session:
        assert await template_faults.list_refusals(session) == []


async def reason(house: House) -> str:
    """Why the newest alert's text was not sent."""
    return (await house.alerts())[0].deliveries[0].parts[0].error or ""


async def test_restart_tries_a_refused_template_again(shut: House, graph: FakeGraph) -> None:
    await shut.add_recipient()
    await shut.add_rule(cooldown_s=0.0)
    await alert_again(shut)
    approve(graph)
    await queue_checks(shut.services)
    await alert_again(shut)
    assert len(graph.received) == 1


@pytest.mark.parametrize("approved", [True, False])
async def test_fallback_is_told_only_where_the_template_does_not_reach_the_person(
    shut: House, graph: FakeGraph, approved: bool
) -> None:
    if approved:
        approve(graph)
    graph.people["2002"] = Person()
    person = await shut.add_recipient()
    async with shut.services.database.unit_of_work() as session:
        other = Recipient(name="Ana", channel=ChannelKind.MESSENGER, address="2002", created_at=NOW)
        await recipients.insert_recipient(session, other)
        await recipients.update_recipient(session, person.id, {"fallback_id": other.id})
    await shut.add_rule(recipient_ids=[person.id])
    await alert_again(shut)
    assert {sent.psid for sent in graph.received} == ({PSID} if approved else {"2002"})
    by_person = {each.recipient_id: each for each in (await shut.the_alert()).deliveries}
    first = by_person.pop(person.id)
    assert [each.instead_of for each in by_person.values()] == ([] if approved else [first.id])


async def test_template_that_fails_for_the_moment_is_tried_again_and_no_channel_is_broken_by_a_refusal(
    shut: House, graph: FakeGraph
) -> None:
    approve(graph)
    await raise_alert(shut)
    passes = iter([None, OUTAGE])
    graph.weather = lambda part: next(passes, None)
    await shut.run_due()
    assert (await the_delivery(shut)).state == "pending"
    shut.clock.advance(60.0)
    graph.page = replace(graph.page, permissions=frozenset({"pages_messaging"}))
    await shut.run_due()
    assert "pages_utility_messaging" in await reason(shut)
    assert (await the_delivery(shut)).state == "held"
    async with shut.services.database.reading() as session:
        assert [fault.template for fault in await template_faults.list_refusals(session)] == ["alert (en)"]


async def test_template_says_whether_it_is_approved(shut: House, graph: FakeGraph) -> None:
    template = shut.services.templates[ChannelKind.MESSENGER]
    approve(graph)
    with pytest.raises(TemplateRefused, match="alert is not there in fr_FR"):
        await template.check()
    approve(graph, "fr_FR")
    assert await template.check() == "alert is approved in en, fr_FR"


def test_template_with_a_place_that_we_have_nothing_for_is_refused_at_start() -> None:
    with pytest.raises(Misconfigured, match=r"cannot have the value colour, button dance"):
        TemplateForm("alert", ("en",), (("", "colour"),), ("dance",))
