"""Nobody answers: the next people are told, step by step; one answers: the rest learn who."""

from datetime import date, timedelta

import pytest

from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.alert import Answer, AnswerKind, ChannelKind
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.happening import AlertAnswered
from instantreact.errors import Conflict, InvalidInput
from instantreact.pipeline.answer import answer_alert
from instantreact.storage import recipients, rules
from instantreact.storage.tables import Alert, Recipient
from instantreact_demo.graph import FakeGraph, Person
from tests.pipeline.conftest import House
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)


async def add_people(house: House, graph: FakeGraph, *names: str) -> list[str]:
    """Recipients on Messenger with these names, whom Graph knows; their ids."""
    ids = []
    for number, name in enumerate(names):
        graph.people[f"20{number}"] = Person()
        person = Recipient(name=name, channel=ChannelKind.MESSENGER, address=f"20{number}", created_at=NOW)
        async with house.services.database.unit_of_work() as session:
            ids.append((await recipients.insert_recipient(session, person)).id)
    return ids


async def pass_time(house: House, seconds: float) -> None:
    house.clock.advance(seconds)
    await house.run_due()


async def answer(house: House, kind: AnswerKind, *, recipient_id: str | None = None) -> None:
    alert_id = (await house.the_alert()).id
    async with house.services.database.unit_of_work() as session:
        await answer_alert(session, Answer(kind, alert_id), by="Ben", now=house.clock.now(), recipient_id=recipient_id)


async def told(house: House) -> list[str]:
    """Who has been told of the alert so far."""
    return sorted(each.recipient.name for each in (await house.the_alert()).deliveries)


async def system_alerts(house: House) -> list[Alert]:
    return [alert for alert in await house.alerts() if alert.system_key]


async def raise_one(house: House, graph: FakeGraph) -> list[str]:
    """Ana is told at once, Ben after a minute, Cem after five."""
    ana, ben, cem = ids = await add_people(house, graph, "Ana", "Ben", "Cem")
    steps = (EscalationStep(60.0, (ana, ben)), EscalationStep(300.0, (cem,)))
    await house.add_rule(recipient_ids=[ana], escalation=steps)
    await house.see(await house.add_clip())
    await house.run_due()
    return ids


async def test_unanswered_alert_goes_to_the_next_people_step_by_step_and_ends(house: House, graph: FakeGraph) -> None:
    await raise_one(house, graph)
    found = []
    for seconds in (0.0, 59.0, 2.0, 200.0, 100.0, 10_000.0):
        await pass_time(house, seconds)
        found.append(await told(house))
    assert found == [["Ana"], ["Ana"], ["Ana", "Ben"], ["Ana", "Ben"], ["Ana", "Ben", "Cem"], ["Ana", "Ben", "Cem"]]
    alert = await house.the_alert()
    assert alert.escalated == 2
    assert {each.state for each in alert.deliveries} == {"sent"}
    assert len(graph.received) == 6  # each is told once, by text and picture


@pytest.mark.parametrize(("kind", "said"), [("acknowledge", "acknowledged it"), ("dismiss", "was a false alarm")])
async def test_answer_ends_the_escalation_and_tells_all_others_who_gave_it(
    house: House, graph: FakeGraph, kind: str, said: str
) -> None:
    _, ben, _ = await raise_one(house, graph)
    await pass_time(house, 61.0)
    await answer(house, AnswerKind(kind), recipient_id=ben)
    await answer(house, AnswerKind(kind), recipient_id=ben)
    await pass_time(house, 10_000.0)
    assert await told(house) == ["Ana", "Ben"]
    (news,) = await system_alerts(house)
    assert isinstance(news.happening, AlertAnswered)
    assert [each.recipient.name for each in news.deliveries] == ["Ana"]
    assert {each.state for each in news.deliveries} == {"sent"}
    assert said in compose_text(news.happening)
    assert compose_title(news.happening).startswith("A fight: ")


async def test_answer_before_the_first_step_tells_nobody_else(house: House, graph: FakeGraph) -> None:
    await raise_one(house, graph)
    await answer(house, AnswerKind.ACKNOWLEDGE)
    await pass_time(house, 10_000.0)
    assert await told(house) == ["Ana"]
    assert await system_alerts(house) == []


async def test_alert_that_turns_out_false_later_is_told_once_more(house: House, graph: FakeGraph) -> None:
    await raise_one(house, graph)
    await pass_time(house, 61.0)
    await answer(house, AnswerKind.ACKNOWLEDGE)
    await answer(house, AnswerKind.DISMISS)
    assert {
        alert.happening.state for alert in await system_alerts(house) if isinstance(alert.happening, AlertAnswered)
    } == {
        "acknowledged",
        "dismissed",
    }


async def test_people_on_call_take_turns_by_week(house: House, graph: FakeGraph) -> None:
    ana, ben, cem = await add_people(house, graph, "Ana", "Ben", "Cem")
    on_call = (EscalationStep(10.0, (ana, ben, cem), date(2026, 11, 9)),)  # NOW is in the second week after
    await house.add_rule(recipient_ids=[], escalation=on_call)
    await house.see(await house.add_clip())
    await pass_time(house, 11.0)
    assert await told(house) == ["Ben"]


async def test_step_whose_people_want_no_alerts_does_not_end_the_escalation(house: House, graph: FakeGraph) -> None:
    _, ben, _ = await raise_one(house, graph)
    async with house.services.database.unit_of_work() as session:
        await recipients.opt_out(session, ben, now=NOW)
    await pass_time(house, 61.0)
    await pass_time(house, 300.0)
    assert await told(house) == ["Ana", "Cem"]


async def test_rule_that_is_deleted_meanwhile_ends_the_escalation(house: House, graph: FakeGraph) -> None:
    await raise_one(house, graph)
    async with house.services.database.unit_of_work() as session:
        await rules.delete_rule(session, (await house.the_alert()).rule_id or "")
    await pass_time(house, 10_000.0)
    assert await told(house) == ["Ana"]


async def test_recipient_stays_while_a_rule_would_tell_them(house: House, graph: FakeGraph) -> None:
    _, ben, _ = await raise_one(house, graph)
    with pytest.raises(Conflict, match="A fight tell them when nobody answers"):
        async with house.services.database.unit_of_work() as session:
            await recipients.delete_recipient(session, ben)


async def test_rule_that_names_nobody_for_a_step_is_refused(house: House) -> None:
    with pytest.raises(InvalidInput, match="There is no recipient nobody"):
        await house.add_rule(escalation=(EscalationStep(60.0, ("nobody",)),))


def test_turns_are_counted_backwards_before_the_first_week(engine: str) -> None:
    step = EscalationStep(60.0, ("a", "b", "c"), date(2026, 11, 2))
    found = [step.find_told(date(2026, 10, 26) + timedelta(days=days))[0] for days in (0, 6, 7, 13, 14, 28)]
    assert "".join(found) == "ccaaba"
