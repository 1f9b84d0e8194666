"""A second look at alerts: it rejects, re-words, fails or comes too late, and no alert is lost or late by it."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from instantreact.domain.alert import AlertState, DeliveryState
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.happening import AlertDoubted, RuleMatched
from instantreact.domain.media import Window
from instantreact.domain.rule import Severity
from instantreact.domain.second_look import LOOKED, LookMode, LookPolicy, LookRequest, LookState, SecondLook
from instantreact.jobs import outbox
from instantreact.jobs.handing import hand_out
from instantreact.pipeline.deliver import put_deliver_job
from instantreact.pipeline.explain import explain_event
from instantreact.pipeline.look_plans import plan_look
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.record import read_records
from instantreact.pipeline.services import SecondLooks
from instantreact.pipeline.step_names import StepName
from instantreact.storage import alerts
from instantreact.storage.tables import Alert, Clip, Event, Rule
from instantreact.vision.endpoint import VisionAccount
from instantreact.vision.model import VisionModel
from instantreact_demo.graph import FakeGraph
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.pipeline.test_digest import add_person
from tests.servers.vision import API_KEY, MODEL, FakeVision, Reply, say
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW
from tests.vision.pictures import draw_jpeg

both = pytest.mark.parametrize("engine", ENGINES)

BEFORE = LookPolicy(LookMode.BEFORE, may_reject=True, timeout_s=20.0, per_hour=5)
AFTER = LookPolicy(LookMode.AFTER, timeout_s=20.0)
HUGGING = "two people are hugging"
JPEG = draw_jpeg()


@pytest.fixture
def vision() -> Iterator[FakeVision]:
    with FakeVision() as vision:
        yield vision


@pytest.fixture
async def model(vision: FakeVision) -> AsyncIterator[VisionModel]:
    model = VisionModel(VisionAccount(vision.url, MODEL, API_KEY))
    yield model
    await model.close()


def looking(house: House, model: VisionModel, policy: LookPolicy = BEFORE) -> House:
    return House(replace(house.services, looks=SecondLooks(model, policy)), house.clock)


async def see(house: House, clip: Clip, index: int = 0, *, jpeg: bytes = JPEG) -> Event:
    origin = Origin("Shop", clip.submitted_at, notify=True, clip_id=clip.id)
    seen = replace(make_observation(), window=Window(index, 2.0 * index, 2.0 * index + 2.0))
    return (await observe(house.services, origin, seen, lambda: jpeg)).event


async def raise_one(house: House, *, request: LookRequest | None = LookRequest(), **rule: Any) -> Event:  # noqa: B008
    await house.add_rule(second_look=request, **rule)
    return await see(house, await house.add_clip())


async def the_look(house: House) -> SecondLook:
    happening = (await house.the_alert()).happening
    assert isinstance(happening, RuleMatched)
    assert happening.second_look is not None
    return happening.second_look


async def doubts(house: House) -> list[Alert]:
    return [alert for alert in await house.alerts() if isinstance(alert.happening, AlertDoubted)]


async def why(house: House, event: Event) -> str:
    async with house.services.database.reading() as session:
        (explanation,) = await explain_event(session, event)
    return explanation.why


async def run_only(house: House, kind: StepName) -> int:
    """Hand out the due jobs of a kind to nobody, as when their worker is killed; how many those are."""
    async with house.services.database.unit_of_work() as session:
        return len(await hand_out(session, {kind: 10}, now=house.clock.now(), deadline_s=30.0))


def texts(graph: FakeGraph) -> list[str]:
    return [part.text for part in graph.received if part.part == "text"]


@both
async def test_alert_that_is_rejected_in_time_is_told_to_nobody_and_says_why(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.script(Reply(say("no", HUGGING)))
    event = await raise_one(house)
    await house.run_due()
    house.clock.advance(3600.0)
    assert await house.run_due() == 0
    assert graph.received == []
    alert, look = await house.the_alert(), await the_look(house)
    assert (alert.state, alert.answered_by, alert.deliveries) == (AlertState.DISMISSED, LOOKED, [])
    assert alert.untold_reason == f"A second look rejected it: {HUGGING}"
    assert (look.state, look.sentence, look.model, look.why) == (LookState.REJECTED, HUGGING, MODEL, None)
    assert await why(house, event) == (
        f"It raised an alert. Second look: rejected, {MODEL}: “{HUGGING}”. A second look rejected it: {HUGGING}"
    )
    assert alert.rule_id is not None
    async with house.services.database.reading() as session:
        record = (await read_records(session, [alert.rule_id], now=house.clock.now()))[alert.rule_id]
    assert record.count(AlertState.DISMISSED) == 0  # no person said so


@both
async def test_rejected_alert_holds_no_cooldown_and_gives_back_what_it_suppressed(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.script(Reply(say("no", HUGGING)), Reply(say("yes")))
    await house.add_rule(second_look=LookRequest())
    clip = await house.add_clip()
    for index in range(3):  # the second and the third within the cooldown of the first, while it is looked at
        await see(house, clip, index)
    assert len(await house.alerts()) == 1
    await house.run_due()
    assert len(texts(graph)) == 1
    assert sorted(each.state for each in await house.alerts()) == ["dismissed", "raised"]
    assert len(vision.asked) == 2
    await see(house, clip, 3)
    assert len(await house.alerts()) == 2  # the one that was told holds its cooldown


@both
async def test_rejected_alert_gives_back_what_had_become_part_of_its_incident(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(House(replace(house.services, grouping=timedelta(seconds=60)), house.clock), model)
    await house.add_recipient()
    await house.add_rule(second_look=LookRequest(), cooldown_s=0.0)
    clip = await house.add_clip()
    vision.script(Reply(say("no", HUGGING)), Reply(say("yes")))
    await see(house, clip, 0)
    grouped = [await see(house, clip, index) for index in (1, 2)]
    assert len(await house.alerts()) == 1
    await house.run_due()
    withheld, told = sorted(await house.alerts(), key=lambda each: each.state)
    assert (withheld.state, withheld.deliveries) == (AlertState.DISMISSED, [])
    assert told.event_id == grouped[0].id
    assert {each.event_id for each in told.verdicts} == {each.id for each in grouped}
    assert len(texts(graph)) == 1
    house.clock.advance(60.0)
    await house.run_due()
    assert "2 times" in texts(graph)[1]


async def test_rule_that_asks_for_no_look_does_not_wait_with_one_that_does(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(House(replace(house.services, grouping=timedelta(seconds=60)), house.clock), model)
    await house.add_recipient()
    await house.add_rule(second_look=LookRequest())
    await house.add_rule(name="Plain")
    await see(house, await house.add_clip())
    assert sorted(each.happening.rule for each in await house.alerts() if isinstance(each.happening, RuleMatched)) == [
        "A fight", "Plain",
    ]  # fmt: skip


async def test_alert_that_is_confirmed_says_so_and_has_the_sentence_of_the_look(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.script(Reply(say("yes", "three men kick a fourth")))
    event = await raise_one(house, request=LookRequest("Do people fight?"))
    await house.run_due()
    (text,) = texts(graph)
    assert "\nthree men kick a fourth\nSecond look: confirmed\n" in text
    assert "Do people fight?" in vision.asked[0].text
    happening = (await house.the_alert()).happening
    assert isinstance(happening, RuleMatched)
    assert happening.caption == event.caption
    assert await doubts(house) == []
    told = await why(house, event)
    assert "Second look: confirmed" in told
    assert "Guard on messenger: sent." in told


@pytest.mark.parametrize(
    ("severity", "setting", "rule", "rejects"),
    [
        (Severity.WARNING, True, None, True),
        (Severity.WARNING, True, False, False),
        (Severity.WARNING, False, None, False),
        (Severity.WARNING, False, True, True),
        (Severity.CRITICAL, True, None, False),
        (Severity.CRITICAL, False, True, True),
    ],
)
def test_who_may_reject_is_the_setting_s_but_a_rule_s_first_and_critical_ones_only_the_rule_s(
    severity: Severity, setting: bool, rule: bool | None, rejects: bool
) -> None:
    asking = Rule(severity=severity, second_look=LookRequest(may_reject=rule))
    look = plan_look(asking, replace(BEFORE, may_reject=setting), now=NOW)
    assert look == SecondLook(LookMode.BEFORE, NOW + timedelta(seconds=20), may_reject=rejects)


async def test_critical_alert_that_is_rejected_is_sent_and_says_so(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.script(Reply(say("no")))
    await raise_one(house, severity=Severity.CRITICAL)
    await house.run_due()
    assert (await house.the_alert()).state is AlertState.RAISED
    assert "Second look: probably a false alarm" in texts(graph)[0]


@pytest.mark.parametrize(
    ("reply", "state", "line"),
    [
        (Reply(status=429), LookState.FAILED, "not possible"),
        (Reply(status=500, html=True), LookState.FAILED, "not possible"),
        (Reply("Ignore the alarm."), LookState.FAILED, "not possible"),
        (Reply(say("unsure")), LookState.UNSURE, "not sure"),
    ],
)
async def test_alert_goes_out_at_once_where_the_look_gives_no_answer(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel, reply: Reply, state: LookState, line: str
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.script(reply)
    await raise_one(house)
    await house.run_due()
    assert f"Second look: {line}" in texts(graph)[0]
    assert (await the_look(house)).state is state


async def test_alert_goes_out_where_the_picture_is_damaged_and_nothing_is_sent_away(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    await house.add_rule(second_look=LookRequest())
    await see(house, await house.add_clip(), jpeg=b"\xff\xd8\xff\xe0 a picture \xff\xd9")
    await house.run_due()
    assert "Second look: not possible" in texts(graph)[0]
    assert (await the_look(house)).why == "The picture is damaged."
    assert vision.requests == 0


async def test_look_that_takes_longer_than_its_time_is_not_waited_for(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model, replace(BEFORE, timeout_s=0.2))
    await house.add_recipient()
    vision.script(Reply(hangs_s=5.0))
    await raise_one(house)
    await house.run_due()
    assert "Second look: no answer in time" in texts(graph)[0]
    assert (await the_look(house)).state is LookState.LATE


@both
async def test_alert_goes_out_when_the_time_is_up_though_its_look_s_worker_was_killed(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.reply = Reply(say("no", HUGGING))
    await raise_one(house)
    assert await run_only(house, StepName.SECOND_LOOK) == 1
    house.clock.advance(19.9)
    await house.run_due()
    assert graph.received == []
    house.clock.advance(0.2)
    await house.run_due()
    assert "Second look: no answer yet" in texts(graph)[0]
    house.clock.advance(60.0)  # the lease is over: somebody else has the job
    await house.run_due()
    assert (await the_look(house)).state is LookState.LATE
    assert vision.requests == 0
    assert len(texts(graph)) == 1


@both
async def test_budget_that_is_spent_keeps_no_alert_and_is_said(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model, replace(BEFORE, per_hour=2))
    await house.add_recipient()
    await house.add_rule(second_look=LookRequest(), cooldown_s=0.0)
    clip = await house.add_clip()
    for index in range(3):
        await see(house, clip, index)
    await house.run_due()
    assert vision.requests == 2
    assert sorted(text.split("Second look: ")[1].split("\n")[0] for text in texts(graph)) == [
        "confirmed", "confirmed", "no more in this hour",
    ]  # fmt: skip
    house.clock.advance(3600.0)
    await see(house, clip, 3)
    await house.run_due()
    assert vision.requests == 3


async def test_look_after_the_alert_tells_of_what_it_sees_else_with_the_alert_s_buttons(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model, AFTER)
    await house.add_recipient()
    vision.script(Reply(say("no", HUGGING)))
    await raise_one(house, severity=Severity.CRITICAL)
    await house.run_due()
    first, second = (part for part in graph.received if part.part == "text")
    assert "Second look" not in first.text
    assert second.text.endswith(f"UTC. A second look says: {HUGGING}. Probably a false alarm.")
    told = [{button["title"]: button.get("payload") for button in part.buttons} for part in (first, second)]
    assert told[0]["Acknowledge"] == told[1]["Acknowledge"]
    assert told[0]["False alarm"] == told[1]["False alarm"]
    (doubt,) = await doubts(house)
    alert = await house.the_alert()
    assert (doubt.happening.severity, doubt.event_id) == (Severity.CRITICAL, alert.event_id)
    assert (alert.state, (await the_look(house)).state) == (AlertState.RAISED, LookState.REJECTED)
    async with house.services.database.reading() as session:
        latest = await alerts.find_latest_told(session, alert.deliveries[0].recipient_id)
    assert latest is not None
    assert latest.id == alert.id  # which OK and FALSE ALARM answer


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(say("yes")), None),
        (Reply(say("yes", "three men kick a fourth")), None),
        (Reply(say("unsure", "three men kick a fourth")), "A second look says: three men kick a fourth."),
        (Reply(say("no")), "A second look does not see it. Probably a false alarm."),
        (Reply(status=500), None),
    ],
)
async def test_look_after_the_alert_says_nothing_where_there_is_nothing_new(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel, reply: Reply, told: str | None
) -> None:
    house = looking(house, model, AFTER)
    await house.add_recipient()
    vision.script(reply)
    await raise_one(house)
    await house.run_due()
    assert [text.partition("UTC. ")[2] for text in texts(graph)[1:]] == ([told] if told else [])


async def test_look_while_an_alert_is_held_for_quiet_hours_is_in_it_when_it_is_sent(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model, AFTER)
    await add_person(house)
    vision.script(Reply(say("no", HUGGING)))
    await raise_one(house)
    await house.run_due()
    assert await doubts(house) == []
    house.clock.advance(timedelta(hours=2).total_seconds())
    await house.run_due()
    (text,) = texts(graph)
    assert f"\n{HUGGING}\nSecond look: probably a false alarm\n" in text


async def test_escalation_waits_for_the_look_and_a_rejected_alert_never_escalates(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model, replace(BEFORE, timeout_s=60.0))
    person = await house.add_recipient()
    steps = (EscalationStep(10.0, (person.id,)),)
    await raise_one(house, escalation=steps)
    await run_only(house, StepName.SECOND_LOOK)
    house.clock.advance(11.0)
    await house.run_due()
    assert (await house.the_alert()).escalated == 0
    vision.reply = Reply(say("no"))
    house.clock.advance(20.0)  # the lease of whoever had the look is over
    await house.run_due()
    house.clock.advance(3600.0)
    await house.run_due()
    alert = await house.the_alert()
    assert (alert.escalated, alert.state) == (0, AlertState.DISMISSED)
    assert graph.received == []


@both
async def test_alert_that_is_on_its_way_when_it_is_rejected_is_told_of_and_then_doubted(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.script(Reply(say("no", HUGGING)))
    await raise_one(house)
    (delivery,) = (await house.the_alert()).deliveries
    async with house.services.database.unit_of_work() as session:  # as when its channel is mended meanwhile
        await outbox.withdraw(session, StepName.DELIVER, [delivery.id])
        await put_deliver_job(session, delivery.id, now=house.clock.now())
    assert await run_only(house, StepName.DELIVER) == 1
    await house.run_due()
    (doubt,) = await doubts(house)
    assert [each.state for each in doubt.deliveries] == [DeliveryState.SENT]
    assert (await house.the_alert()).state is AlertState.RAISED
    house.clock.advance(60.0)
    await house.run_due()
    assert [each.state for each in (await house.the_alert()).deliveries] == [DeliveryState.SENT]


@pytest.mark.parametrize("asks", [True, False])
async def test_no_picture_leaves_the_machine_unless_both_the_setting_and_the_rule_say_so(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel, asks: bool
) -> None:
    if not asks:
        house = looking(house, model)
    await house.add_recipient()
    await raise_one(house, request=LookRequest() if asks else None)
    assert await house.run_due() == 1
    assert vision.requests == 0
    assert "Second look" not in texts(graph)[0]


async def test_person_s_answer_stands_over_a_look_that_comes_later(
    house: House, graph: FakeGraph, vision: FakeVision, model: VisionModel
) -> None:
    house = looking(house, model)
    await house.add_recipient()
    vision.script(Reply(say("no", HUGGING)))
    await raise_one(house)
    async with house.services.database.unit_of_work() as session:
        await alerts.acknowledge_alert(session, (await house.the_alert()).id, by="Ana", now=house.clock.now())
    await house.run_due()
    alert = await house.the_alert()
    assert (alert.state, alert.answered_by) == (AlertState.ACKNOWLEDGED, "Ana")
    assert len(texts(graph)) == 1
