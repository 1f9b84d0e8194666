"""What is known of cameras minute by minute, and in which times they were not to be watched."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.minutes import Minute, Span, minute_of, touched_minutes
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import Camera, CameraMinute, CameraPause

WRITTEN_EVERY_S = 10.0
"""What a process that is killed has noted since then is lost; nothing else is."""

CameraMinutes = dict[tuple[str, int], Minute]
"""By the camera's id and the minute's number."""

_UNSEEN = {"synchronize_session": False}


async def add_minutes(session: AsyncSession, minutes: CameraMinutes) -> None:
    """Join them with what is known already, in whatever order, once or more often. Cameras that are gone have none."""
    ids = {camera_id for camera_id, _ in minutes}
    # Whoever deletes a camera waits; on SQLite nobody else writes.
    kept = select(Camera.id).where(Camera.id.in_(ids)).with_for_update(read=True, key_share=True)
    there = set(await session.scalars(kept))
    rows = [
        {"camera_id": camera_id, "minute": minute, **known._asdict()}
        for (camera_id, minute), known in sorted(minutes.items(), key=lambda each: each[0])  # two wait in one order
        if camera_id in there
    ]
    if not rows:
        return
    insert, old = insert_into(session, CameraMinute), CameraMinute
    new = insert.excluded
    larger = case((new.motion_permille > old.motion_permille, new.motion_permille), else_=old.motion_permille)
    joined = {
        "watched": old.watched.bitwise_or(new.watched),
        "seen": old.seen.bitwise_or(new.seen),
        "moving": old.moving.bitwise_or(new.moving),
        "motion_permille": larger,
    }
    await session.execute(insert.on_conflict_do_update(index_elements=["camera_id", "minute"], set_=joined), rows)


async def list_minutes(session: AsyncSession, camera_id: str, since: datetime, until: datetime) -> Mapping[int, Minute]:
    """What is known of a camera's minutes that have a part in the span, by their numbers."""
    row = CameraMinute
    columns = row.minute, row.watched, row.seen, row.moving, row.motion_permille
    statement = select(*columns).where(_touched(camera_id, since, until)).order_by(row.minute)
    return {minute: Minute(*known) for minute, *known in await session.execute(statement)}


async def find_first_minute(session: AsyncSession, camera_id: str) -> int | None:
    """The number of a camera's first minute of which something is kept."""
    return await session.scalar(select(func.min(CameraMinute.minute)).where(CameraMinute.camera_id == camera_id))


async def count_minutes(session: AsyncSession, camera_id: str, since: datetime, until: datetime) -> int:
    """Of how many minutes that have a part in the span something is kept."""
    inside = _touched(camera_id, since, until)
    return await session.scalar(select(func.count()).select_from(CameraMinute).where(inside)) or 0


async def delete_minutes(session: AsyncSession, camera_id: str, since: datetime, until: datetime, limit: int) -> int:
    """Forget minutes of a camera that have a part in the span, at most so many; how many that were."""
    oldest = select(CameraMinute.minute).where(_touched(camera_id, since, until))
    some = oldest.order_by(CameraMinute.minute).limit(limit)
    gone = delete(CameraMinute).where(CameraMinute.camera_id == camera_id, CameraMinute.minute.in_(some))
    found = await session.execute(gone.returning(CameraMinute.minute).execution_options(**_UNSEEN))
    return len(found.all())


async def delete_old_minutes(session: AsyncSession, before: datetime, limit: int) -> int:
    """Forget at most about so many minutes that ended before, and pauses; how many that were.

    Camera by camera, which the primary key answers: an index by time alone would be as large as the table.
    """
    gone = 0
    for camera_id in await session.scalars(select(Camera.id)):
        of_camera = CameraMinute.camera_id == camera_id, CameraMinute.minute < minute_of(before)
        oldest = select(CameraMinute.minute).where(*of_camera).order_by(CameraMinute.minute).limit(limit - gone)
        taken = delete(CameraMinute).where(CameraMinute.camera_id == camera_id, CameraMinute.minute.in_(oldest))
        found = await session.execute(taken.returning(CameraMinute.minute).execution_options(**_UNSEEN))
        gone += len(found.all())
        if gone >= limit:
            return gone
    over = delete(CameraPause).where(CameraPause.until < before).returning(CameraPause.id)
    return gone + len((await session.execute(over.execution_options(**_UNSEEN))).all())


def _touched(camera_id: str, since: datetime, until: datetime) -> ColumnElement[bool]:
    span = touched_minutes(since, until)
    return and_(CameraMinute.camera_id == camera_id, CameraMinute.minute >= span.start, CameraMinute.minute < span.stop)


async def begin_pause(session: AsyncSession, camera_id: str, *, now: datetime) -> None:
    """From now on the camera is not to be watched."""
    session.add(CameraPause(camera_id=camera_id, since=now))
    await session.flush()


async def end_pause(session: AsyncSession, camera_id: str, *, now: datetime) -> None:
    """The camera is to be watched again."""
    lasting = update(CameraPause).where(CameraPause.camera_id == camera_id, CameraPause.until.is_(None))
    await session.execute(lasting.values(until=now).execution_options(**_UNSEEN))


async def list_pauses(session: AsyncSession, camera_id: str, since: datetime, until: datetime) -> Sequence[Span]:
    """In which times within the span the camera was not to be watched."""
    begun, ended = CameraPause.since, CameraPause.until
    inside = CameraPause.camera_id == camera_id, begun < until, or_(ended.is_(None), ended > since)
    rows = await session.execute(select(begun, ended).where(*inside).order_by(begun))
    return [(pause_since, pause_until or until) for pause_since, pause_until in rows]
