from datetime import timedelta

import pytest

from instantreact.domain.alert import AlertState, DeliveryState, PartKind
from instantreact.domain.happening import (
    CameraBack,
    CameraLost,
    ChannelFailing,
    ChannelMended,
    Happening,
    RuleMatched,
    Written,
)
from instantreact.domain.rule import Evidence, Severity
from instantreact.errors import NotFound
from instantreact.storage import alerts, deliveries
from instantreact.storage.alerts import AlertFilter
from instantreact.storage.database import Database
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Alert
from tests.storage.factories import NOW, make_alert, make_event, make_recipient, make_rule

MINUTE = timedelta(minutes=1)


async def test_insert_or_find_gives_each_recipient_a_pending_delivery_of_two_parts(database: Database) -> None:
    async with database.unit_of_work() as session:
        people = [await make_recipient(session) for _ in range(2)]
        raised = await make_alert(session, *people)
    async with database.reading() as session:
        alert = await alerts.get_alert(session, raised.id)
    assert {delivery.recipient_id for delivery in alert.deliveries} == {person.id for person in people}
    assert [part.kind for part in alert.deliveries[0].parts] == [PartKind.TEXT, PartKind.PICTURE]
    assert {part.state for delivery in alert.deliveries for part in delivery.parts} == {DeliveryState.PENDING}


async def test_insert_or_find_changes_nothing_when_the_rule_matched_this_event_before(database: Database) -> None:
    async with database.unit_of_work() as session:
        person = await make_recipient(session)
        first = await make_alert(session, person)
    async with database.unit_of_work() as session:
        other = Written("Other", "Something else.", Severity.INFO)
        second = await make_alert(session, person, rule_id=first.rule_id, event_id=first.event_id, happening=other)
    assert (second.id, second.happening) == (first.id, first.happening)
    assert [delivery.id for delivery in second.deliveries] == [delivery.id for delivery in first.deliveries]


async def test_insert_or_find_changes_nothing_when_the_system_alert_is_there(database: Database) -> None:
    async with database.unit_of_work() as session:
        first = await make_alert(session, system_key="camera-lost:1")
        second = await make_alert(session, system_key="camera-lost:1")
    assert second.id == first.id


async def test_acknowledge_alert_keeps_the_first_answer_when_asked_twice(database: Database) -> None:
    async with database.unit_of_work() as session:
        alert = await make_alert(session)
    async with database.unit_of_work() as session:
        await alerts.acknowledge_alert(session, alert.id, by="Ana", now=NOW)
        answered = await alerts.acknowledge_alert(session, alert.id, by="Ben", now=NOW + timedelta(hours=1))
    assert (answered.state, answered.answered_by, answered.answered_at) == (AlertState.ACKNOWLEDGED, "Ana", NOW)


async def test_dismiss_alert_overrules_an_acknowledgement_and_not_the_other_way_round(database: Database) -> None:
    async with database.unit_of_work() as session:
        alert = await make_alert(session)
        await alerts.acknowledge_alert(session, alert.id, by="Ana", now=NOW)
        await alerts.dismiss_alert(session, alert.id, by="Ben", now=NOW)
        answered = await alerts.acknowledge_alert(session, alert.id, by="Ana", now=NOW)
    assert (answered.state, answered.answered_by) == (AlertState.DISMISSED, "Ben")


async def test_acknowledge_alert_raises_not_found_when_there_is_none(database: Database) -> None:
    async with database.unit_of_work() as session:
        with pytest.raises(NotFound):
            await alerts.acknowledge_alert(session, "nothing", by="Ana", now=NOW)


