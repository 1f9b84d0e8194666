"""A day of a camera in one answer."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from instantreact.domain.alert import AlertState
from instantreact.domain.happening import CameraLost, Happening, RuleMatched
from instantreact.domain.minutes import WHOLE, Minute, minute_of
from instantreact.domain.rule import Severity
from instantreact.pipeline.services import Services
from instantreact.storage import cameras
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.minutes import add_minutes
from instantreact.storage.tables import Camera
from tests.api.problems import assert_problem
from tests.conftest import StoppedClock
from tests.storage.factories import NOW, make_alert, make_event

MIDNIGHT = NOW - timedelta(hours=12)
LONG_AGO = NOW - timedelta(days=400)
STILL = Minute(WHOLE, WHOLE)


def at(**passed: float) -> datetime:
    """So long after midnight (UTC)."""
    return MIDNIGHT + timedelta(**passed)


async def add_camera(services: Services, *, now: datetime = LONG_AGO, **settings: Any) -> Camera:
    async with services.database.unit_of_work() as session:
        draft = CameraSettings(**{"name": "Door", "source": "push:", **settings})
        return await cameras.insert_camera(session, services.box, draft, now=now)


async def keep(services: Services, camera: Camera, minutes: Mapping[datetime, Minute]) -> None:
    async with services.database.unit_of_work() as session:
        await add_minutes(session, {(camera.id, minute_of(moment)): known for moment, known in minutes.items()})


async def watch(services: Services, camera: Camera, since: datetime, until: datetime) -> None:
    """The camera was seen all the time, and nothing moved."""
    steps = range((until - since) // timedelta(minutes=1))
    await keep(services, camera, {since + timedelta(minutes=step): STILL for step in steps})


async def read(client: httpx.AsyncClient, camera: Camera, **asked: str) -> dict[str, Any]:
    answer = await client.get(f"/cameras/{camera.id}/day", params=asked)
    assert answer.status_code == 200, answer.text
    day: dict[str, Any] = answer.json()
    return day


def matched(severity: Severity) -> Happening:
    return RuleMatched(f"A {severity} fight", "Door", "two men fight", (), NOW, "UTC", severity)


async def test_day_tells_minutes_gaps_events_and_alerts(client: httpx.AsyncClient, services: Services) -> None:
    camera = await add_camera(services)
    await watch(services, camera, at(), at(hours=12))
    moving = Minute(WHOLE, WHOLE, moving=0b1011, motion_permille=143)
    await keep(services, camera, {at(minutes=5): moving})
    async with services.database.unit_of_work() as session:
        seen = {"camera_id": camera.id, "connection": "1"}
        plain = await make_event(session, **seen, window_index=0, occurred_at=at(minutes=5, seconds=2), end_s=12.5)
        told = await make_event(
            session, **seen, window_index=1, occurred_at=at(minutes=5, seconds=59.9), snapshot_key="a", evidence_key="b"
        )
        await make_event(session, **seen, window_index=2, occurred_at=at(microseconds=-1))
        raised = {"event_id": told.id, "camera_id": camera.id}
        for severity in (Severity.WARNING, Severity.CRITICAL, Severity.INFO):
            late = timedelta(days=2 if severity is Severity.CRITICAL else 0)
            happening = matched(severity)
            await make_alert(session, **raised, id=severity, happening=happening, raised_at=at(minutes=6) + late)
        lost = CameraLost("Door", at(hours=3), at(hours=3), 60.0, 0.0, "", "UTC")
        await make_alert(session, camera_id=camera.id, id="l", system_key="l", happening=lost, raised_at=at(hours=3))
    other = await add_camera(services, name="Other")
    await keep(services, other, {at(minutes=7): moving})

    day = await read(client, camera)

    assert (day["camera_id"], day["date"], day["time_zone"]) == (camera.id, "2026-11-22", "UTC")
    assert (day["since"], day["until"]) == ("2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z")
    assert (day["as_of"], day["known_from"]) == ("2026-11-22T11:59:40Z", "2026-11-22T00:00:00Z")
    series = {name: day[name] for name in ("motion_permille", "moving_s", "seen_s", "events_in_minute")}
    assert {len(each) for each in series.values()} == {12 * 60}
    assert [each[5] for each in series.values()] == [143, 3, 60, 2]
    assert [sum(each) for each in series.values()] == [143, 3, 12 * 60 * 60, 2]
    assert (day["gaps"], day["gaps_left_out"]) == ([], 0)
    assert day["events"]["next"] is None
    assert day["events"]["items"] == [
        {
            "id": told.id,
            "occurred_at": "2026-11-22T00:05:59.900000Z",
            "duration_s": 2.0,
            "caption": "Two people fight.",
            "has_snapshot": True,
            "has_evidence": True,
            "severity": "critical",
            "alert_id": "critical",
        },
        {
            "id": plain.id,
            "occurred_at": "2026-11-22T00:05:02Z",
            "duration_s": 12.5,
            "caption": "Two people fight.",
            "has_snapshot": False,
            "has_evidence": False,
            "severity": None,
            "alert_id": None,
        },
    ]
    alerts = day["alerts"]["items"]
    assert [(alert["id"], alert["title"], alert["severity"]) for alert in alerts] == [
        ("l", "Door is lost", "warning"),
        ("warning", "A warning fight", "warning"),
        ("info", "A info fight", "info"),
    ]
    assert (alerts[1]["event_id"], alerts[1]["state"]) == (told.id, AlertState.RAISED)


async def test_day_tells_lost_from_off_and_from_what_nobody_knows(
    client: httpx.AsyncClient, services: Services
) -> None:
    camera = await add_camera(services, now=at(hours=1, seconds=0.5))
    lost = Minute(watched=WHOLE)
    await watch(services, camera, at(hours=1), at(hours=2))
    await keep(services, camera, {at(hours=2): lost, at(hours=2, minutes=1): Minute(WHOLE, WHOLE >> 30)})
    await watch(services, camera, at(hours=4), at(hours=12))
    async with services.database.unit_of_work() as session:
        for enabled, moment in ((False, at(hours=3)), (True, at(hours=3, minutes=30))):
            settings = CameraSettings("Door", "push:", enabled=enabled)
            await cameras.replace_camera(session, services.box, camera.id, settings, now=moment)

    gaps = (await read(client, camera))["gaps"]

    assert [(gap["since"][11:19], gap["until"][11:19], gap["reason"]) for gap in gaps] == [
        ("00:00:00", "01:00:00", "off"),
        ("02:00:00", "02:01:00", "lost"),
        ("02:01:30", "02:02:00", "lost"),
        ("02:02:00", "03:00:00", None),
        ("03:00:00", "03:30:00", "off"),
        ("03:30:00", "04:00:00", None),
    ]


async def test_day_of_a_camera_that_nobody_watched_is_one_gap(client: httpx.AsyncClient, services: Services) -> None:
    day = await read(client, await add_camera(services))
    assert day["gaps"] == [{"since": "2026-11-22T00:00:00Z", "until": "2026-11-22T11:59:40Z", "reason": None}]
    assert (day["known_from"], set(day["seen_s"])) == (None, {0})


@pytest.mark.parametrize(
    ("zone", "date", "minutes", "since"),
    [
        ("Europe/Paris", "2026-03-29", 23 * 60, "2026-03-28T23:00:00Z"),
        ("Europe/Paris", "2026-10-25", 25 * 60, "2026-10-24T22:00:00Z"),
        ("Asia/Kolkata", "2026-10-25", 24 * 60, "2026-10-24T18:30:00Z"),
        ("Australia/Lord_Howe", "2026-04-05", 24 * 60 + 30, "2026-04-04T13:00:00Z"),
        ("America/Los_Angeles", "2026-11-22", 4 * 60, "2026-11-22T08:00:00Z"),  # today, so far
        ("Pacific/Kiritimati", "2026-11-24", 0, "2026-11-23T10:00:00Z"),  # to come
        ("Pacific/Apia", "2011-12-30", 0, "2011-12-30T10:00:00Z"),  # it never was
    ],
)
async def test_day_has_the_minutes_that_its_clock_gives_it(
    client: httpx.AsyncClient, services: Services, zone: str, date: str, minutes: int, since: str
) -> None:
    camera = await add_camera(services)
    begun = datetime.fromisoformat(since)
    await keep(services, camera, {begun: Minute(1, 1), begun + timedelta(minutes=max(0, minutes - 1)): Minute(3, 3)})
    day = await read(client, camera, date=date, time_zone=zone)
    assert (day["date"], day["time_zone"], day["since"]) == (date, zone, since)
    assert [len(day[name]) for name in ("motion_permille", "moving_s", "seen_s", "events_in_minute")] == [minutes] * 4
    assert [each for each in day["seen_s"] if each] == ([1, 2] if minutes else [])


async def test_day_is_today_by_the_clock_of_the_camera_s_site(client: httpx.AsyncClient, services: Services) -> None:
    assert isinstance(services.clock, StoppedClock)
    services.clock.advance(11 * 3600)  # 23:00 UTC
    site = (await client.post("/sites", json={"name": "Shop", "time_zone": "Asia/Tokyo"})).json()
    there, here = [await add_camera(services, name=name, site=name) for name in ("Shop", "Elsewhere")]
    assert (await read(client, there))["date"] == "2026-11-23"
    assert (await read(client, here))["date"] == "2026-11-22"
    assert (await read(client, there, time_zone="Europe/Paris"))["date"] == "2026-11-23"
    assert (await read(client, there, time_zone="America/Lima"))["date"] == "2026-11-22"
    await client.put(f"/sites/{site['id']}", json={"name": "Shop", "time_zone": None})
    assert (await read(client, there))["time_zone"] == "UTC"


async def test_day_with_too_much_in_it_says_so_and_how_to_go_on(client: httpx.AsyncClient, services: Services) -> None:
    camera = await add_camera(services)
    flickering = Minute(WHOLE, sum(1 << second for second in range(0, 60, 2)))
    await keep(services, camera, {at(minutes=minute): flickering for minute in range(20)})
    await watch(services, camera, at(minutes=20), at(hours=11))
    async with services.database.unit_of_work() as session:
        for index in range(705):
            seen = {"camera_id": camera.id, "connection": "1", "window_index": index}
            event = await make_event(session, **seen, occurred_at=at(seconds=10 * index))
            if index % 2:
                kept = {"event_id": event.id, "camera_id": camera.id, "rule_id": None, "system_key": f"{index}"}
                await make_alert(session, **kept, raised_at=at(seconds=10 * index + 1))

    answer = await client.get(f"/cameras/{camera.id}/day")
    day = answer.json()

    assert len(answer.content) < 500_000
    assert (len(day["gaps"]), day["gaps_left_out"]) == (500, 20 * 30 + 1 - 500)
    assert day["gaps"][-1] == {"since": "2026-11-22T11:00:00Z", "until": "2026-11-22T11:59:40Z", "reason": None}
    assert day["gaps"] == sorted(day["gaps"], key=lambda gap: gap["since"])
    assert (len(day["events"]["items"]), sum(day["events_in_minute"])) == (500, 705)
    assert len(day["alerts"]["items"]) == 200
    for what, left in (("events", 205), ("alerts", 152)):
        span = {"camera_id": camera.id, "since": day["since"], "until": day["until"], "after": day[what]["next"]}
        rest = []
        while span["after"]:
            page = (await client.get(f"/{what}", params=span)).json()
            rest += page["items"]
            span["after"] = page["next"]
        assert len(rest) == left
        assert not {each["id"] for each in rest} & {each["id"] for each in day[what]["items"]}


async def test_day_is_not_sent_again_to_those_who_have_it(client: httpx.AsyncClient, services: Services) -> None:
    camera = await add_camera(services)
    url = f"/cameras/{camera.id}/day?date=2026-11-20"
    first = await client.get(url)
    again = await client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert first.headers["Cache-Control"] == "private, no-cache"
    await keep(services, camera, {NOW - timedelta(days=2): STILL})
    changed = await client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert (changed.status_code, sum(changed.json()["seen_s"])) == (200, 60)


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("date=2026-11-31", "query.date", "valid date"),
        ("date=1700000000", "query.date", "is not a date such as"),
        ("date=2026-11-27T00:00:00", "query.date", "is not a date such as"),
        ("time_zone=Europe/Pariss", "query.time_zone", "Is Europe/Paris meant?"),
        ("zone=Europe/Paris", "query.zone", "time_zone"),
    ],
)
async def test_day_that_makes_no_sense_is_refused(
    client: httpx.AsyncClient, services: Services, query: str, field: str, message: str
) -> None:
    camera = await add_camera(services)
    (error,) = assert_problem(await client.get(f"/cameras/{camera.id}/day?{query}"), 422)["errors"]
    assert error["field"] == field
    assert message in error["message"]


async def test_day_at_the_end_of_the_calendar_or_of_no_camera_is_refused(
    client: httpx.AsyncClient, services: Services
) -> None:
    camera = await add_camera(services)
    assert_problem(await client.get(f"/cameras/{camera.id}/day?date=9999-12-31"), 422, "9999-12-31")
    assert (await read(client, camera, date="0001-01-02"))["gaps"][0]["reason"] == "off"
    assert_problem(await client.get("/cameras/nobody/day"), 404, "There is no camera")
