"""Before a chat window shuts the person is asked, once, to keep alerts on; a tap opens it for another day."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from instantreact.domain.alert import ChannelKind
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.language import Language
from instantreact.domain.schedule import Hours, ScheduleDay, WeekSchedule
from instantreact.pipeline.incoming import accept_webhook
from instantreact.pipeline.remind import find_time, queue_reminders
from instantreact.storage import mutes, recipients, rules
from instantreact.storage.tables import Mute, Recipient
from instantreact_demo.graph import FakeGraph, Person
from instantreact_demo.graph.faults import OUTAGE
from tests.pipeline.conftest import HOUR_S, PSID, House
from tests.pipeline.webhooks import make_body
from tests.storage.factories import NOW

_mids = count()
DAYS = tuple(ScheduleDay)[:7]
UTC_ZONE, TWO_HOURS = ZoneInfo("UTC"), timedelta(hours=2)
NIGHT = WeekSchedule((Hours(DAYS, time(22), time(7)),))


@pytest.fixture
async def told(house: House) -> House:
    """A guard is told by a rule, and is asked two hours before their window shuts; it is noon, UTC."""
    services = replace(house.services, remind_before=TWO_HOURS, time_zone=UTC_ZONE)
    await house.add_recipient()
    await house.add_rule()
    return replace(house, services=services)


async def act(house: House, words: str = "status", *, payload: str | None = None) -> None:
    """The guard writes something now, or taps a button."""
    at = {"recipient": {"id": "1000"}, "timestamp": round(house.clock.now().timestamp() * 1000)}
    mid = f"m_{next(_mids)}"
    content = {"postback": {"mid": mid, "title": words, "payload": payload}} if payload else None
    body = make_body({"sender": {"id": PSID}, **at, **(content or {"message": {"mid": mid, "text": words}})})
    await accept_webhook(house.services, ChannelKind.MESSENGER, body)
    await house.run_due()


async def the_guard(house: House) -> Recipient:
    async with house.services.database.reading() as session:
        person = await recipients.find_recipient(session, ChannelKind.MESSENGER, PSID)
        assert person is not None
        return person


async def change(house: House, **changes: object) -> None:
    person = await the_guard(house)
    async with house.services.database.unit_of_work() as session:
        row = await recipients.get_recipient(session, person.id)
        for name, value in changes.items():
            setattr(row, name, value)


async def wait(house: House, hours: float) -> None:
    house.clock.advance(hours * HOUR_S)
    await house.run_due()


def reminders(graph: FakeGraph) -> list[str]:
    return [part.text for part in graph.received if any(b["title"] == "Keep alerts on" for b in part.buttons)]


async def test_person_is_asked_before_their_window_shuts_and_a_tap_opens_it_for_another_day(
    told: House, graph: FakeGraph
) -> None:
    await act(told)
    await wait(told, 21.9)
    assert reminders(graph) == []
    await wait(told, 0.2)
    (text,) = reminders(graph)
    assert "until Mon 12:00" in text
    (button,) = graph.received[-1].buttons
    await act(told, button["title"], payload=button["payload"])
    assert graph.received[-1].text.startswith("Alerts come here until Tue 10:06")
    await wait(told, 21.8)
    assert len(reminders(graph)) == 1
    await wait(told, 0.3)
    assert len(reminders(graph)) == 2


async def test_one_who_does_not_tap_is_asked_once_and_the_question_is_no_alert_to_answer(
    told: House, graph: FakeGraph
) -> None:
    await act(told)
    await wait(told, 22)
    await queue_reminders(told.services)  # as a restart does
    await told.run_due()
    await wait(told, 1)
    await wait(told, 30)
    assert len(reminders(graph)) == 1
    await act(told, "ok")
    assert graph.received[-1].text == "You were told of no alert yet."


async def test_reminder_outlives_restarts_and_goes_by_the_newest_setting(told: House, graph: FakeGraph) -> None:
    await act(told)
    other = replace(told, services=replace(told.services, remind_before=timedelta(hours=6)))
    await queue_reminders(other.services)
    await wait(other, 18)
    assert len(reminders(graph)) == 1


async def test_reminder_speaks_the_language_of_the_person(told: House, graph: FakeGraph) -> None:
    await change(told, language=Language.FRENCH)
    await act(told)
    await wait(told, 22)
    (button,) = graph.received[-1].buttons
    assert button["title"] == "Garder les alertes"
    await act(told, button["title"], payload=button["payload"])
    assert graph.received[-1].text.startswith("Les alertes arrivent ici jusqu’à mar. 10:00")


async def stop(house: House) -> None:
    await act(house, "stop")


async def mute_everything(house: House) -> None:
    person, now = await the_guard(house), house.clock.now()
    async with house.services.database.unit_of_work() as session:
        row = Mute(recipient_id=person.id, until=now + timedelta(days=2), made_by="Ana", created_at=now)
        await mutes.insert_mute(session, row, now=now)


async def disable_rules(house: House) -> None:
    async with house.services.database.unit_of_work() as session:
        for rule in await rules.list_all_rules(session):
            await rules.update_rule(session, rule.id, {"enabled": False})


@pytest.mark.parametrize("end_it", [stop, mute_everything, disable_rules])
async def test_nobody_is_asked_who_would_be_told_nothing(
    told: House, graph: FakeGraph, end_it: Callable[[House], Awaitable[None]]
) -> None:
    await act(told)
    await end_it(told)
    await wait(told, 22.5)
    assert reminders(graph) == []


async def test_nobody_is_asked_where_that_is_switched_off(told: House, graph: FakeGraph) -> None:
    silent = replace(told, services=replace(told.services, remind_before=timedelta(0)))
    await act(silent)
    await wait(silent, 22.5)
    assert reminders(graph) == []


async def test_person_who_muted_everything_for_a_while_is_asked_when_that_is_over(
    told: House, graph: FakeGraph
) -> None:
    await act(told)
    await wait(told, 20)
    await act(told, "mute 23h")
    await wait(told, 22.5)
    assert reminders(graph) == []
    await wait(told, 0.6)
    assert len(reminders(graph)) == 1


@pytest.mark.parametrize("way", ["step", "fallback"])
async def test_person_of_a_later_step_or_to_fall_back_on_is_asked_too(told: House, graph: FakeGraph, way: str) -> None:
    guard = (await the_guard(told)).id
    graph.people["2002"] = Person()
    other = Recipient(name="Ana", channel=ChannelKind.MESSENGER, address="2002", created_at=NOW)
    async with told.services.database.unit_of_work() as session:
        await recipients.insert_recipient(session, other)
        (rule,) = await rules.list_all_rules(session)
        steps = (EscalationStep(60.0, (guard,)),) if way == "step" else ()
        await rules.update_rule(session, rule.id, {"recipient_ids": [other.id], "escalation": steps})
        if way == "fallback":
            await recipients.update_recipient(session, other.id, {"fallback_id": guard})
    await act(told)
    await wait(told, 22.5)
    assert len(reminders(graph)) == 1


@pytest.mark.parametrize(
    ("quiet_hours", "why"),
    [
        (None, "Their chat window was opened anew"),
        (WeekSchedule((Hours(DAYS, time(10), time(12)),)), "quiet hours began"),
    ],
    ids=["acted", "night"],
)
async def test_reminder_that_was_held_up_is_not_sent_once_it_comes_too_late(
    told: House, graph: FakeGraph, quiet_hours: WeekSchedule | None, why: str
) -> None:
    await act(told)
    graph.script(OUTAGE)
    await wait(told, 22)
    if quiet_hours is None:
        await act(told)
    await change(told, quiet_hours=quiet_hours)
    await wait(told, 0.2)
    assert reminders(graph) == []
    (alert,) = await told.alerts()
    (part,) = alert.deliveries[0].parts
    assert part.state == "refused"
    assert why in (part.error or "")


async def test_window_that_shut_before_is_no_reason_to_send_it_later(told: House, graph: FakeGraph) -> None:
    await act(told)
    graph.people[PSID] = Person(window_open=False)  # Messenger counts otherwise
    await wait(told, 22)
    graph.people[PSID] = Person()
    await act(told)
    assert reminders(graph) == []
    (alert,) = await told.alerts()
    assert alert.deliveries[0].state == "refused"


@pytest.mark.parametrize(
    ("acted", "quiet", "lead_h", "asked"),
    [
        ("Mon 12:00", None, 2, "Tue 10:00"),
        ("Mon 12:00", "22-07", 2, "Tue 10:00"),
        ("Mon 23:00", "22-07", 2, "Tue 20:00"),  # it would shut in the night
        ("Mon 08:00", "22-07", 2, "Mon 20:00"),  # it would be asked at six in the morning
        ("Mon 09:30", "22-07", 2, "Tue 07:30"),
        ("Mon 22:00", "22-07", 2, "Tue 20:00"),
        ("Mon 12:00", "22-07 20-21", 2, "Tue 10:00"),
        ("Mon 23:00", "22-07 19-21", 2, "Tue 17:00"),  # one stretch hides the question about the other
        ("Mon 19:00", "20-18", 2, "Tue 18:00"),  # there is but one hour, and they have just acted in it
        ("Mon 12:00", "00-00", 2, None),
        ("Mon 21:00", "22-07", 12, "Tue 09:00"),
    ],
)
def test_reminder_is_never_in_quiet_hours_but_before_them(
    acted: str, quiet: str | None, lead_h: float, asked: str | None
) -> None:
    monday = datetime(2026, 11, 23, tzinfo=UTC)
    clock = time.fromisoformat(acted[4:])
    at = datetime.combine(monday, clock, UTC)
    stretches = [each.split("-") for each in (quiet or "").split()]
    hours = tuple(Hours(DAYS, time(int(start)), time(int(end))) for start, end in stretches)
    person = Recipient(
        channel=ChannelKind.MESSENGER,
        time_zone="UTC",
        quiet_hours=WeekSchedule(hours) if hours else None,
        window_open_until=at + timedelta(days=1),
    )
    found = find_time(person, timedelta(hours=lead_h), UTC_ZONE, now=at)
    assert (found and f"{found:%a %H:%M}") == asked


def test_quiet_hours_are_those_on_the_clock_of_the_person() -> None:
    until = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # three in the morning in Paris
    person = Recipient(
        channel=ChannelKind.MESSENGER, time_zone="Europe/Paris", quiet_hours=NIGHT, window_open_until=until
    )
    found = find_time(person, TWO_HOURS, UTC_ZONE, now=until - timedelta(hours=24))
    assert found == datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def test_late_start_of_the_service_asks_at_once_but_not_at_night() -> None:
    until = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
    person = Recipient(channel=ChannelKind.MESSENGER, time_zone="UTC", quiet_hours=NIGHT, window_open_until=until)
    evening, night = until - timedelta(hours=6), until - timedelta(hours=4)
    assert find_time(person, TWO_HOURS, UTC_ZONE, now=evening) == evening
    assert find_time(person, TWO_HOURS, UTC_ZONE, now=night) is None
