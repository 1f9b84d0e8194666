"""What is kept of cameras minute by minute: real streams, real processes and their deaths, both databases."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from instantreact.domain.camera import CameraState, Point, Zone
from instantreact.domain.minutes import WHOLE, GapReason, Minute, find_gaps, minute_of
from instantreact.ingest import minutes as ingest_minutes
from instantreact.ingest.minutes import UnwrittenMinutes, WatchedMinutes
from instantreact.pipeline.services import Services
from instantreact.storage import cameras
from instantreact.storage.cameras import CAMERAS_CHANGED, CameraSettings
from instantreact.storage.database import Database, announce
from instantreact.storage.migrate import upgrade
from instantreact.storage.minutes import WRITTEN_EVERY_S, list_minutes, list_pauses
from instantreact.storage.tables import Camera, CameraMinute
from instantreact.wiring import open_services
from tests.ingest.filed import NOW, add_camera, is_live
from tests.ingest.processes import make_settings, process, supervising, wait_for
from tests.ingest.watching import Handed, wait_for_state, wait_until, watching_at
from tests.media.live_footage import write_clip
from tests.servers.postgres import PostgresServer
from tests.servers.rtsp import RtspServer, repeat_clip

EVERYWHERE = (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1))
CEILING = (Point(0, 0), Point(1, 0), Point(1, 0.1), Point(0, 0.1))
FIRST = minute_of(NOW)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "box.mp4")


@pytest.fixture(scope="module")
def still_footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("still") / "room.mp4", moving=False)


class LeapingClock:
    """Goes as time does from noon of a fixed day on, and leaps when it is told to."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()
        self._leapt = timedelta(0)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.monotonic() - self._began_s) + self._leapt

    def leap(self, **by: float) -> None:
        self._leapt += timedelta(**by)


@pytest.fixture
async def house(url: str, tmp_path: Path) -> AsyncIterator[Services]:
    """The services of a process on either database; it is noon."""
    state_dir = tmp_path / "state"
    state_dir.mkdir()
    async with open_services(make_settings(state_dir, database_url=url), clock=LeapingClock()) as services:
        yield services


def note(watched: WatchedMinutes) -> Mapping[int, Minute]:
    """By minutes after noon."""
    return {minute - FIRST: known for minute, known in watched.take().items()}


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def seconds_of(mask: int) -> list[int]:
    return [second for second in range(60) if mask >> second & 1]


