"""Quiet hours and floods: what is not critical is held, and told in one message."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.alert import DeliveryState
from instantreact.domain.happening import Digest, DigestItem
from instantreact.domain.media import Window
from instantreact.domain.rule import Severity
from instantreact.domain.schedule import Hours, ScheduleDay, WeekSchedule
from instantreact.pipeline.quiet import put_digest_job, reconsider_held
from instantreact.storage import recipients
from instantreact.storage.tables import Alert, Recipient
from instantreact_demo.graph import FakeGraph, Person
from tests.observations import make_observation
from tests.pipeline.conftest import PSID, House
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)

WEEK = tuple(ScheduleDay)[:7]
UNTIL_TWO = WeekSchedule((Hours(WEEK, time(11), time(14)),))
"""In Berlin, where it is 13:00 at NOW."""


async def add_person(house: House, quiet_hours: WeekSchedule | None = UNTIL_TWO) -> Recipient:
    person = await house.add_recipient()
    async with house.services.database.unit_of_work() as session:
        changes = recipients.RecipientChanges(quiet_hours=quiet_hours, time_zone="Europe/Berlin")
        return await recipients.update_recipient(session, person.id, changes)


async def see_fights(house: House, count: int, *, severity: Severity = Severity.WARNING) -> None:
    await house.add_rule(cooldown_s=0.0, severity=severity)
    clip = await house.add_clip()
    for index in range(count):
        await house.see(clip, replace(make_observation(), window=Window(index, 2.0 * index, 2.0 * index + 2.0)))
    await house.run_due()


async def states(house: House) -> list[DeliveryState]:
    return [each.state for alert in await house.alerts() if not alert.system_key for each in alert.deliveries]


async def the_digest(house: House) -> tuple[Alert, Digest]:
    (alert,) = [alert for alert in await house.alerts() if alert.system_key]
    assert isinstance(alert.happening, Digest)
    return alert, alert.happening


async def test_alerts_of_quiet_hours_come_in_one_message_when_these_end(house: House, graph: FakeGraph) -> None:
    await add_person(house)
    await see_fights(house, 3)
    assert await states(house) == ["held"] * 3
    assert graph.received == []
    house.clock.advance(59 * 60.0)
    await house.run_due()
    assert graph.received == []
    house.clock.advance(61.0)
    await house.run_due()
    assert await states(house) == ["digested"] * 3
    alert, digest = await the_digest(house)
    assert [each.state for each in alert.deliveries] == ["sent"]
    assert (digest.count, [item.title for item in digest.items]) == (3, ["A fight"] * 3)
    (message,) = graph.received
    assert "3 alerts were kept for you" in str(message)
    assert "Sun 13:00 A fight · Shop" in str(message)


async def test_one_alert_of_quiet_hours_is_sent_as_it_is_when_these_end(house: House, graph: FakeGraph) -> None:
    await add_person(house)
    await see_fights(house, 1)
    house.clock.advance(3700.0)
    await house.run_due()
    assert await states(house) == ["sent"]
    assert len(graph.received) == 2  # with its picture


async def test_critical_alert_passes_quiet_hours(house: House, graph: FakeGraph) -> None:
    await add_person(house)
    await see_fights(house, 2, severity=Severity.CRITICAL)
    assert await states(house) == ["sent"] * 2


async def test_alert_outside_of_quiet_hours_is_sent_at_once(house: House, graph: FakeGraph) -> None:
    await add_person(house, WeekSchedule((Hours(WEEK, time(22), time(7)),)))
    await see_fights(house, 2)
    assert await states(house) == ["sent"] * 2


async def test_person_who_writes_in_their_quiet_hours_is_told_then(house: House, graph: FakeGraph) -> None:
    person = await add_person(house)
    await see_fights(house, 2)
    async with house.services.database.unit_of_work() as session:
        await put_digest_job(session, person.id, now=house.clock.now())  # as what they write does
    await house.run_due()
    assert (await the_digest(house))[1].count == 2


async def test_lifting_quiet_hours_tells_what_was_held(house: House, graph: FakeGraph) -> None:
    person = await add_person(house)
    await see_fights(house, 2)
    async with house.services.database.unit_of_work() as session:
        await recipients.update_recipient(session, person.id, {"quiet_hours": None})
        await reconsider_held(session, house.services, person.id)
    await house.run_due()
    assert (await the_digest(house))[1].count == 2


async def test_changing_quiet_hours_changes_when_what_was_held_is_told(house: House, graph: FakeGraph) -> None:
    person = await add_person(house)
    await see_fights(house, 2)
    longer = WeekSchedule((Hours(WEEK, time(11), time(15)),))
    async with house.services.database.unit_of_work() as session:
        await recipients.update_recipient(session, person.id, {"quiet_hours": longer})
        await reconsider_held(session, house.services, person.id)
    house.clock.advance(3700.0)
    await house.run_due()
    assert graph.received == []
    house.clock.advance(3600.0)
    await house.run_due()
    (message,) = graph.received
    assert message.buttons == ()


async def test_digest_waits_where_the_chat_window_is_shut_and_is_sent_when_it_opens(
    house: House, graph: FakeGraph
) -> None:
    person = await add_person(house, None)
    graph.people[PSID] = Person(window_open=False)
    await see_fights(house, 3)
    assert await states(house) == ["held"] * 3
    graph.people[PSID] = Person()
    async with house.services.database.unit_of_work() as session:
        await put_digest_job(session, person.id, now=house.clock.now())
    await house.run_due()
    assert await states(house) == ["digested"] * 3
    assert [each.state for each in (await the_digest(house))[0].deliveries] == ["sent"]


async def test_more_than_so_many_alerts_a_minute_are_summed_up(house: House, graph: FakeGraph) -> None:
    house = replace(house, services=replace(house.services, alerts_a_minute=3))
    await add_person(house, None)
    await see_fights(house, 8)
    assert sorted(await states(house)) == ["held"] * 5 + ["sent"] * 3
    house.clock.advance(61.0)
    await house.run_due()
    assert sorted(await states(house)) == ["digested"] * 5 + ["sent"] * 3
    assert (await the_digest(house))[1].count == 5


async def test_flood_of_critical_alerts_is_told_one_by_one(house: House, graph: FakeGraph) -> None:
    house = replace(house, services=replace(house.services, alerts_a_minute=3))
    await add_person(house, None)
    await see_fights(house, 5, severity=Severity.CRITICAL)
    assert await states(house) == ["sent"] * 5


async def test_digest_that_runs_twice_tells_once(house: House, graph: FakeGraph) -> None:
    person = await add_person(house)
    await see_fights(house, 2)
    for _ in range(2):
        async with house.services.database.unit_of_work() as session:
            await put_digest_job(session, person.id, now=house.clock.now())
        await house.run_due()
    assert len(graph.received) == 1


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (datetime(2026, 11, 27, 23, 0, tzinfo=UTC), "Sat 07:00"),
        (datetime(2026, 11, 28, 3, 0, tzinfo=UTC), "Sat 07:00"),
    ],
)
def test_end_of_a_night_is_the_next_morning(engine: str, at: datetime, ends: str) -> None:
    night = WeekSchedule((Hours(WEEK, time(22), time(7)),))
    assert f"{night.find_end(at):%a %H:%M}" == ends


def test_end_of_hours_that_follow_each_other_is_that_of_the_last(engine: str) -> None:
    both = WeekSchedule((Hours(WEEK, time(22), time(2)), Hours(WEEK, time(2), time(7))))
    assert both.find_end(datetime(2026, 11, 27, 23, tzinfo=UTC)) == datetime(2026, 11, 28, 7, tzinfo=UTC)
    always = WeekSchedule((Hours(WEEK, time(0), time(0)),))
    assert always.find_end(NOW) == NOW + timedelta(days=7)


def test_long_digest_says_how_many_more_there_are(engine: str) -> None:
    items = tuple(DigestItem("A fight " * 20, "Front door " * 20, NOW) for _ in range(50))
    text = compose_text(Digest(70, items, "Europe/Berlin"))
    assert text.endswith("• and 64 more")
    assert len(text) <= 640
    assert compose_title(Digest(70, items, "UTC")) == "70 alerts were kept for you"
