"""Camera leases: one owner at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

from instantreact.domain.camera import CameraState, Outage
from instantreact.storage.database import Database
from instantreact.storage.leases import (
    LeaseOwner,
    WatchReport,
    claim_lease,
    find_lease,
    find_outage,
    list_unwatched_cameras,
    list_watchable,
    release_lease,
    renew_lease,
)
from instantreact.storage.tables import Camera

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ANNA, BERT = LeaseOwner("anna", "http://10.0.0.1:8000", 5.0), LeaseOwner("bert", None, 5.0)
LIVE = WatchReport(CameraState.LIVE, NOW, NOW, None, {"fps": 15.0})


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


async def make_camera(database: Database, name: str = "Door", *, enabled: bool = True) -> str:
    async with database.unit_of_work() as session:
        camera = Camera(name=name, source="sealed", enabled=enabled, created_at=NOW)
        session.add(camera)
        await session.flush()
        return camera.id


async def claim(
    database: Database, camera_id: str, owner: LeaseOwner, seconds: float, *, by_force: bool = False
) -> bool:
    async with database.unit_of_work() as session:
        return await claim_lease(session, camera_id, owner, now=after(seconds), by_force=by_force)


async def renew(database: Database, camera_id: str, owner: LeaseOwner, seconds: float) -> bool:
    async with database.unit_of_work() as session:
        return await renew_lease(session, camera_id, owner, LIVE, now=after(seconds))


async def unwatched(database: Database, seconds: float) -> list[str]:
    async with database.reading() as session:
        return list(await list_unwatched_cameras(session, now=after(seconds)))


async def test_claim_lease_is_won_by_one_of_two_that_try_at_once(database: Database) -> None:
    camera_id = await make_camera(database)
    won = await asyncio.gather(*(claim(database, camera_id, owner, 0) for owner in (ANNA, BERT)))
    assert sorted(won) == [False, True]


async def test_claim_lease_takes_over_what_has_run_out_and_nothing_before(database: Database) -> None:
    camera_id = await make_camera(database)
    assert await claim(database, camera_id, ANNA, 0)
    assert not await claim(database, camera_id, BERT, 4.9)
    assert await claim(database, camera_id, BERT, 5.0)
    assert not await renew(database, camera_id, ANNA, 5.1)


async def test_claim_lease_goes_on_with_the_outage_that_its_last_holder_wrote(database: Database) -> None:
    camera_id = await make_camera(database)
    await claim(database, camera_id, ANNA, 0)
    async with database.unit_of_work() as session:
        assert await find_outage(session, camera_id) is None
        lost = WatchReport(CameraState.LOST, after(1), outage=Outage(after(1), is_told=True))
        await release_lease(session, camera_id, ANNA, lost, now=after(2))
    assert await claim(database, camera_id, BERT, 3)
    async with database.unit_of_work() as session:
        assert await find_outage(session, camera_id) == Outage(after(1), is_told=True)
        await renew_lease(session, camera_id, BERT, LIVE, now=after(4))
        assert await find_outage(session, camera_id) is None


async def test_claim_lease_by_force_takes_it_from_anybody(database: Database) -> None:
    camera_id = await make_camera(database)
    await claim(database, camera_id, ANNA, 0)
    assert await claim(database, camera_id, BERT, 1, by_force=True)
    assert not await renew(database, camera_id, ANNA, 1)
    assert await renew(database, camera_id, BERT, 1)


async def test_renew_lease_keeps_it_and_writes_how_it_goes(database: Database) -> None:
    camera_id = await make_camera(database)
    await claim(database, camera_id, ANNA, 0)
    assert await renew(database, camera_id, ANNA, 4)
    assert not await claim(database, camera_id, BERT, 8.9)
    async with database.reading() as session:
        lease = await find_lease(session, camera_id)
    assert lease is not None
    assert (lease.state, lease.report, lease.last_frame_at) == (CameraState.LIVE, {"fps": 15.0}, NOW)
    assert (lease.owner, lease.owner_address) == ("anna", "http://10.0.0.1:8000")


async def test_release_lease_lets_the_next_one_in_at_once(database: Database) -> None:
    camera_id = await make_camera(database)
    await claim(database, camera_id, ANNA, 0)
    async with database.unit_of_work() as session:
        await release_lease(session, camera_id, ANNA, WatchReport(CameraState.STOPPED, after(1)), now=after(1))
    assert await unwatched(database, 1) == [camera_id]
    assert await claim(database, camera_id, BERT, 1)


async def test_list_unwatched_cameras_leaves_out_the_disabled_and_the_held(database: Database) -> None:
    held, free = await make_camera(database, "held"), await make_camera(database, "free")
    await make_camera(database, "off", enabled=False)
    await claim(database, held, ANNA, 0)
    assert await unwatched(database, 1) == [free]
    assert set(await unwatched(database, 5)) == {held, free}


async def test_renew_lease_says_so_when_the_camera_is_gone(database: Database) -> None:
    camera_id = await make_camera(database)
    await claim(database, camera_id, ANNA, 0)
    async with database.unit_of_work() as session:
        camera = await session.get(Camera, camera_id)
        await session.delete(camera)
    assert not await renew(database, camera_id, ANNA, 1)
    async with database.reading() as session:
        assert await list_watchable(session, [camera_id]) == []
        assert await find_lease(session, camera_id) is None
