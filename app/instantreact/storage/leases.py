"""Leases: which process watches a camera, until when, and how it is going.

A lease is renewed about every second by whoever holds it. One that has run out may be claimed by anybody; a claim is a
single statement that only one process can win, and so is a renewal that finds out that the lease is somebody else's.
A camera's outage is kept with its lease and outlives it: whoever watches the camera next goes on with it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.camera import CameraState, Outage
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import Camera, CameraLease


@dataclass(frozen=True)
class LeaseOwner:
    """A process that watches cameras: its unique name, and where the API finds it."""

    name: str
    address: str | None
    lease_s: float


@dataclass(frozen=True)
class WatchReport:
    """How the watching of a camera goes. `numbers` are counts and rates by name."""

    state: CameraState
    since: datetime
    last_frame_at: datetime | None = None
    error: str | None = None
    numbers: Mapping[str, float] = field(default_factory=dict)
    outage: Outage | None = None


async def list_unwatched_cameras(session: AsyncSession, *, now: datetime) -> Sequence[str]:
    """The ids of enabled cameras that nobody holds a lease of, oldest first."""
    statement = (
        select(Camera.id)
        .outerjoin(CameraLease, CameraLease.camera_id == Camera.id)
        .where(Camera.enabled, or_(CameraLease.camera_id.is_(None), CameraLease.lease_until <= now))
        .order_by(Camera.created_at, Camera.id)
    )
    return list(await session.scalars(statement))


async def claim_lease(
    session: AsyncSession, camera_id: str, owner: LeaseOwner, *, now: datetime, by_force: bool = False
) -> bool:
    """Take the camera's lease if it is free, has run out or is the owner's; by force from anybody. False: not ours."""
    fresh: dict[str, object] = {
        "owner": owner.name,
        "owner_address": owner.address,
        "lease_until": now + timedelta(seconds=owner.lease_s),
        "state": CameraState.IDLE,
        "state_since": now,
        "last_error": None,
        "report": {},
    }
    free = None if by_force else or_(CameraLease.lease_until <= now, CameraLease.owner == owner.name)
    statement = insert_into(session, CameraLease).values(camera_id=camera_id, **fresh)
    statement = statement.on_conflict_do_update(index_elements=["camera_id"], set_=fresh, where=free)
    taken = await session.execute(statement.returning(CameraLease.camera_id))
    return taken.first() is not None


async def renew_lease(
    session: AsyncSession, camera_id: str, owner: LeaseOwner, report: WatchReport, *, now: datetime
) -> bool:
    """Keep a lease and write how it goes; False when it is somebody else's, or the camera is gone."""
    statement = (
        update(CameraLease)
        .where(CameraLease.camera_id == camera_id, CameraLease.owner == owner.name)
        .values(
            lease_until=now + timedelta(seconds=owner.lease_s),
            state=report.state,
            state_since=report.since,
            last_frame_at=report.last_frame_at,
            last_error=report.error,
            report=dict(report.numbers),
            outage_since=report.outage.since if report.outage else None,
            outage_is_told=report.outage is not None and report.outage.is_told,
        )
        .returning(CameraLease.camera_id)
    )
    return (await session.execute(statement)).first() is not None


async def release_lease(
    session: AsyncSession, camera_id: str, owner: LeaseOwner, report: WatchReport, *, now: datetime
) -> None:
    """Give a lease up, so that the next process need not wait for it to run out; its last report stays."""
    await renew_lease(session, camera_id, owner, report, now=now - timedelta(seconds=owner.lease_s))


async def end_leases(session: AsyncSession, owner: str, *, now: datetime) -> None:
    """The process `owner` is dead: whoever comes next may watch its cameras."""
    await session.execute(update(CameraLease).where(CameraLease.owner == owner).values(lease_until=now))


async def find_lease(session: AsyncSession, camera_id: str) -> CameraLease | None:
    """The camera's lease, run out or not; None when nobody ever watched it."""
    return await session.get(CameraLease, camera_id)


async def find_outage(session: AsyncSession, camera_id: str) -> Outage | None:
    """The camera's outage that is not over, by what its last owner wrote."""
    lease = await find_lease(session, camera_id)
    return Outage(lease.outage_since, lease.outage_is_told) if lease and lease.outage_since else None


async def list_leases(session: AsyncSession, camera_ids: Sequence[str] | None = None) -> Mapping[str, CameraLease]:
    """The leases of these cameras, or of all, by the camera's id."""
    statement = select(CameraLease)
    if camera_ids is not None:
        statement = statement.where(CameraLease.camera_id.in_(camera_ids))
    return {lease.camera_id: lease for lease in await session.scalars(statement)}


async def list_watchable(session: AsyncSession, camera_ids: Sequence[str]) -> Sequence[Camera]:
    """Those of the cameras that are there and enabled, as they are set now."""
    statement = select(Camera).where(Camera.id.in_(camera_ids), Camera.enabled)
    return list(await session.scalars(statement))
