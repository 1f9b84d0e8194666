"""Cameras are watched by exactly one process, as they are set, and what they show is filed."""

import asyncio
import signal
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.camera import CameraState, Mask, Point
from instantreact.errors import Conflict
from instantreact.ingest import supervisor as supervising_module
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, leases
from instantreact.storage.cameras import CAMERAS_CHANGED, CameraSettings
from instantreact.storage.database import announce
from tests.ingest.filed import NOW, add_camera, add_rule, change_camera, find_lease, is_live, list_alerts, list_events
from tests.ingest.processes import LEASE_S, freeze, process, supervising, wait_for
from tests.media.live_footage import write_clip

EVERYWHERE = (Point(0, 0), Point(1, 0), Point(1, 1), Point(0, 1))


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "box.mp4")


async def test_supervisor_watches_a_camera_as_soon_as_it_is_added(services: Services, footage: Path) -> None:
    async with supervising(services, "anna", folder=footage.parent) as supervisor:
        camera_id = await add_camera(services, footage)
        await wait_for(lambda: is_live(services, camera_id))
        watcher = supervisor.find_watcher(camera_id)
        assert watcher is not None
        assert watcher.latest is not None
    lease = await find_lease(services, camera_id)
    assert lease is not None
    assert lease.state is CameraState.STOPPED
    assert lease.report["pictures"] > 0


async def test_supervisor_files_growing_events_alerts_and_evidence(services: Services, footage: Path) -> None:
    await add_rule(services)
    camera_id = await add_camera(services, footage)

    async def has_evidence() -> bool:
        return any(event.evidence_key for event in await list_events(services))

    async def has_grown() -> bool:
        return any(event.end_s - event.start_s > 2.0 for event in await list_events(services))

    async with supervising(services, "anna", folder=footage.parent):
        await wait_for(has_evidence)
        await wait_for(has_grown)
    events, alerts = await list_events(services), await list_alerts(services)
    assert {event.camera_id for event in events} == {camera_id}
    assert len(events) <= 3
    alerted = next(event for event in events if event.evidence_key)
    assert [alert.event_id for alert in alerts] == [alerted.id]
    assert alerted.snapshot_key is not None
    assert services.blobs.read(alerted.snapshot_key)[:2] == b"\xff\xd8"
    assert services.blobs.read(str(alerted.evidence_key))[4:8] == b"ftyp"


async def test_supervisor_follows_changes_of_a_camera(services: Services, footage: Path) -> None:
    async with supervising(services, "anna", folder=footage.parent) as supervisor:
        camera_id = await add_camera(services, footage)
        await wait_for(lambda: is_live(services, camera_id))
        before = supervisor.find_watcher(camera_id)

        await change_camera(services, camera_id, masks=(Mask(EVERYWHERE),))

        async def is_masked() -> bool:
            watcher = supervisor.find_watcher(camera_id)
            return watcher is not before and watcher is not None and watcher.latest is not None

        await wait_for(is_masked)
        watcher = supervisor.find_watcher(camera_id)
        assert watcher is not None
        assert watcher.latest is not None
        assert watcher.latest.bgr().max() == 0

        await change_camera(services, camera_id, enabled=False)

        async def is_gone() -> bool:
            return supervisor.find_watcher(camera_id) is None

        await wait_for(is_gone)
        with pytest.raises(Conflict):
            await supervisor.take_over(camera_id)


async def test_supervisor_stops_watching_a_camera_that_is_deleted(services: Services, footage: Path) -> None:
    async with supervising(services, "anna", folder=footage.parent) as supervisor:
        camera_id = await add_camera(services, footage)
        await wait_for(lambda: is_live(services, camera_id))
        async with services.database.unit_of_work() as session:
            await cameras.delete_camera(session, camera_id)
            announce(session, CAMERAS_CHANGED)

        async def is_gone() -> bool:
            return supervisor.find_watcher(camera_id) is None

        await wait_for(is_gone)


