from instantreact.domain.alert import ChannelKind, DeliveryState
from instantreact.jobs import outbox
from instantreact.pipeline.deliver import MAX_ATTEMPTS
from instantreact.pipeline.incoming import accept_webhook
from instantreact.pipeline.rerun import rerun_job
from instantreact.pipeline.sending import part_metadata
from instantreact.storage import deliveries, recipients
from instantreact_demo.graph import FakeGraph, Person
from instantreact_demo.graph.faults import OUTAGE, RATE_LIMITED, RESET_AFTER_ACCEPT, TEMPORARY, Fault, FaultKind
from tests.pipeline.conftest import HOUR_S, JPEG, PSID, House
from tests.pipeline.webhooks import make_echo, make_message


async def raise_alert(house: House) -> None:
    await house.add_recipient()
    await house.add_rule()
    await house.see(await house.add_clip())


def received_parts(graph: FakeGraph) -> list[str]:
    return [part.part for part in graph.received]


async def test_deliver_sends_text_then_picture_when_nothing_fails(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    await house.run_due()
    assert received_parts(graph) == ["text", "picture"]
    assert graph.received[1].picture == JPEG
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.SENT


async def test_deliver_repeats_only_the_picture_when_the_text_was_accepted(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    graph.script(Fault(TEMPORARY.kind, code=TEMPORARY.code, part="picture"))
    await house.run_due()
    assert received_parts(graph) == ["text"]
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.PENDING
    house.clock.advance(300)
    await house.run_due()
    assert received_parts(graph) == ["text", "picture"]


async def test_deliver_loses_nothing_when_graph_fails_for_an_hour(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    graph.script(*[OUTAGE] * 1000)
    for _ in range(60):
        await house.run_due()
        house.clock.advance(HOUR_S / 60)
    assert graph.received == []
    graph.faults.clear()
    house.clock.advance(300)
    await house.run_due()
    assert received_parts(graph) == ["text", "picture"]


async def test_deliver_holds_back_when_the_window_is_closed_and_sends_when_the_person_writes(
    house: House, graph: FakeGraph
) -> None:
    graph.people[PSID] = Person(window_open=False)
    await raise_alert(house)
    await house.run_due()
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.HELD
    graph.people[PSID].window_open = True
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_message(PSID, "hello"))
    await house.run_due()
    assert received_parts(graph) == ["text", "text", "picture"]
    assert "did not understand" in graph.received[0].text


async def test_deliver_gives_up_on_a_person_who_blocked_the_page(house: House, graph: FakeGraph) -> None:
    graph.people[PSID] = Person(blocked=True)
    await raise_alert(house)
    await house.run_due()
    delivery = (await house.the_alert()).deliveries[0]
    assert delivery.state is DeliveryState.REFUSED
    async with house.services.database.reading() as session:
        person = await recipients.get_recipient(session, delivery.recipient_id)
    assert person.unreachable_reason


async def test_deliver_waits_for_the_operator_when_the_token_is_refused(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    graph.script(Fault(FaultKind.ERROR, status=401, code=190, message="Error validating access token"))
    await house.run_due()
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.PENDING
    house.clock.advance(700)
    await house.run_due()
    assert received_parts(graph) == ["text", "picture"]


async def test_deliver_does_not_repeat_a_part_when_its_echo_comes_though_the_answer_was_lost(
    house: House, graph: FakeGraph
) -> None:
    await raise_alert(house)
    graph.script(RESET_AFTER_ACCEPT)
    await house.run_due()
    assert received_parts(graph) == ["text"]
    sent = graph.received[0]
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_echo(sent.psid, sent.mid, sent.metadata or ""))
    await house.run_due()
    house.clock.advance(120)
    await house.run_due()
    assert received_parts(graph) == ["text", "picture"]


async def test_deliver_repeats_a_part_when_nobody_knows_whether_it_arrived(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    graph.script(RESET_AFTER_ACCEPT)
    await house.run_due()
    house.clock.advance(120)
    await house.run_due()
    assert received_parts(graph) == ["text", "text", "picture"]


async def break_off_a_try(house: House) -> str:
    """A crash, as the database sees it: the try of an alert's text was started, and nobody noted how it ended."""
    await raise_alert(house)
    text = (await house.the_alert()).deliveries[0].parts[0]
    async with house.services.database.unit_of_work() as session:
        await deliveries.start_attempts(session, [text.id], now=house.clock.now())
    return part_metadata(text.id)


async def test_deliver_does_not_repeat_a_part_when_its_echo_comes_after_a_crash(house: House, graph: FakeGraph) -> None:
    metadata = await break_off_a_try(house)
    await house.run_due()
    assert received_parts(graph) == []
    await accept_webhook(house.services, ChannelKind.MESSENGER, make_echo(PSID, "m_before", metadata))
    house.clock.advance(12)
    await house.run_due()
    assert received_parts(graph) == ["picture"]


async def test_deliver_repeats_a_part_when_no_echo_comes_after_a_crash(house: House, graph: FakeGraph) -> None:
    await break_off_a_try(house)
    await house.run_due()
    house.clock.advance(12)
    await house.run_due()
    assert received_parts(graph) == ["text", "picture"]


async def test_rerun_of_a_buried_delivery_sends_what_was_given_up(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    graph.script(*[RATE_LIMITED] * 1000)
    for _ in range(MAX_ATTEMPTS + 1):
        await house.run_due()
        house.clock.advance(310)
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.BURIED
    graph.faults.clear()
    async with house.services.database.reading() as session:
        (job,) = await outbox.list_jobs(session)
    await rerun_job(house.services, job.id)
    await house.run_due()
    assert received_parts(graph) == ["text", "picture"]
    assert (await house.the_alert()).deliveries[0].state is DeliveryState.SENT
