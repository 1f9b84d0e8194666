"""Erasures: that they were asked for, how far they are; and that nothing of an erased span is written afterwards."""

import secrets
from collections import Counter
from datetime import UTC, datetime

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.erasure import ErasedCounts, ErasureKind, ErasureStage, Person, Span
from instantreact.errors import Conflict, InvalidInput, NotFound
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import Camera, Erasure, Mute

BEGINNING, END = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
"""Before anything was seen, and after: so far from the calendar's ends that days can be added and taken away."""


async def insert_span(session: AsyncSession, span: Span, *, now: datetime) -> Erasure:
    """From here on nothing of the span is written any more. Raises NotFound, and InvalidInput for one to come.

    It waits for those who are writing something of the camera, and so finds it.
    """
    if span.since >= span.until:
        raise InvalidInput("Nothing lies between the two moments: the first must be before the second.")
    if span.until > now:
        raise InvalidInput("What is still to come cannot be erased: the second moment must not lie in the future.")
    camera = select(Camera.id).where(Camera.id == span.camera_id).with_for_update()
    if await session.scalar(camera) is None:
        raise NotFound("camera", span.camera_id)
    erasure = Erasure(
        kind=ErasureKind.SPAN, camera_id=span.camera_id, since=span.since, until=span.until, requested_at=now
    )
    session.add(erasure)
    await session.flush()
    return erasure


async def insert_person(session: AsyncSession, kind: ErasureKind, person: Person, *, now: datetime) -> Erasure:
    """With a pseudonym that nobody has had; it stands at once where they have muted something."""
    erasure = Erasure(
        kind=kind,
        person=person,
        person_id=person.recipient_id or person.user_id,
        pseudonym=await _pick_pseudonym(session),
        requested_at=now,
    )
    session.add(erasure)
    await session.execute(update(Mute).where(Mute.made_by.in_(person.names)).values(made_by=erasure.pseudonym))
    await session.flush()
    return erasure


async def is_erased(session: AsyncSession, camera_id: str, start: datetime, end: datetime) -> bool:
    """Whether a stretch of what a camera saw and heard touches an erased span.

    An erasure that is asked for meanwhile waits for this transaction, and finds what it writes.
    """
    writing = select(Camera.id).where(Camera.id == camera_id).with_for_update(read=True, key_share=True)
    await session.execute(writing)
    touching = Erasure.camera_id == camera_id, Erasure.since < end, Erasure.until > start
    return bool(await session.scalar(select(exists().where(*touching))))


async def get_erasure(session: AsyncSession, erasure_id: str) -> Erasure:
    """As it is in the database now. Raises NotFound."""
    erasure = await session.get(Erasure, erasure_id, populate_existing=True)
    if erasure is None:
        raise NotFound("erasure", erasure_id)
    return erasure


async def list_erasures(session: AsyncSession, *, after: Cursor | None = None, limit: int = PAGE_SIZE) -> list[Erasure]:
    """Newest first."""
    statement = newest_first(select(Erasure), Erasure.requested_at, Erasure.id, after=after, limit=limit)
    return list(await session.scalars(statement))


async def list_unfinished(session: AsyncSession) -> list[Erasure]:
    """Those that are under way, or were when a process died; oldest first."""
    going = select(Erasure).where(Erasure.stage != ErasureStage.DONE)
    return list(await session.scalars(going.order_by(Erasure.requested_at, Erasure.id)))


async def refuse_while_erasing(session: AsyncSession, camera_id: str) -> None:
    """Raises Conflict while a span of the camera is being erased: without it nobody would find the rest."""
    going = select(Erasure.id).where(Erasure.camera_id == camera_id, Erasure.stage != ErasureStage.DONE)
    if (await session.scalars(going.limit(1))).first() is not None:
        raise Conflict("A span of it is being erased: delete it once that is over.")


async def lock_erasure(session: AsyncSession, erasure_id: str) -> Erasure:
    """Of two who see it through, one waits and then sees what the other did. Raises NotFound."""
    locked = select(Erasure).where(Erasure.id == erasure_id).with_for_update()
    erasure = (await session.scalars(locked, execution_options={"populate_existing": True})).one_or_none()
    if erasure is None:
        raise NotFound("erasure", erasure_id)
    return erasure


async def add_counts(session: AsyncSession, erasure: Erasure, counts: ErasedCounts) -> None:
    """So much more is gone."""
    erasure.counts = dict(Counter(erasure.counts) + Counter({str(kind): number for kind, number in counts.items()}))
    await session.flush()


def enter_stage(
    erasure: Erasure, stage: ErasureStage, *, late_at: datetime | None = None, remains: str | None = None
) -> None:
    """What was to be done before is done. Once all rows are found, what named a person is forgotten."""
    erasure.stage = stage
    erasure.remains = remains or erasure.remains
    if stage is ErasureStage.LATE:
        erasure.looks_again_at = late_at
    if stage is ErasureStage.FILE:
        erasure.person = None


async def forget_remains(session: AsyncSession) -> None:
    """Nothing is left of any that has come so far."""
    await session.execute(update(Erasure).where(Erasure.remains.is_not(None)).values(remains=None))


async def _pick_pseudonym(session: AsyncSession) -> str:
    digits = 4
    while True:
        pseudonym = f"erased person {secrets.token_hex(digits // 2)}"
        if not await session.scalar(select(exists().where(Erasure.pseudonym == pseudonym))):
            return pseudonym
        digits += 2
