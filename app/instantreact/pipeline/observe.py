"""The one door for what was seen and heard, uploads and live cameras alike: file the event, match, raise alerts."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.observation import Observation
from instantreact.logs import get_logger
from instantreact.pipeline.purge import discard_unless_filed
from instantreact.pipeline.raising import raise_alerts
from instantreact.pipeline.services import Services
from instantreact.storage import clips, events, rules
from instantreact.storage.tables import Event

log = get_logger(__name__)


@dataclass(frozen=True)
class Origin:
    """Where an observation comes from: a clip, or one connection of a camera's stream.

    started_at  when the footage's clock stood at zero
    notify      whether it may raise alerts
    place       the camera's name, or the clip's file name, for people
    """

    place: str
    started_at: datetime
    notify: bool
    clip_id: str | None = None
    camera_id: str | None = None
    connection: str | None = None


async def observe(services: Services, origin: Origin, observation: Observation, snapshot_jpeg: bytes | None) -> Event:
    """File one observation as an event and raise the alerts that follow, in one transaction.

    The same window of the same origin twice gives the same event and nothing new.
    Raises NotFound when the origin's clip was deleted meanwhile.
    """
    snapshot_key = await _store_snapshot(services, snapshot_jpeg)
    try:
        async with services.database.unit_of_work() as session:
            origin = await _refresh(session, origin)
            event, is_new = await events.insert_or_find(session, _make_event(origin, observation, snapshot_key))
            raised = await _raise(services, session, origin, event) if is_new else 0
    except BaseException:
        if snapshot_key is not None:
            await asyncio.shield(discard_unless_filed(services, snapshot_key))
        raise
    if not is_new and snapshot_key is not None:
        await services.threads.run(services.blobs.delete, snapshot_key)
    if raised:
        log.info("alerts.raised", event_id=event.id, alerts=raised, camera_id=origin.camera_id, clip_id=origin.clip_id)
    return event


async def _refresh(session: AsyncSession, origin: Origin) -> Origin:
    """The origin as it is now: its clip may have lost its camera since it was read."""
    if origin.clip_id is None:
        return origin
    return replace(origin, camera_id=(await clips.get_clip(session, origin.clip_id)).camera_id)


async def _raise(services: Services, session: AsyncSession, origin: Origin, event: Event) -> int:
    if not origin.notify:
        return 0
    watching = await rules.list_rules_for(session, event.camera_id)
    return await raise_alerts(session, event, watching, place=origin.place, now=services.clock.now())


async def _store_snapshot(services: Services, jpeg: bytes | None) -> str | None:
    if jpeg is None:
        return None
    key = services.blobs.new_key("snapshots", ".jpg")
    await services.threads.run(services.blobs.put, key, jpeg)
    return key


def _make_event(origin: Origin, observation: Observation, snapshot_key: str | None) -> Event:
    window = observation.window
    return Event(
        clip_id=origin.clip_id,
        camera_id=origin.camera_id,
        connection=origin.connection,
        window_index=window.index,
        start_s=window.start_s,
        end_s=window.end_s,
        occurred_at=origin.started_at + timedelta(seconds=window.start_s),
        observation=observation,
        caption=observation.caption.text,
        speech=observation.transcript.text if observation.transcript else "",
        snapshot_key=snapshot_key,
    )