async def test_list_alerts_pages_through_all_when_times_are_equal(database: Database) -> None:
    async with database.unit_of_work() as session:
        made = {(await make_alert(session)).id for _ in range(5)}
        made.add((await make_alert(session, raised_at=NOW + timedelta(seconds=1))).id)
    seen: list[Alert] = []
    async with database.reading() as session:
        while page := await alerts.list_alerts(
            session, AlertFilter(), after=Cursor(seen[-1].raised_at, seen[-1].id) if seen else None, limit=2
        ):
            seen += page
    assert {alert.id for alert in seen} == made
    assert len(seen) == 6
    assert seen[0].raised_at > seen[1].raised_at


async def test_list_alerts_narrows_by_state_rule_and_time(database: Database) -> None:
    async with database.unit_of_work() as session:
        old = await make_alert(session, raised_at=NOW - timedelta(days=1))
        done = await make_alert(session)
        await alerts.dismiss_alert(session, done.id, by="Ana", now=NOW)

    async def ids(wanted: AlertFilter) -> list[str]:
        async with database.reading() as session:
            return [alert.id for alert in await alerts.list_alerts(session, wanted)]

    assert await ids(AlertFilter(state=AlertState.RAISED)) == [old.id]
    assert await ids(AlertFilter(rule_id=done.rule_id)) == [done.id]
    assert await ids(AlertFilter(since=NOW)) == [done.id]
    assert await ids(AlertFilter(until=NOW)) == [old.id]
    assert await ids(AlertFilter(event_id=done.event_id)) == [done.id]


@pytest.mark.parametrize(
    ("state", "holds"),
    [
        (DeliveryState.PENDING, True),
        (DeliveryState.SENT, True),
        (DeliveryState.READ, True),
        (DeliveryState.HELD, True),
        (DeliveryState.REFUSED, False),
        (DeliveryState.BURIED, False),
    ],
)
async def test_find_holding_alert_asks_whether_a_delivery_reaches_somebody(
    database: Database, state: DeliveryState, holds: bool
) -> None:
    async with database.unit_of_work() as session:
        rule = await make_rule(session)
        event = await make_event(session)
        later = await make_event(session, clip_id=event.clip_id, window_index=1)
        alert = await make_alert(session, await make_recipient(session), rule_id=rule.id, event_id=event.id)
        for part in alert.deliveries[0].parts:
            await deliveries.mark_part_failed(session, part.id, state, "because")
        held = await alerts.find_alert_in_cooldown(session, rule.id, later, cooldown=MINUTE)
    assert (held is not None) == holds


async def test_find_holding_alert_keeps_uploads_apart_and_counts_alerts_without_recipients(database: Database) -> None:
    async with database.unit_of_work() as session:
        rule = await make_rule(session)
        event = await make_event(session)
        later = await make_event(session, clip_id=event.clip_id, window_index=1)
        alert = await make_alert(session, rule_id=rule.id, event_id=event.id)
        same = await alerts.find_alert_in_cooldown(session, rule.id, later, cooldown=MINUTE)
        apart = await alerts.find_alert_in_cooldown(session, rule.id, await make_event(session), cooldown=MINUTE)
    assert same is not None
    assert same.id == alert.id
    assert apart is None


@pytest.mark.parametrize(
    "happening",
    [
        RuleMatched(
            "Fight", "Door", "men fight", (Evidence("zone", "till", 1.0, "", 0.0, 2.0),), NOW, "UTC", Severity.INFO
        ),
        CameraLost("Door", NOW, NOW, 60.0, 0.0, "Nothing listens there.", "Europe/Berlin"),
        CameraBack("Door", NOW, NOW, 60.0, 2.5, "UTC"),
        ChannelFailing("messenger", NOW, "Make a new token.", "UTC"),
        ChannelMended("messenger", NOW, "UTC"),
        Written("Fight", "Two people fight.", Severity.WARNING),
    ],
    ids=lambda happening: happening.kind,
)
async def test_happening_comes_back_as_it_was_stored(database: Database, happening: Happening) -> None:
    async with database.unit_of_work() as session:
        alert = await make_alert(session, system_key="a", happening=happening)
    async with database.reading() as session:
        assert (await alerts.get_alert(session, alert.id)).happening == happening