async def read_all(services: Services, camera_id: str) -> dict[int, Minute]:
    async with services.database.reading() as session:
        found = await list_minutes(
            session, camera_id, datetime(2026, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
        )
    return dict(found)


def count(minutes: Mapping[int, Minute], what: Callable[[Minute], int]) -> int:
    """In how many seconds."""
    return sum(what(minute).bit_count() for minute in minutes.values())


def seen(minute: Minute) -> int:
    return minute.seen


def moving(minute: Minute) -> int:
    return minute.moving


def test_watched_minutes_fill_what_lies_between_two_looks_and_two_pictures() -> None:
    watched = WatchedMinutes()
    watched.note_watched(at(1))
    watched.note_watched(at(2.5))
    watched.note_seen(None, at(57.9), 0.0)
    watched.note_seen(at(57.9), at(61.2), 0.0001)
    found = note(watched)
    assert [seconds_of(found[0].watched), seconds_of(found[0].seen)] == [[1, 2, 57, 58, 59], [57, 58, 59]]
    assert found[1] == Minute(0b11, 0b11, 0b10, 1)
    watched.note_seen(at(61.2), at(61.4), 1.7)
    assert (note(watched), note(watched)) == ({1: Minute(0b10, 0b10, 0b10, 1000)}, {})


@pytest.mark.parametrize("leap_s", [3600.0, -3600.0, 365 * 24 * 3600.0, -5.0])
def test_watched_minutes_invent_nothing_where_the_clock_leaps(leap_s: float) -> None:
    watched = WatchedMinutes()
    watched.note_watched(at(10))
    watched.note_watched(at(11 + leap_s))
    watched.note_seen(at(10), at(11 + leap_s), 0.5)
    assert sum(minute.watched.bit_count() for minute in watched.take().values()) == 2


def test_watched_minutes_forget_when_it_was_watched_once_that_is_not_sure() -> None:
    watched = WatchedMinutes()
    watched.note_watched(at(1))
    watched.note_unwatched()
    watched.note_watched(at(9))
    assert seconds_of(note(watched)[0].watched) == [1, 9]


def test_watched_minutes_of_two_threads_are_all_there() -> None:
    watched = WatchedMinutes()
    taken: dict[int, Minute] = {}

    def look() -> None:
        for second in range(6000):
            watched.note_seen(None, at(second), 0.0)

    looking = threading.Thread(target=look)
    looking.start()
    while looking.is_alive():
        taken.update({m: taken.get(m, Minute()) | known for m, known in watched.take().items()})
    taken.update({m: taken.get(m, Minute()) | known for m, known in watched.take().items()})
    assert [known.seen for _, known in sorted(taken.items())] == [WHOLE] * 100


@pytest.mark.parametrize(
    ("zones", "moves"), [((), True), ((Zone("all", EVERYWHERE),), True), ((Zone("ceiling", CEILING),), False)]
)
def test_watcher_notes_what_moves_inside_its_zones(footage: Path, zones: tuple[Zone, ...], moves: bool) -> None:
    with RtspServer(repeat_clip(footage, footage.parent, times=20)) as server:
        with watching_at(server.url, Handed(forgets=True), zones=zones) as watcher:
            wait_until(lambda: watcher.report().numbers["windows_analyzed"] >= 3)
        noted = watcher.minutes.take()
    assert count(noted, seen) >= 2
    assert (count(noted, moving) >= 2) is moves
    # The box takes 45 x 110 of 320 x 240 pixels, and moves less than its own width between two looks.
    shares = [minute.motion_permille for minute in noted.values()]
    assert (0 < max(shares) < 130) is moves


def test_watcher_notes_a_still_stream_as_seen_without_motion(still_footage: Path) -> None:
    with RtspServer(repeat_clip(still_footage, still_footage.parent, times=20)) as server:
        with watching_at(server.url, Handed(forgets=True)) as watcher:
            wait_until(lambda: watcher.report().numbers["pictures"] >= 45)
        noted = watcher.minutes.take()
    assert count(noted, seen) >= 3
    assert {(minute.moving, minute.motion_permille) for minute in noted.values()} == {(0, 0)}


def test_watcher_notes_nothing_as_seen_while_its_camera_is_lost(footage: Path) -> None:
    with (
        RtspServer(repeat_clip(footage, footage.parent, times=20)) as server,
        watching_at(server.url, Handed(forgets=True)) as watcher,
    ):
        wait_for_state(watcher, CameraState.LIVE)
        server.kill()
        wait_for_state(watcher, CameraState.LOST)
        watcher.minutes.take()
        time.sleep(1.5)
        assert watcher.minutes.take() == {}
        server.start()
        wait_for_state(watcher, CameraState.LIVE)
        wait_until(lambda: count(watcher.minutes.take(), seen) > 0)


@asynccontextmanager
async def refusing_minutes(database: Database) -> AsyncIterator[None]:
    """The database takes no minute in the block."""
    async with database.unit_of_work() as session:
        await session.execute(text("ALTER TABLE camera_minutes RENAME TO away"))
    try:
        yield
    finally:
        async with database.unit_of_work() as session:
            await session.execute(text("ALTER TABLE away RENAME TO camera_minutes"))


async def insert_camera(database: Database, name: str = "Door") -> str:
    async with database.unit_of_work() as session:
        camera = Camera(name=name, source="", created_at=NOW)
        session.add(camera)
        await session.flush()
        return camera.id


async def read_of(database: Database, camera_id: str) -> dict[int, Minute]:
    """By minutes after noon."""
    async with database.reading() as session:
        found = await list_minutes(session, camera_id, NOW, NOW + timedelta(days=9))
    return {minute - FIRST: known for minute, known in found.items()}


async def test_unwritten_minutes_wait_for_a_database_that_fails(database: Database) -> None:
    camera_id, unwritten = await insert_camera(database), UnwrittenMinutes(database)
    async with refusing_minutes(database):
        for second in range(3):
            unwritten.put(camera_id, {FIRST: Minute(1 << second, 1 << second)})
            await unwritten.write()
    assert await read_of(database, camera_id) == {}
    unwritten.put(camera_id, {FIRST + 1: Minute(1)})
    await unwritten.write()
    assert await read_of(database, camera_id) == {0: Minute(0b111, 0b111), 1: Minute(1)}


async def test_unwritten_minutes_noted_while_others_are_written_are_written_next(database: Database) -> None:
    camera_id, unwritten = await insert_camera(database), UnwrittenMinutes(database)
    unwritten.put(camera_id, {FIRST: Minute(0b01)})
    writing = asyncio.create_task(unwritten.write())
    await asyncio.sleep(0)
    unwritten.put(camera_id, {FIRST: Minute(0b10)})
    await writing
    await unwritten.write()
    assert await read_of(database, camera_id) == {0: Minute(0b11)}


async def test_unwritten_minutes_are_bounded_and_the_oldest_go(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingest_minutes, "MOST_UNWRITTEN", 3)
    monkeypatch.setattr(ingest_minutes, "_AT_ONCE", 2)
    ids = [await insert_camera(database, name) for name in ("Door", "Yard")]
    unwritten = UnwrittenMinutes(database)
    for minute in (2, 1, 3):
        for camera_id in ids:
            unwritten.put(camera_id, {FIRST + minute: Minute(1)})
    await unwritten.write()
    written = [minute for camera_id in ids for minute in await read_of(database, camera_id)]
    assert sorted(written) == [2, 3, 3]


async def test_supervisor_keeps_what_two_processes_saw_within_one_minute(house: Services, footage: Path) -> None:
    camera_id = await add_camera(house, footage)
    async with supervising(house, "anna", folder=footage.parent):
        await wait_for(lambda: is_live(house, camera_id))
        await asyncio.sleep(2.2)
    first = await read_all(house, camera_id)
    await asyncio.sleep(2.2)
    async with supervising(house, "bert", folder=footage.parent):
        await wait_for(lambda: is_live(house, camera_id, "bert"))
        await asyncio.sleep(2.2)
    both = await read_all(house, camera_id)

    assert set(first) == set(both) == {FIRST}  # it is a minute after noon at most: otherwise this machine stood still
    assert first[FIRST] | both[FIRST] == both[FIRST]
    assert both[FIRST].seen.bit_count() >= first[FIRST].seen.bit_count() + 2
    (anna_left, bert_came) = (
        max(seconds_of(first[FIRST].watched)),
        min(seconds_of(both[FIRST].watched & ~first[FIRST].watched)),
    )
    assert [gap.reason for gap in find_gaps(both, at(anna_left + 1), at(bert_came), [])] == [None]


async def test_supervisor_tells_a_lost_camera_from_one_that_is_off(house: Services, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "yard.mp4", seconds=1)
    away = clip.rename(tmp_path / "yard.away")
    camera_id = await add_camera(house, clip, "Yard")
    async with supervising(house, "anna", folder=tmp_path) as anna:
        await asyncio.sleep(5)  # long enough where the machine is busy, and the lease in doubt for a while
        away.rename(clip)
        await wait_for(lambda: is_live(house, camera_id))
        async with house.database.unit_of_work() as session:
            off = CameraSettings("Yard", f"file:{clip}#loop", enabled=False)
            await cameras.replace_camera(session, house.box, camera_id, off, now=house.clock.now())
            announce(session, CAMERAS_CHANGED)

        async def is_let_go() -> bool:
            return anna.find_watcher(camera_id) is None

        await wait_for(is_let_go)
        await asyncio.sleep(3)
    now = house.clock.now()
    async with house.database.reading() as session:
        pauses = await list_pauses(session, camera_id, NOW, now)
    gaps = find_gaps(await read_all(house, camera_id), NOW, now, pauses)
    assert GapReason.LOST in {gap.reason for gap in gaps if gap.until - gap.since >= timedelta(seconds=1)}
    assert gaps[-1].reason is GapReason.OFF
    assert gaps[-1].until == now.replace(microsecond=0)


async def test_supervisor_invents_no_minute_where_the_clock_leaps(house: Services, footage: Path) -> None:
    assert isinstance(house.clock, LeapingClock)
    camera_id = await add_camera(house, footage)
    async with supervising(house, "anna", folder=footage.parent):
        await wait_for(lambda: is_live(house, camera_id))
        for hours in (24 * 400, -24 * 401):
            await asyncio.sleep(1.5)
            house.clock.leap(hours=hours)
        await asyncio.sleep(1.5)
    minutes = await read_all(house, camera_id)
    places = {minute // (24 * 60) - FIRST // (24 * 60) for minute in minutes}
    assert places == {-1, 0, 400}
    assert len(minutes) <= 2 * len(places)  # each stretch lies in one minute, or in two


async def test_supervisor_writes_no_minute_of_a_camera_that_was_deleted(house: Services, footage: Path) -> None:
    camera_id, other = await add_camera(house, footage), await add_camera(house, footage, "Other")
    async with supervising(house, "anna", folder=footage.parent):
        await wait_for(lambda: is_live(house, camera_id))
        await wait_for(lambda: is_live(house, other))
        await asyncio.sleep(1.5)
        async with house.database.unit_of_work() as session:
            await cameras.delete_camera(session, camera_id)
    async with house.database.reading() as session:
        found = set(await session.scalars(select(CameraMinute.camera_id)))
    assert found == {other}


@pytest.mark.slow
async def test_supervisor_that_is_killed_leaves_what_it_wrote_to_the_one_that_goes_on(
    url: str, tmp_path: Path, footage: Path
) -> None:
    state_dir = tmp_path / "state"
    state_dir.mkdir()
    async with open_services(make_settings(state_dir, database_url=url)) as services:
        camera_id = await add_camera(services, footage)
        with process(state_dir, "anna", footage.parent, database_url=url) as anna:
            await wait_for(lambda: is_live(services, camera_id), 30)
            live_at = datetime.now(UTC)
            await wait_for_sight(services, camera_id, live_at + timedelta(seconds=3))
            before = await read_all(services, camera_id)
            anna.kill()
            anna.wait()
        killed_at = datetime.now(UTC)
        with process(state_dir, "bert", footage.parent, database_url=url):
            await wait_for(lambda: is_live(services, camera_id, "bert"), 30)
            back_at = datetime.now(UTC)
            await wait_for_sight(services, camera_id, back_at)
        both = await read_all(services, camera_id)
    assert count(before, seen) >= 3
    assert count(before, moving) >= 1
    assert {minute: known | both[minute] for minute, known in before.items()} == {
        minute: both[minute] for minute in before
    }
    between = find_gaps(both, killed_at, back_at, [])
    assert {gap.reason for gap in between} <= {None, GapReason.LOST}
    assert max(between, key=lambda gap: gap.until - gap.since).reason is None


async def wait_for_sight(services: Services, camera_id: str, moment: datetime) -> None:
    """Until it is written that the camera was seen then or later: nobody ends, so it is written now and then."""

    async def is_written() -> bool:
        return await last_seen(services, camera_id) >= moment.timestamp()

    await wait_for(is_written, 6 * WRITTEN_EVERY_S)


async def last_seen(services: Services, camera_id: str) -> int:
    """The last second (since 1970) in which it was seen, 0 for none."""
    minutes = await read_all(services, camera_id)
    seconds = (60 * minute + second for minute, known in minutes.items() for second in seconds_of(known.seen))
    return max(seconds, default=0)


@pytest.mark.slow
async def test_supervisor_keeps_what_was_seen_before_postgres_went_away(tmp_path: Path, footage: Path) -> None:
    state_dir = tmp_path / "state"
    state_dir.mkdir()
    with PostgresServer() as server:
        url = server.url("postgres")
        server.run("ALTER DATABASE postgres SET synchronous_commit = on")
        await upgrade(url)
        async with open_services(make_settings(state_dir, database_url=url)) as services:
            camera_id = await add_camera(services, footage)
            async with supervising(services, "anna", folder=footage.parent):
                await wait_for(lambda: is_live(services, camera_id))
                began_at = datetime.now(UTC)
                await asyncio.sleep(4)
                gone_at = datetime.now(UTC)
                server.stop()
                await asyncio.sleep(WRITTEN_EVERY_S)
                server.start()
                await wait_for(lambda: is_live(services, camera_id), 30)
            minutes = await read_all(services, camera_id)
    assert find_gaps(minutes, began_at, gone_at, []) == []
