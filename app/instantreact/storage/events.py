"""Events: observations filed under a clip or camera, and a time."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Select, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.media import Window
from instantreact.domain.observation import Observation
from instantreact.errors import NotFound
from instantreact.storage.confinement import is_confined
from instantreact.storage.erasures import is_erased
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.paging import PAGE_SIZE, Cursor, between, nearest_end, newest_first
from instantreact.storage.search import search_postgres, search_sqlite
from instantreact.storage.spans import moment_of
from instantreact.storage.tables import Alert, Camera, Event
from instantreact.storage.words import SoughtMark, list_event_words, read_search

_FEW = 15_000  # of the newest events are looked through before the index is asked


@dataclass(frozen=True)
class EventFilter:
    """Which events: all conditions that are set hold. `since` is included, `until` is not.

    scores  of concepts and labels, at least
    """

    camera_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    scores: tuple[SoughtMark, ...] = ()


async def insert_or_find(session: AsyncSession, event: Event) -> tuple[Event, bool]:
    """The event of this window of this clip or connection, and whether it is new. Use what is returned."""
    event.words = list_event_words(event.caption, event.speech or "", event.observation, event.camera_id)
    is_new = await insert_unless_there(session, event)
    statement = select(Event).where(Event.window_index == event.window_index)
    if event.clip_id is not None:
        statement = statement.where(Event.clip_id == event.clip_id)
    else:
        statement = statement.where(Event.camera_id == event.camera_id, Event.connection == event.connection)
    return (await session.scalars(statement)).one(), is_new


async def find_event(session: AsyncSession, camera_id: str, connection: str, window_index: int) -> Event | None:
    """The event of this window of this connection of a camera."""
    here = Event.camera_id == camera_id, Event.connection == connection, Event.window_index == window_index
    return (await session.scalars(select(Event).where(*here))).one_or_none()


async def replace_observation(session: AsyncSession, event: Event, observation: Observation) -> None:
    """What is known of the event's window from now on, its speech above all."""
    event.observation = observation
    event.speech = observation.transcript.text if observation.transcript else ""
    event.words = list_event_words(event.caption, event.speech, observation, event.camera_id)
    await session.flush()


async def get_event(session: AsyncSession, event_id: str) -> Event:
    """Raises NotFound."""
    event = await session.get(Event, event_id)
    if event is None:
        raise NotFound("event", event_id)
    return event


async def list_events(
    session: AsyncSession, wanted: EventFilter, *, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[Event]:
    """Newest first. Of `wanted.text` every word must be in caption or speech, or a longer one that begins with it."""
    if wanted.camera_id is None and is_confined(session):
        return await _list_by_camera(session, wanted, after=after, limit=limit)
    if not wanted.text and not wanted.scores:
        return await _list_page(session, select(Event), wanted, after=after, limit=limit)
    sought = read_search(wanted.text or "", camera_id=wanted.camera_id, scores=wanted.scores)
    if not sought:
        return []
    if session.get_bind().dialect.name == "sqlite":
        statement = search_sqlite(sought, since=wanted.since, until=wanted.until, after=after, limit=limit)
        return await _list_page(session, statement, wanted, after=after, limit=limit)
    few = _page(select(Event), wanted, after=after, limit=max(_FEW, limit))
    found = await _list_page(session, search_postgres(sought, few), wanted, after=after, limit=limit)
    if len(found) == limit:
        return found
    return await _list_page(session, search_postgres(sought), wanted, after=after, limit=limit)


async def _list_by_camera(
    session: AsyncSession, wanted: EventFilter, *, after: Cursor | None, limit: int
) -> list[Event]:
    """Camera by camera, which indices answer, put together: the newest of all may be somebody else's."""
    found: list[Event] = []
    for camera_id in await session.scalars(select(Camera.id)):
        found += await list_events(session, replace(wanted, camera_id=camera_id), after=after, limit=limit)
    return sorted(found, key=lambda event: (event.occurred_at, event.id), reverse=True)[:limit]


async def list_clip_events(
    session: AsyncSession, clip_id: str, *, after: int = -1, limit: int | None = None
) -> list[Event]:
    """Events of a clip, in the order of its windows: at most `limit` of those after window `after`, or all."""
    statement = select(Event).where(Event.clip_id == clip_id, Event.window_index > after)
    return list(await session.scalars(statement.order_by(Event.window_index).limit(limit)))


async def list_clip_windows(session: AsyncSession, clip_id: str) -> list[Window]:
    """The windows of a clip that have an event, in order; much faster than reading the events."""
    statement = select(Event.window_index, Event.start_s, Event.end_s).where(Event.clip_id == clip_id)
    return [Window(*row) for row in await session.execute(statement.order_by(Event.window_index))]


async def _list_page(
    session: AsyncSession, statement: Select[Event], wanted: EventFilter, *, after: Cursor | None, limit: int
) -> list[Event]:
    return list(await session.scalars(_page(statement, wanted, after=after, limit=limit)))


def _page(statement: Select[Event], wanted: EventFilter, *, after: Cursor | None, limit: int) -> Select[Event]:
    until, after = nearest_end(wanted.until, after)
    narrowed = _narrow(statement, replace(wanted, until=until))
    return newest_first(narrowed, Event.occurred_at, Event.id, after=after, limit=limit)


def _narrow(statement: Select[Event], wanted: EventFilter) -> Select[Event]:
    if wanted.camera_id is not None:
        statement = statement.where(Event.camera_id == wanted.camera_id)
    return between(statement, Event.occurred_at, wanted.since, wanted.until)


async def extend_event(session: AsyncSession, event_id: str, *, end_s: float) -> Event | None:
    """The event, which went on until `end_s` on the footage's clock; None when it is gone."""
    statement = update(Event).where(Event.id == event_id).values(end_s=end_s).returning(Event)
    return (await session.scalars(statement)).one_or_none()


async def has_alert(session: AsyncSession, event_id: str) -> bool:
    """Whether the event raised an alert."""
    return bool(await session.scalar(select(exists().where(Alert.event_id == event_id))))


async def attach_clip(session: AsyncSession, event_id: str, key: str, *, start_s: float, end_s: float) -> bool:
    """The event's evidence clip lies under `key`, and shows this stretch of the footage's clock.

    False when the event is gone, or something of the stretch is erased.
    """
    statement = select(Event).where(Event.id == event_id).with_for_update(of=Event)
    event = (await session.scalars(statement)).one_or_none()
    if event is None:
        return False
    since, until = moment_of(event, start_s), moment_of(event, end_s)
    if event.camera_id is not None and await is_erased(session, event.camera_id, since, until):
        return False
    event.evidence_key, event.evidence_since, event.evidence_until = key, since, until
    await session.flush()
    return True
