"""Tries a rule on the past before anybody is told: which alerts there would have been, and with other thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.media import Window
from instantreact.pipeline.services import Services
from instantreact.rules.match import measure
from instantreact.rules.replay import Past, Replayed, Threshold, Trial, replay, try_thresholds
from instantreact.storage import events, sites
from instantreact.storage.events import EventFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Event

MOST_EVENTS = 20_000
"""The newest so many are looked at."""
_AT_ONCE = 500


@dataclass(frozen=True, eq=False)
class Tried:
    """What came of a trial.

    since     later than asked for where there were more events than are looked at
    first_at  when the first event was seen
    """

    since: datetime
    first_at: datetime | None
    events: int
    replayed: Replayed
    thresholds: tuple[Threshold, ...]


async def try_rule(
    services: Services, trial: Trial, camera_ids: Sequence[str] | None, *, since: datetime, until: datetime
) -> Tried:
    """Replay a rule over what was filed of these cameras, or of every camera and upload; nothing is written.

    Long pasts take seconds, off the event loop.
    """
    past: list[Past] = []
    for camera_id in camera_ids or (None,):
        past += await _load(services, trial, EventFilter(camera_id=camera_id, since=since, until=until))
    past.sort(key=lambda each: each.occurred_at)
    if len(past) > MOST_EVENTS:
        past = past[-MOST_EVENTS:]
        since = past[0].occurred_at
    replayed = await services.threads.run(replay, trial, past)
    thresholds = await services.threads.run(lambda: tuple(try_thresholds(trial, past, replayed)))
    return Tried(since, past[0].occurred_at if past else None, len(past), replayed, thresholds)


async def _load(services: Services, trial: Trial, wanted: EventFilter) -> list[Past]:
    """The newest of the events, each read in a transaction of some hundred."""
    found: list[Past] = []
    zones: dict[str | None, ZoneInfo] = {}
    after = None
    while len(found) <= MOST_EVENTS:
        async with services.database.reading() as session:
            rows = await events.list_events(session, wanted, after=after, limit=_AT_ONCE)
            for row in rows:
                if row.camera_id not in zones:
                    zones[row.camera_id] = await _find_zone(session, services, row)
        found += await services.threads.run(lambda rows: [_as_past(row, trial, zones) for row in rows], rows)
        if len(rows) < _AT_ONCE:
            break
        after = Cursor(rows[-1].occurred_at, rows[-1].id)
    return found


async def _find_zone(session: AsyncSession, services: Services, event: Event) -> ZoneInfo:
    return await sites.find_zone(session, event.camera_id, default=services.time_zone)


def _as_past(event: Event, trial: Trial, zones: dict[str | None, ZoneInfo]) -> Past:
    return Past(
        event_id=event.id,
        place=event.camera_id or event.clip_id or "",
        footage=event.clip_id or f"{event.camera_id} {event.connection}",
        occurred_at=event.occurred_at,
        zone=zones[event.camera_id],
        window=Window(event.window_index, event.start_s, event.end_s),
        measured=measure(trial.criteria, event.observation),
        is_upload=event.clip_id is not None,
    )