async def test_supervisor_keeps_its_watcher_when_the_lease_ran_out_while_it_was_renewed(
    services: Services, footage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that answers after longer than the lease: what was written has run out already, and nobody came."""
    camera_id = await add_camera(services, footage)
    renewals = []

    async def renew_late(*arguments: Any, now: datetime) -> bool:
        renewals.append(now)
        return await leases.renew_lease(*arguments, now=now - timedelta(seconds=2 * LEASE_S))

    async with supervising(services, "anna", folder=footage.parent) as supervisor:
        await wait_for(lambda: is_live(services, camera_id))
        before = supervisor.find_watcher(camera_id)
        monkeypatch.setattr(supervising_module, "renew_lease", renew_late)

        async def is_renewed_often() -> bool:
            return len(renewals) >= 4

        await wait_for(is_renewed_often)
        assert supervisor.find_watcher(camera_id) is before
    named = f"instantreact-camera-{camera_id[:8]}"
    assert [thread.name for thread in threading.enumerate() if thread.name == named] == []


async def test_supervisor_takes_no_more_cameras_than_it_may(services: Services, footage: Path) -> None:
    names = [await add_camera(services, footage, f"Camera {number}") for number in range(3)]
    anna = supervising(services, "anna", folder=footage.parent, max_cameras=2)
    async with anna as first, supervising(services, "bert", folder=footage.parent, max_cameras=2) as second:

        async def are_all_watched() -> bool:
            held = [camera_id for camera_id in names if first.find_watcher(camera_id) or second.find_watcher(camera_id)]
            return len(held) == 3

        await wait_for(are_all_watched)
        for camera_id in names:
            assert (first.find_watcher(camera_id) is None) != (second.find_watcher(camera_id) is None)


async def test_supervisor_takes_a_camera_over_when_frames_are_pushed_to_it(services: Services, footage: Path) -> None:
    folder = footage.parent
    async with supervising(services, "anna", folder=folder) as anna:
        async with services.database.unit_of_work() as session:
            pushed = CameraSettings("Phone", "push:")
            camera_id = (await cameras.insert_camera(session, services.box, pushed, now=NOW)).id

        async def anna_watches() -> bool:
            return anna.find_watcher(camera_id) is not None

        await wait_for(anna_watches)
        async with supervising(services, "bert", folder=folder) as bert:
            watcher = await bert.take_over(camera_id)
            assert watcher is await bert.take_over(camera_id)

            async def anna_let_go() -> bool:
                return anna.find_watcher(camera_id) is None

            await wait_for(anna_let_go)
            lease = await find_lease(services, camera_id)
            assert lease is not None
            assert (lease.owner, lease.owner_address) == ("bert", "http://bert:8000")


async def test_supervisor_raises_a_system_alert_when_a_camera_is_lost_for_long(
    services: Services, tmp_path: Path
) -> None:
    await add_rule(services)
    clip = write_clip(tmp_path / "gone.mp4", seconds=1)

    async def titles() -> list[str]:
        return [compose_title(alert.happening) for alert in await list_alerts(services) if alert.system_key]

    async def is_told_lost() -> bool:
        return await titles() == ["Yard is lost"]

    async def is_told_back() -> bool:
        return await titles() == ["Yard is lost", "Yard is back"]

    async with supervising(services, "anna", folder=tmp_path):
        away = clip.rename(tmp_path / "away.mp4")
        await add_camera(services, clip, "Yard")
        await wait_for(is_told_lost)
        away.rename(clip)
        await wait_for(is_told_back)
    lost = (await list_alerts(services))[0]
    assert "There is no such file." in compose_text(lost.happening)


async def test_supervisor_takes_over_from_a_process_that_freezes_or_is_killed(
    services: Services, state_dir: Path, footage: Path
) -> None:
    """Anna freezes, Bert takes over; Anna thaws and must not watch beside him; Bert is killed, Anna takes over."""
    camera_id = await add_camera(services, footage)
    with process(state_dir, "anna", footage.parent) as anna:
        await wait_for(lambda: is_live(services, camera_id, "anna"), 30)
        with process(state_dir, "bert", footage.parent) as bert:
            freeze(anna, state_dir)
            await wait_for(lambda: is_live(services, camera_id, "bert"), 10 * LEASE_S)
            anna.send_signal(signal.SIGCONT)
            await asyncio.sleep(2 * LEASE_S)
            assert await is_live(services, camera_id, "bert")
            killed_at = datetime.now(UTC)
            bert.kill()
            await wait_for(lambda: is_live(services, camera_id, "anna"), 10 * LEASE_S)
    spans: dict[str | None, tuple[datetime, datetime]] = {}
    for event in await list_events(services):
        ended_at = event.occurred_at + timedelta(seconds=event.end_s - event.start_s)
        began_at, _ = spans.get(event.connection, (event.occurred_at, ended_at))
        spans[event.connection] = (began_at, ended_at)
    # Whoever began after the kill had nobody beside them: the last window may end after the picture it was killed at.
    beside = sorted(span for span in spans.values() if span[0] < killed_at)
    assert len(beside) >= 2, spans
    assert all(earlier[1] <= later[0] for earlier, later in pairwise(beside)), beside
