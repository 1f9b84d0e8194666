"""A span is erased up to this moment while the camera is watched, and an event grows in it."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from instantreact.domain.erasure import ErasureStage, Span
from instantreact.pipeline.erase import Eraser, queue_erasure
from instantreact.pipeline.services import Services
from instantreact.storage.erasures import get_erasure, insert_span
from instantreact.storage.tables import Event
from tests.ingest.filed import add_camera, add_rule, list_events
from tests.ingest.processes import supervising, wait_for
from tests.media.live_footage import write_clip


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "box.mp4")


async def erase_until_now(services: Services, camera_id: str) -> datetime:
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        erasure = await insert_span(session, Span(camera_id, now - timedelta(days=1), now), now=now)
        await queue_erasure(session, erasure)
    assert await Eraser(services).go_on(erasure.id) is None
    async with services.database.reading() as session:
        done = await get_erasure(session, erasure.id)
    assert done.stage is ErasureStage.DONE
    assert done.counts["events"] > 0
    return now


async def test_erased_span_stays_empty_and_watching_goes_on(services: Services, footage: Path) -> None:
    await add_rule(services)
    own, other = await add_camera(services, footage, "Own"), await add_camera(services, footage, "Other")

    async def events_of(camera_id: str) -> list[Event]:
        return [event for event in await list_events(services) if event.camera_id == camera_id]

    async def is_seen() -> bool:
        return bool(await events_of(own) and await events_of(other))

    until = services.clock.now()
    async with supervising(services, "anna", folder=footage.parent):
        for _ in range(3):
            await wait_for(is_seen)
            before = {event.id for event in await events_of(other)}
            until = await erase_until_now(services, own)
            left = await events_of(own)
            assert [event for event in left if event.occurred_at < until] == []
            assert before <= {event.id for event in await events_of(other)}
        await wait_for(is_seen)
    late = await events_of(own)
    assert late
    assert min(event.occurred_at for event in late) >= until
    assert all(event.evidence_since is None or event.evidence_since >= until for event in late)
    kept = {key for event in await list_events(services) for key in (event.snapshot_key, event.evidence_key) if key}
    there = {key for key in services.blobs.list_older(2**40) if key.startswith(("snapshots/", "evidence/"))}
    assert there == kept
