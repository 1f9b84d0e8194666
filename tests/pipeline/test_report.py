"""Once a day whoever wants it is told how things stand: a quiet day is not taken for a broken one."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.camera import CameraState
from instantreact.domain.happening import DailyReport
from instantreact.domain.language import Language
from instantreact.pipeline.report import find_next, put_report_job, queue_reports
from instantreact.storage import recipients
from instantreact.storage.tables import CameraLease, Recipient
from instantreact_demo.graph import FakeGraph
from tests.pipeline.conftest import House
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)

BERLIN = ZoneInfo("Europe/Berlin")


async def add_person(house: House, report_at: str | None = "14:00") -> Recipient:
    """Who wants to know at 14:00 in Berlin, an hour after NOW."""
    person = await house.add_recipient()
    changes = recipients.RecipientChanges(report_at=report_at, time_zone="Europe/Berlin")
    async with house.services.database.unit_of_work() as session:
        person = await recipients.update_recipient(session, person.id, changes)
        await put_report_job(session, house.services, person)
    return person


async def the_reports(house: House) -> list[DailyReport]:
    return [each.happening for each in reversed(await house.alerts()) if isinstance(each.happening, DailyReport)]


async def test_report_comes_every_day_at_its_time_and_tells_how_things_stand(house: House, graph: FakeGraph) -> None:
    await add_person(house)
    await house.add_rule()
    await house.see(await house.add_clip())
    live, lost = await house.add_camera(), await house.add_camera("Back door")
    async with house.services.database.unit_of_work() as session:
        for camera, state in ((live, CameraState.LIVE), (lost, CameraState.LOST)):
            until = NOW + timedelta(days=9)
            session.add(CameraLease(camera_id=camera.id, owner="a", lease_until=until, state=state, state_since=NOW))
    await queue_reports(house.services)
    for seconds in (0.0, 3500.0, 101.0, 3600.0, 86_400.0):
        house.clock.advance(seconds)
        await house.run_due()
    first, second = await the_reports(house)
    assert (first.live, first.lost, first.alerts, first.open) == (1, ("Back door",), 1, 1)
    assert (second.alerts, second.open) == (0, 0)
    messages = [part for part in graph.received if "Cameras live: 1 of 2." in part.text]
    assert len(messages) == 2
    assert messages[0].buttons == ()


async def test_nobody_is_told_who_wants_no_report(house: House, graph: FakeGraph) -> None:
    person = await add_person(house)
    async with house.services.database.unit_of_work() as session:
        await recipients.update_recipient(session, person.id, {"report_at": None})
    house.clock.advance(86_400.0)
    await house.run_due()
    assert await the_reports(house) == []
    async with house.services.database.unit_of_work() as session:
        await recipients.update_recipient(session, person.id, {"report_at": "14:00"})
        await recipients.opt_out(session, person.id, now=house.clock.now())
    await queue_reports(house.services)
    house.clock.advance(86_400.0)
    await house.run_due()
    assert graph.received == []


@pytest.mark.parametrize(
    ("now", "at", "found"),
    [
        (datetime(2026, 10, 24, 12, tzinfo=UTC), time(8), datetime(2026, 10, 25, 7, tzinfo=UTC)),  # summer time ended
        (datetime(2026, 10, 24, 5, tzinfo=UTC), time(8), datetime(2026, 10, 24, 6, tzinfo=UTC)),
        (datetime(2026, 3, 28, 12, tzinfo=UTC), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # left out
    ],
)
def test_next_report_is_by_the_clock_of_the_person(engine: str, now: datetime, at: time, found: datetime) -> None:
    assert find_next(at, BERLIN, now) == found


def test_report_is_told_in_words(engine: str) -> None:
    well = DailyReport(4, (), 2, 0, NOW, "UTC")
    ill = DailyReport(3, ("Back door",), 2, 1, NOW, "UTC")
    assert compose_title(well) == "All is well"
    assert compose_text(well).splitlines()[1:] == [
        "Cameras live: 4 of 4.",
        "Alerts since Sun 22 Nov 2026, 12:00:00 UTC: 2, of which 0 unanswered.",
    ]
    assert "Not live: Back door." in compose_text(ill)
    assert compose_text(ill, language=Language.FRENCH).startswith("Certaines caméras ne sont pas en direct.")
