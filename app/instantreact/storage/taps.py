"""What people answered to alerts of a camera, as lessons about its concepts' scores."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.lesson import Lesson
from instantreact.storage.tables import Alert, Camera, Tap

MOST_TAPS = 50
"""Of a concept at a camera; the oldest go."""


async def replace_taps(session: AsyncSession, alert: Alert, lessons: Mapping[str, Lesson]) -> None:
    """What an answer says of each concept, in place of what an earlier one said; nothing of a camera that is not to
    adapt.
    """
    camera = await session.get(Camera, alert.camera_id) if alert.camera_id else None
    if camera is None or not camera.adapts:
        return
    await session.execute(delete(Tap).where(Tap.alert_id == alert.id))
    for concept, each in lessons.items():
        values = {"score": each.score, "needed": each.needed, "is_false": each.is_false, "tapped_at": each.at}
        session.add(Tap(alert_id=alert.id, concept=concept, camera_id=camera.id, **values))
        await session.flush()
        await _drop_oldest(session, camera.id, concept)


async def list_lessons(session: AsyncSession, camera_id: str) -> dict[str, list[Lesson]]:
    """Those of a camera by concept, whether it is to adapt or not."""
    return _by_concept(await session.scalars(_taps_of(camera_id)))


async def list_lessons_that_count(session: AsyncSession, camera_id: str) -> dict[str, list[Lesson]]:
    """Likewise; none where the camera is not to adapt."""
    statement = _taps_of(camera_id).join(Camera, Camera.id == Tap.camera_id).where(Camera.adapts)
    return _by_concept(await session.scalars(statement))


async def find_taught(session: AsyncSession, alert_id: str) -> Sequence[str]:
    """The concepts that are scored lower since somebody dismissed this alert."""
    statement = select(Tap.concept).where(Tap.alert_id == alert_id, Tap.is_false)
    return (await session.scalars(statement.order_by(Tap.concept))).all()


async def forget_taps(session: AsyncSession, camera_id: str, alert_id: str | None = None) -> int:
    """All of a camera, or what was answered to one alert; how many those were."""
    theirs = delete(Tap).where(Tap.camera_id == camera_id)
    if alert_id is not None:
        theirs = theirs.where(Tap.alert_id == alert_id)
    return len((await session.scalars(theirs.returning(Tap.alert_id))).all())


def _taps_of(camera_id: str) -> Select[Tap]:
    return select(Tap).where(Tap.camera_id == camera_id).order_by(Tap.concept, Tap.tapped_at)


def _by_concept(taps: Iterable[Tap]) -> dict[str, list[Lesson]]:
    found: dict[str, list[Lesson]] = defaultdict(list)
    for tap in taps:
        found[tap.concept].append(Lesson(tap.alert_id, tap.score, tap.needed, tap.is_false, tap.tapped_at))
    return dict(found)


async def _drop_oldest(session: AsyncSession, camera_id: str, concept: str) -> None:
    same = Tap.camera_id == camera_id, Tap.concept == concept
    newest = select(Tap.alert_id).where(*same).order_by(Tap.tapped_at.desc(), Tap.alert_id).limit(MOST_TAPS)
    oldest = delete(Tap).where(*same, Tap.alert_id.not_in(newest))
    await session.execute(oldest.execution_options(synchronize_session=False))
