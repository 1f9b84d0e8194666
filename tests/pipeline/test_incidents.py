"""What happens at one place within a grouping time is one alert, and at most one message more in each such time."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from instantreact.domain.alert import AlertState, ChannelKind
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.happening import IncidentGrew
from instantreact.domain.media import Window
from instantreact.domain.observation import Hypothesis
from instantreact.domain.rule import CaptionCondition, Severity
from instantreact.domain.verdict import Outcome
from instantreact.jobs import outbox
from instantreact.pipeline.explain import explain_event
from instantreact.pipeline.incoming import accept_webhook
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.step_names import StepName
from instantreact.storage import alerts, cameras, events, incidents, mutes, recipients, sites
from instantreact.storage.removing import delete_events
from instantreact.storage.tables import Alert, Camera, Event, Mute, Recipient, Rule
from instantreact_demo.graph import FakeGraph, Person
from instantreact_demo.graph.faults import OUTAGE
from tests.observations import make_observation
from tests.pipeline.conftest import PSID, House
from tests.pipeline.webhooks import make_message, make_postback
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)

FIGHT, FALL = CaptionCondition(("fight",)), CaptionCondition(("fall",))


@pytest.fixture
def shop(house: House) -> House:
    """With a grouping time of a minute."""
    return House(replace(house.services, grouping=timedelta(seconds=60)), house.clock)


def draw(name: str, at_s: float) -> bytes:
    """A picture that tells which it is."""
    return b"\xff\xd8\xff\xe0" + f"{name} {at_s}".encode() + b"\xff\xd9"


async def add_cameras(house: House, *names: str, site: str | None = "Shop") -> list[Camera]:
    found = [await house.add_camera(name) for name in names]
    if site is not None:
        async with house.services.database.unit_of_work() as session:
            place = await sites.find_or_insert_site(session, site, now=NOW)
            for each in found:
                (await cameras.get_camera(session, each.id)).site_id = place.id
    return found


async def see(house: House, camera: Camera, at_s: float, text: str = "two men are fighting", p: float = 0.9) -> Event:
    """What a camera sees so many seconds after NOW, which is the time when it does."""
    house.clock.advance((NOW + timedelta(seconds=at_s) - house.clock.now()).total_seconds())
    seen = replace(
        make_observation(text, hypotheses=(Hypothesis(text, p),)), window=Window(round(at_s * 10), at_s, at_s + 2.0)
    )
    origin = Origin(camera.name, NOW, notify=True, camera_id=camera.id, connection="one")
    return (await observe(house.services, origin, seen, lambda: draw(camera.name, at_s))).event


async def wait_until(house: House, at_s: float) -> None:
    house.clock.advance((NOW + timedelta(seconds=at_s) - house.clock.now()).total_seconds())
    await house.run_due()


async def raised(house: House) -> list[Alert]:
    """Those that rules raised, the oldest first."""
    return [each for each in reversed(await house.alerts()) if each.system_key is None]


async def follow_ups(house: House) -> list[IncidentGrew]:
    return [each.happening for each in reversed(await house.alerts()) if isinstance(each.happening, IncidentGrew)]


def texts_of(graph: FakeGraph) -> list[str]:
    return [each.text for each in graph.received if each.part == "text"]


async def add_guarding(house: House, **values: object) -> tuple[Recipient, Rule]:
    """Somebody who is told of every fight."""
    guard = await house.add_recipient()
    return guard, await house.add_rule(FIGHT, recipient_ids=[guard.id], cooldown_s=0.0, **values)


async def test_burst_of_fifty_is_one_alert_and_its_follow_up(shop: House, graph: FakeGraph) -> None:
    await add_guarding(shop)
    watching = await add_cameras(shop, "Door", "Till", "Yard", "Hall", "Gate")
    for number in range(50):
        await see(shop, watching[number % 5], number / 2, p=0.99 if number == 33 else 0.8)
        if number % 10 == 0:
            await shop.run_due()
    assert [each.part for each in graph.received] == ["text", "picture"]
    await wait_until(shop, 59.0)
    assert len(graph.received) == 2
    await wait_until(shop, 60.0)
    assert [each.part for each in graph.received] == ["text", "picture", "text", "picture"]
    assert graph.received[2].text.splitlines() == [
        "⚠️ A fight: 50 times",
        "From Sun 22 Nov 2026, 12:00:00 UTC to 12:00:24 UTC",
        "Door, Till, Yard, Hall, Gate",
        "two men are fighting",
    ]
    assert graph.received[3].picture == draw("Hall", 16.5)
    assert [len(await raised(shop)), len(await follow_ups(shop))] == [1, 1]
    await wait_until(shop, 3600.0)
    assert len(graph.received) == 4


async def test_long_incident_is_told_of_once_in_a_grouping_time_and_ends_at_some_time(
    shop: House, graph: FakeGraph, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "LONGEST", timedelta(minutes=4))
    await add_guarding(shop)
    (door,) = await add_cameras(shop, "Door")
    for number in range(10):
        await wait_until(shop, 30.0 * number)
        await see(shop, door, 30.0 * number)
    await wait_until(shop, 3600.0)
    assert [each.raised_at - NOW for each in await raised(shop)] == [timedelta(), timedelta(minutes=4)]
    found = [each for each in reversed(await shop.alerts()) if isinstance(each.happening, IncidentGrew)]
    assert [each.happening.count for each in found if isinstance(each.happening, IncidentGrew)] == [2, 4, 6, 8, 2]
    ofs = [each.raised_at - NOW for each in found]
    assert all(later - earlier >= timedelta(seconds=60) for earlier, later in pairwise(ofs))
    assert sum(each.part == "text" for each in graph.received) == 7


@pytest.mark.parametrize("site", [None, "Other shop"])
async def test_what_happens_elsewhere_is_an_alert_of_its_own(shop: House, site: str | None) -> None:
    await add_guarding(shop)
    (door,) = await add_cameras(shop, "Door", site=None if site is None else "Shop")
    (yard,) = await add_cameras(shop, "Yard", site=site)
    await see(shop, door, 0.0)
    await see(shop, yard, 1.0)
    assert [each.camera_id for each in await raised(shop)] == [door.id, yard.id]


async def test_two_clips_are_two_places_and_what_lies_apart_in_one_is_apart(shop: House) -> None:
    await shop.add_rule(cooldown_s=0.0)
    one, other = await shop.add_clip(), await shop.add_clip()
    for clip, at_s in ((one, 0.0), (one, 58.0), (one, 540.0), (other, 0.0)):
        await shop.see(clip, replace(make_observation(), window=Window(int(at_s), at_s, at_s + 2.0)))
    found = {(each.event.clip_id, each.event.start_s) for each in await raised(shop) if each.event}
    assert found == {(one.id, 0.0), (one.id, 540.0), (other.id, 0.0)}


async def test_each_match_is_an_alert_where_nothing_is_grouped(house: House) -> None:
    await add_guarding(house)
    (door,) = await add_cameras(house, "Door")
    for at_s in (0.0, 1.0, 2.0):
        await see(house, door, at_s)
    assert len(await raised(house)) == 3


async def test_rule_that_nobody_has_heard_of_yet_is_told_soon(shop: House, graph: FakeGraph) -> None:
    guard, _ = await add_guarding(shop)
    await shop.add_rule(FALL, name="A fall", recipient_ids=[guard.id], cooldown_s=0.0)
    (door,) = await add_cameras(shop, "Door")
    await see(shop, door, 0.0)
    await see(shop, door, 2.0)
    await see(shop, door, 4.0, "a man falls")
    await see(shop, door, 6.0)
    await wait_until(shop, 13.0)
    assert await follow_ups(shop) == []
    await wait_until(shop, 14.0)
    (grown,) = await follow_ups(shop)
    assert (grown.count, grown.rules, grown.caption) == (4, ("A fight", "A fall"), "two men are fighting")
    assert "Also: A fall" in graph.received[2].text
    await see(shop, door, 20.0)
    await wait_until(shop, 73.0)
    assert len(await follow_ups(shop)) == 1
    await wait_until(shop, 74.0)
    assert len(await follow_ups(shop)) == 2


async def test_rules_that_hold_for_one_picture_are_one_message_of_the_gravest(shop: House, graph: FakeGraph) -> None:
    guard, _ = await add_guarding(shop)
    await shop.add_rule(FALL, name="A fall", recipient_ids=[guard.id], cooldown_s=0.0)
    await shop.add_rule(
        CaptionCondition(("knife",)), name="A knife", recipient_ids=[guard.id], severity=Severity.CRITICAL
    )
    (door,) = await add_cameras(shop, "Door")
    await see(shop, door, 0.0, "a man with a knife falls in a fight", p=0.8)
    await wait_until(shop, 600.0)
    assert [each.part for each in graph.received] == ["text", "picture"]
    lines = graph.received[0].text.splitlines()
    assert lines[0] == "🚨 A knife · Door"
    assert sorted(lines[3:]) == ["• fall, 80 %", "• fight, 80 %", "• knife, 80 %"]
    (alert,) = await raised(shop)
    assert len(alert.verdicts) == 3


async def test_what_asks_for_more_is_an_alert_of_its_own(shop: House, graph: FakeGraph) -> None:
    guard, _ = await add_guarding(shop)
    graph.people["2002"] = Person()
    owner = Recipient(name="Owner", channel=ChannelKind.MESSENGER, address="2002", created_at=NOW)
    async with shop.services.database.unit_of_work() as session:
        owner = await recipients.insert_recipient(session, owner)
    urgent = await shop.add_rule(
        FALL, name="A fall", recipient_ids=[guard.id], severity=Severity.CRITICAL, cooldown_s=0.0
    )
    others = await shop.add_rule(CaptionCondition(("shout",)), name="Shouts", recipient_ids=[guard.id, owner.id])
    stubborn = await shop.add_rule(
        CaptionCondition(("kick",)),
        name="Kicks",
        recipient_ids=[guard.id],
        escalation=(EscalationStep(60.0, (owner.id,)),),
    )
    (door,) = await add_cameras(shop, "Door")
    fight = await see(shop, door, 0.0)
    for number, text in enumerate(("a man falls", "two men shout", "a man kicks", "two men are fighting"), 1):
        await see(shop, door, float(number), text)
    found = await raised(shop)
    assert [each.rule_id for each in found][1:] == [urgent.id, others.id, stubborn.id]
    assert found[0].event_id == fight.id


async def test_false_alarm_ends_the_incident(shop: House, graph: FakeGraph) -> None:
    await add_guarding(shop)
    door, yard = await add_cameras(shop, "Door", "Yard")
    await see(shop, door, 0.0)
    await see(shop, door, 1.0)
    async with shop.services.database.unit_of_work() as session:
        await alerts.dismiss_alert(session, (await raised(shop))[0].id, by="Guard", now=shop.clock.now())
    await see(shop, yard, 2.0)
    assert [each.camera_id for each in await raised(shop)] == [door.id, yard.id]
    await wait_until(shop, 600.0)
    assert await follow_ups(shop) == []


async def test_false_alarm_is_none_of_a_rule_that_nobody_has_heard_of(shop: House, graph: FakeGraph) -> None:
    guard, _ = await add_guarding(shop)
    fall = await shop.add_rule(FALL, name="A fall", recipient_ids=[guard.id], cooldown_s=300.0)
    door, yard = await add_cameras(shop, "Door", "Yard")
    await see(shop, door, 0.0)
    event = await see(shop, yard, 1.0, "a man falls")
    await see(shop, door, 2.0)
    await shop.run_due()
    async with shop.services.database.unit_of_work() as session:
        await alerts.dismiss_alert(session, (await raised(shop))[0].id, by="Guard", now=shop.clock.now())
    await wait_until(shop, 11.0)
    assert [(each.rule_id, each.event_id) for each in (await raised(shop))[1:]] == [(fall.id, event.id)]
    assert texts_of(graph)[1].startswith("⚠️ A fall · Yard")
    await see(shop, yard, 100.0, "a man falls")
    assert len(await raised(shop)) == 2  # its own alert holds its cooldown


async def test_what_was_part_of_an_alert_that_is_deleted_is_told(shop: House, graph: FakeGraph) -> None:
    guard, _ = await add_guarding(shop)
    fall = await shop.add_rule(FALL, name="A fall", recipient_ids=[guard.id], cooldown_s=300.0)
    door, yard = await add_cameras(shop, "Door", "Yard")
    first = await see(shop, door, 0.0)
    event = await see(shop, yard, 1.0, "a man falls")
    await see(shop, door, 2.0)
    async with shop.services.database.unit_of_work() as session:
        await delete_events(session, [first])
    await shop.run_due()
    await wait_until(shop, 80.0)
    assert first.id not in {each.event_id for each in await raised(shop)}
    seen = {(each.rule_id, each.event_id) for alert in await raised(shop) for each in alert.verdicts}
    assert (fall.id, event.id) in seen
    assert "A fall" in "".join(texts_of(graph))


async def test_follow_up_comes_after_the_alert_that_it_follows(shop: House, graph: FakeGraph) -> None:
    await add_guarding(shop)
    door, yard = await add_cameras(shop, "Door", "Yard")
    graph.script(OUTAGE)
    await see(shop, door, 0.0)
    await shop.run_due()
    await see(shop, yard, 1.0)
    async with shop.services.database.unit_of_work() as session:
        job = await outbox.find_job(session, StepName.DELIVER, (await raised(shop))[0].deliveries[0].id)
        assert job is not None
        job.run_at = NOW + timedelta(seconds=100)  # its next try comes late
    await wait_until(shop, 60.0)
    assert (len(await follow_ups(shop)), texts_of(graph)) == (1, [])
    await wait_until(shop, 100.0)
    await wait_until(shop, 120.0)
    assert [text.splitlines()[0] for text in texts_of(graph)] == ["⚠️ A fight · Door", "⚠️ A fight: 2 times"]
    (grown,) = [each for each in await shop.alerts() if isinstance(each.happening, IncidentGrew)]
    assert grown.camera_id is None  # it names both: whoever is confined to one does not see it


async def test_who_takes_care_hears_of_another_camera_and_not_of_more_of_the_same(shop: House) -> None:
    await add_guarding(shop)
    door, yard = await add_cameras(shop, "Door", "Yard")
    await see(shop, door, 0.0)
    await see(shop, door, 1.0)
    async with shop.services.database.unit_of_work() as session:
        await alerts.acknowledge_alert(session, (await raised(shop))[0].id, by="Guard", now=shop.clock.now())
    await wait_until(shop, 60.0)
    assert await follow_ups(shop) == []
    await see(shop, yard, 60.0)
    await wait_until(shop, 61.0)
    assert [each.places for each in await follow_ups(shop)] == [("Door", "Yard")]


async def test_what_became_part_holds_the_cooldown_of_its_rule_and_counts_once(shop: House) -> None:
    guard = await shop.add_recipient()
    await shop.add_rule(FIGHT, recipient_ids=[guard.id], cooldown_s=120.0)
    door, yard = await add_cameras(shop, "Door", "Yard")
    await see(shop, door, 0.0)
    event = await see(shop, yard, 1.0)
    await see(shop, yard, 1.0)  # the same window once more
    await see(shop, yard, 100.0)
    (alert,) = await raised(shop)
    async with shop.services.database.reading() as session:
        (found,) = await explain_event(session, await events.get_event(session, event.id))
        parts = (await alerts.get_alert(session, alert.id)).verdicts
    assert found.verdict is not None
    assert found.verdict.outcome is Outcome.GROUPED
    assert found.why == f"It held, and is part of an alert. The alert {alert.id} tells of it."
    assert {each.event.camera_id for each in parts} == {door.id, yard.id}
    assert len(parts) == 2


async def test_who_has_muted_what_is_new_is_not_told(shop: House, graph: FakeGraph) -> None:
    guard, _ = await add_guarding(shop)
    door, yard = await add_cameras(shop, "Door", "Yard")
    await see(shop, door, 0.0)
    await see(shop, yard, 1.0)
    async with shop.services.database.unit_of_work() as session:
        until = NOW + timedelta(hours=1)
        mute = Mute(camera_id=yard.id, recipient_id=guard.id, until=until, made_by="Guard", created_at=NOW)
        await mutes.insert_mute(session, mute, now=shop.clock.now())
    await wait_until(shop, 60.0)
    assert await follow_ups(shop) == []
    assert [each.part for each in graph.received] == ["text", "picture"]


async def test_answer_to_a_follow_up_answers_the_alert(shop: House, graph: FakeGraph) -> None:
    await add_guarding(shop)
    (door,) = await add_cameras(shop, "Door")
    await see(shop, door, 0.0)
    await see(shop, door, 1.0)
    await wait_until(shop, 60.0)
    buttons = graph.received[2].buttons
    assert [each["title"] for each in buttons][:2] == ["Acknowledge", "False alarm"]
    assert buttons == graph.received[0].buttons
    await accept_webhook(shop.services, ChannelKind.MESSENGER, make_postback(PSID, buttons[0]["payload"]))
    await shop.run_due()
    assert (await raised(shop))[0].state is AlertState.ACKNOWLEDGED


async def test_ok_after_a_follow_up_means_the_alert(shop: House, graph: FakeGraph) -> None:
    await add_guarding(shop)
    (door,) = await add_cameras(shop, "Door")
    await see(shop, door, 0.0)
    await see(shop, door, 1.0)
    await wait_until(shop, 60.0)
    await accept_webhook(shop.services, ChannelKind.MESSENGER, make_message(PSID, "false alarm"))
    await shop.run_due()
    assert (await raised(shop))[0].state is AlertState.DISMISSED


async def test_cameras_that_see_it_at_once_raise_one_alert(shop: House) -> None:
    await add_guarding(shop)
    watching = await add_cameras(shop, "Door", "Till", "Yard", "Hall")
    await asyncio.gather(*(see(shop, each, 0.0) for each in watching))
    (alert,) = await raised(shop)
    async with shop.services.database.reading() as session:
        assert len((await alerts.get_alert(session, alert.id)).verdicts) == 4
