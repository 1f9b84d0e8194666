"""Quiet hours in the nights in which clocks change: what is held is told once, when the person's own clock says so."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest

from instantreact.domain.media import Window
from instantreact.domain.schedule import Hours, WeekSchedule
from instantreact.storage import recipients
from instantreact_demo.graph import FakeGraph
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.pipeline.test_digest import WEEK, states

NIGHT = (time(22), time(7))
SHORT = (time(22), time(2, 30))
LATE = (time(2, 30), time(4))


@pytest.mark.parametrize(
    ("zone", "quiet", "raised_at", "told_at", "end"),
    [
        ("Europe/Berlin", NIGHT, "2026-10-24T22:30", "2026-10-25T06:00", "Sun 07:00"),  # an hour longer
        ("Europe/Berlin", NIGHT, "2027-03-27T23:30", "2027-03-28T05:00", "Sun 07:00"),  # an hour shorter
        ("America/New_York", NIGHT, "2026-11-01T03:30", "2026-11-01T12:00", "Sun 07:00"),
        ("America/New_York", NIGHT, "2027-03-14T04:30", "2027-03-14T11:00", "Sun 07:00"),
        ("Europe/Berlin", SHORT, "2026-10-25T00:10", "2026-10-25T00:30", "Sun 02:30"),  # for the first time
        ("Europe/Berlin", SHORT, "2026-10-25T01:10", "2026-10-25T01:30", "Sun 02:30"),  # for the second time
        ("Europe/Berlin", SHORT, "2027-03-28T00:50", "2027-03-28T01:00", "Sun 03:00"),  # 02:30 does not come
        ("Europe/Berlin", LATE, "2026-10-25T00:40", "2026-10-25T01:00", "Sun 02:00"),  # it is put back out of them
    ],
)
async def test_what_is_held_is_told_once_when_the_person_s_clock_says_so(
    house: House,
    graph: FakeGraph,
    zone: str,
    quiet: tuple[time, time],
    raised_at: str,
    told_at: str,
    end: str,
) -> None:
    raised, told = (datetime.fromisoformat(each).replace(tzinfo=UTC) for each in (raised_at, told_at))
    person = await house.add_recipient()
    async with house.services.database.unit_of_work() as session:
        hours = WeekSchedule((Hours(WEEK, *quiet),))
        await recipients.update_recipient(
            session, person.id, recipients.RecipientChanges(quiet_hours=hours, time_zone=zone)
        )
    await house.add_rule(cooldown_s=0.0)
    await go_to(house, raised)
    clip = await house.add_clip()
    for index in range(2):
        await house.see(clip, replace(make_observation(), window=Window(index, 2.0 * index, 2.0 * index + 2.0)))
    await go_to(house, told - timedelta(seconds=1))
    assert await states(house) == ["held"] * 2
    whys = {part.error for alert in await house.alerts() for each in alert.deliveries for part in each.parts}
    assert whys == {f"Their quiet hours end at {end}."}
    assert graph.received == []
    await go_to(house, told)
    assert await states(house) == ["digested"] * 2
    for hours_later in (1, 24):
        await go_to(house, told + timedelta(hours=hours_later))
    (message,) = graph.received
    assert "2 alerts were kept for you" in message.text


async def go_to(house: House, moment: datetime) -> None:
    """Let time pass, or go back before anything has happened, and run what is due then."""
    house.clock.advance((moment - house.clock.now()).total_seconds())
    await house.run_due()
