"""A camera that saw things at known times, an erasure that is seen through, and all that a database holds."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from instantreact.domain.erasure import Span
from instantreact.domain.media import Window
from instantreact.domain.observation import Transcript
from instantreact.pipeline.erase import Eraser, queue_erasure
from instantreact.pipeline.observe import Observed, Origin, observe
from instantreact.storage import events
from instantreact.storage.cameras import CameraSettings, insert_camera
from instantreact.storage.database import Database
from instantreact.storage.erasures import insert_span
from instantreact.storage.rows import list_shapes, read_rows
from instantreact.storage.tables import Erasure
from tests.observations import make_observation
from tests.pipeline.conftest import JPEG, House, path_of
from tests.storage.factories import NOW

SINCE_S, UNTIL_S, LATER_S = 100.0, 200.0, 10_000.0
"""Seconds after NOW: the span, and when it is erased."""

ABOUT_THE_WORK = frozenset({"erasures", "jobs", "doomed_files", "rule_locks", "retention_counts", "news"})


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def add_camera(house: House, name: str) -> str:
    async with house.services.database.unit_of_work() as session:
        return (await insert_camera(session, house.services.box, CameraSettings(name, "push:"), now=NOW)).id


async def see_live(
    house: House, camera_id: str, text: str, start_s: float, end_s: float, transcript: Transcript | None = None
) -> Observed:
    """Something in front of a camera, as its watcher files it."""
    origin = Origin("Door", NOW, notify=True, camera_id=camera_id, connection="c1")
    window = Window(round(start_s * 10), start_s, end_s)
    seen = replace(make_observation(text), window=window, transcript=transcript)
    return await observe(house.services, origin, seen, lambda: JPEG + text.encode())


async def keep_evidence(house: House, event_id: str, text: str, start_s: float, end_s: float) -> bool:
    key = house.services.blobs.new_key("evidence", ".mp4")
    house.services.blobs.put(key, text.encode())
    async with house.services.database.unit_of_work() as session:
        return await events.attach_clip(session, event_id, key, start_s=start_s, end_s=end_s)


def span_of(camera_id: str, since_s: float = SINCE_S, until_s: float = UNTIL_S) -> Span:
    return Span(camera_id, at(since_s), at(until_s))


async def begin(house: House, camera_id: str, since_s: float = SINCE_S, until_s: float = UNTIL_S) -> Erasure:
    span = span_of(camera_id, since_s, until_s)
    async with house.services.database.unit_of_work() as session:
        return await queue_erasure(session, await insert_span(session, span, now=house.clock.now()))


async def erase(house: House, camera_id: str, since_s: float = SINCE_S, until_s: float = UNTIL_S) -> Erasure:
    """The span, some hours later, by a job."""
    house.clock.advance(LATER_S)
    erasure = await begin(house, camera_id, since_s, until_s)
    await see_through(house, erasure.id)
    return await read(house, erasure.id)


async def see_through(house: House, erasure_id: str) -> None:
    eraser = Eraser(house.services)
    while (wait_s := await eraser.go_on(erasure_id)) is not None:
        house.clock.advance(wait_s)


async def read(house: House, erasure_id: str) -> Erasure:
    async with house.services.database.reading() as session:
        erasure = await session.get(Erasure, erasure_id)
    assert erasure is not None
    return erasure


async def dump(database: Database) -> Mapping[str, list[str]]:
    """Every row of every table, as text."""
    rows: dict[str, list[str]] = {}
    async with database.reading() as session:
        for shape in list_shapes():
            found = [json.dumps(row, ensure_ascii=False) async for some in read_rows(session, shape) for row in some]
            rows[shape.name] = sorted(found)
    return rows


def without(rows: Mapping[str, list[str]], *words: str) -> Mapping[str, list[str]]:
    """Those that hold none of the words, but for what is about the work itself."""
    return {
        name: [row for row in found if not any(word in row for word in words)]
        for name, found in rows.items()
        if name not in ABOUT_THE_WORK
    }


def files(house: House) -> set[bytes]:
    """What is in every file."""
    return {path.read_bytes() for path in path_of(house.services, ".").rglob("*") if path.is_file()}
