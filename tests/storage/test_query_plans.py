"""What people page through is read in its order from an index: nothing is sorted, however much there is."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState
from instantreact.domain.erasure import Span
from instantreact.domain.media import ClipState
from instantreact.jobs import outbox
from instantreact.storage import alerts, clips, deliveries, erasing_spans, erasures, events, removing
from instantreact.storage.alerts import AlertFilter
from instantreact.storage.database import Database
from instantreact.storage.days import DayLimits, read_day
from instantreact.storage.events import EventFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Camera, Event
from tests.storage.factories import NOW, make_event

pytestmark = pytest.mark.parametrize("engine", ["sqlite"])  # PostgreSQL plans by how much there is

Query = Callable[[AsyncSession], Awaitable[object]]
AFTER = Cursor(NOW, "a")
QUERIES: dict[str, Query] = {
    "clips": lambda session: clips.list_clips(session, after=AFTER),
    "clips of a camera": lambda session: clips.list_clips(session, camera_id="a", after=AFTER),
    "clips in a state": lambda session: clips.list_clips(session, state=ClipState.FAILED, after=AFTER),
    "events": lambda session: events.list_events(session, EventFilter(since=NOW), after=AFTER),
    "events of a camera": lambda session: events.list_events(session, EventFilter(camera_id="a"), after=AFTER),
    "alerts": lambda session: alerts.list_alerts(session, AlertFilter(since=NOW), after=AFTER),
    "alerts of a camera": lambda session: alerts.list_alerts(session, AlertFilter(camera_id="a"), after=AFTER),
    "alerts of a rule": lambda session: alerts.list_alerts(session, AlertFilter(rule_id="a"), after=AFTER),
    "alerts in a state": lambda session: alerts.list_alerts(session, AlertFilter(AlertState.RAISED), after=AFTER),
    "deliveries of a recipient": lambda session: deliveries.list_deliveries_of(session, "a", after=AFTER),
    "erasures": lambda session: erasures.list_erasures(session, after=AFTER),
    "jobs": lambda session: outbox.list_jobs(session, after=AFTER),
}


async def explain(database: Database, query: Query) -> list[str]:
    """SQLite's plan, step by step."""
    statements: list[tuple[str, tuple[object, ...]]] = []

    def remember(_: object, __: object, statement: str, parameters: tuple[object, ...], *___: object) -> None:
        statements.append((statement, parameters))

    async with database.reading() as session:
        connection = await session.connection()
        event.listen(connection.sync_connection, "before_cursor_execute", remember)
        await query(session)
        event.remove(connection.sync_connection, "before_cursor_execute", remember)
        plans = [
            await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            for statement, parameters in statements
        ]
    return [str(step["detail"]) for plan in plans for step in plan.mappings()]


@pytest.mark.parametrize("what", QUERIES)
async def test_list_is_read_in_its_order(database: Database, what: str) -> None:
    plan = await explain(database, QUERIES[what])
    assert plan
    assert [step for step in plan if "TEMP B-TREE" in step or "USING" not in step] == []


LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)


@pytest.mark.parametrize("until", [EARLIER, LATER])
async def test_deep_page_of_a_span_begins_where_the_last_one_ended(database: Database, until: datetime) -> None:
    wanted = EventFilter(since=NOW - timedelta(days=9), until=until)
    plan = await explain(database, lambda session: events.list_events(session, wanted, after=AFTER))
    nearest = "(occurred_at,id)<(?,?)" if until is LATER else "occurred_at<?"
    assert [step for step in plan if nearest not in step] == []


async def test_day_of_a_camera_is_read_from_indexes(database: Database) -> None:
    async with database.unit_of_work() as session:
        camera = Camera(id="a", name="Door", source="", created_at=EARLIER)
        session.add(camera)
        await session.flush()
        await make_event(session, camera_id="a", connection="1")
    wanted = {"as_of": LATER, "limits": DayLimits(events=10, alerts=10)}
    plan = await explain(database, lambda session: read_day(session, camera, (EARLIER, LATER), **wanted))  # type: ignore[arg-type]
    assert [step for step in plan if step.startswith("SCAN") or ("SEARCH" in step and "USING" not in step)] == []
    for found in (
        "camera_minutes USING PRIMARY KEY (camera_id=? AND minute>? AND minute<?)",
        "events USING COVERING INDEX ix_events_of_camera (camera_id=? AND occurred_at>? AND occurred_at<?)",
        "alerts USING INDEX ix_alerts_of_camera (camera_id=? AND raised_at>? AND raised_at<?)",
        "alerts USING INDEX ix_alerts_event_id (event_id=?)",
    ):
        assert any(found in step for step in plan), (found, plan)


async def test_files_are_found_by_their_keys(database: Database) -> None:
    plan = await explain(database, lambda session: removing.list_referenced(session, ["a"]))
    assert [step for step in plan if step.startswith(("SCAN clips", "SCAN events"))] == []


async def test_cooldown_is_found_by_camera_and_time(database: Database) -> None:
    seen = Event(id="e", camera_id="a", occurred_at=NOW)
    plan = await explain(
        database, lambda session: alerts.find_alert_in_cooldown(session, "r", seen, cooldown=timedelta(minutes=1))
    )
    assert any("ix_events_of_camera (camera_id=? AND occurred_at>? AND occurred_at<?)" in step for step in plan)


async def test_what_a_camera_saw_then_is_asked_of_an_index(database: Database) -> None:
    plan = await explain(database, lambda session: erasures.is_erased(session, "a", EARLIER, LATER))
    assert any("ix_erasures_of_camera (camera_id=? AND until>?)" in step for step in plan)
    span = Span("a", EARLIER, LATER)
    plan = await explain(database, lambda session: erasing_spans.take_events(session, span, 50))
    assert any("ix_events_of_camera (camera_id=? AND occurred_at>? AND occurred_at<?)" in step for step in plan)
    assert [step for step in plan if step == "SCAN events"] == []
