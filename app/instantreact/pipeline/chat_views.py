"""What somebody who is told of alerts asks to see: cameras as they are, the latest event, a clip, a photo.

They see the cameras that rules tell them of: all of them, unless each of those rules names its cameras.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.catalogue import (
    AND_MORE,
    CAMERA_COMING,
    CAMERA_LIVE,
    CAMERA_LOST,
    CAMERA_OFF,
    CAMERA_UNWATCHED,
    CLIP_AT,
    CLIP_OF,
    NO_CAMERA,
    NO_CLIP_HERE,
    NO_CLIP_YET,
    NO_EVENT,
    NO_PHOTO,
    NOTHING_TO_ANSWER,
    PHOTO_OF,
    WHICH_CAMERA,
)
from instantreact.channels.moments import format_moment, format_since, format_time
from instantreact.channels.registry import CHANNELS
from instantreact.channels.replies import ChatFile, ChatReply, Choice
from instantreact.channels.words import compose_title
from instantreact.domain.audit import AuditAction
from instantreact.domain.camera import CameraState
from instantreact.domain.language import Language
from instantreact.domain.principal import PrincipalKind
from instantreact.errors import Conflict, FileMissing, NotFound, StreamLost
from instantreact.pipeline.chat_mutes import suggest
from instantreact.pipeline.commands import Command, CommandKind, find_meant
from instantreact.pipeline.opt_in import language_of
from instantreact.pipeline.services import Services
from instantreact.storage import alerts, clips, events
from instantreact.storage.audit import add_entry
from instantreact.storage.cameras import get_camera, list_told_cameras
from instantreact.storage.events import EventFilter
from instantreact.storage.leases import find_lease, list_leases
from instantreact.storage.rules import find_told_cameras
from instantreact.storage.sites import find_zone
from instantreact.storage.tables import Alert, Camera, CameraLease, Event, Recipient

MAX_CAMERAS = 30
"""In one list of how they are: more would not fit a message."""

_JPEG, _MP4 = "image/jpeg", "video/mp4"


async def look_up(services: Services, person: Recipient, command: Command) -> ChatReply:
    """The answer to what is asked for. Whatever shows something stands in the audit log."""
    match command.kind:
        case CommandKind.STATUS:
            return await _tell_status(services, person)
        case CommandKind.LAST:
            return await _show_last(services, person)
        case CommandKind.CLIP:
            return await _show_clip(services, person)
        case _:
            return await _take_photo(services, person, command.name)


async def _tell_status(services: Services, person: Recipient) -> ChatReply:
    language = language_of(services, person)
    async with services.database.reading() as session:
        cameras = await list_told_cameras(session, person.id)
        leases = await list_leases(session, [camera.id for camera in cameras])
        shown = cameras[:MAX_CAMERAS]
        lines = [await _tell_camera(services, session, each, leases.get(each.id), language) for each in shown]
    if len(cameras) > len(shown):
        lines.append(AND_MORE.say(language, number=len(cameras) - len(shown)))
    return ChatReply("\n".join(lines) or NO_CAMERA.say(language))


async def _tell_camera(
    services: Services, session: AsyncSession, camera: Camera, lease: CameraLease | None, language: Language
) -> str:
    now = services.clock.now()
    if not camera.enabled:
        return CAMERA_OFF.say(language, name=camera.name)
    if lease is None or lease.lease_until <= now:
        return CAMERA_UNWATCHED.say(language, name=camera.name)
    live, lost = lease.state is CameraState.LIVE, lease.state is CameraState.LOST
    saying = CAMERA_LIVE if live else CAMERA_LOST if lost else CAMERA_COMING
    began = lease.outage_since if lost and lease.outage_since else lease.state_since
    zone = await find_zone(session, camera.id, default=services.time_zone)
    return saying.say(language, name=camera.name, since=format_since(began, now, zone, language))


async def _show_last(services: Services, person: Recipient) -> ChatReply:
    language = language_of(services, person)
    async with services.database.reading() as session:
        event = await _find_last(session, person.id)
        if event is None:
            return ChatReply(NO_EVENT.say(language))
        place, at = await _place(session, event), await _moment(services, session, event, language)
    text = "\n".join(line for line in (place, at, event.caption, event.speech and f"“{event.speech}”") if line)
    picture = await _read(services, event.snapshot_key) if event.snapshot_key else None
    if picture is None:
        return ChatReply(text)
    await _note_sight(services, person, "last", event.id)
    return ChatReply(text, file=ChatFile(picture, _JPEG, "snapshot.jpg"))


async def _find_last(session: AsyncSession, recipient_id: str) -> Event | None:
    told = await find_told_cameras(session, recipient_id)
    wanted = [EventFilter()] if told is None else [EventFilter(camera_id=each) for each in sorted(told)]
    found = [event for each in wanted for event in await events.list_events(session, each, limit=1)]
    return max(found, key=lambda event: (event.occurred_at, event.id), default=None)


async def _show_clip(services: Services, person: Recipient) -> ChatReply:
    language = language_of(services, person)
    async with services.database.reading() as session:
        alert = await alerts.find_latest_told(session, person.id, with_event=True)
        footage = await clips.find_footage(session, alert.event) if alert and alert.event else None
    if alert is None:
        return ChatReply(NOTHING_TO_ANSWER.say(language))
    title = compose_title(alert.happening, language)
    if footage is None or not await services.threads.run(services.blobs.exists, footage[0]):
        return ChatReply(NO_CLIP_YET.say(language, title=title))
    page = services.links.open_url(alert.id)
    if page is not None:
        return ChatReply(CLIP_AT.say(language, title=title, url=f"{page}/clip"))
    return await _send_clip(services, person, alert, *footage)


async def _send_clip(services: Services, person: Recipient, alert: Alert, key: str, container: str) -> ChatReply:
    language = language_of(services, person)
    title = compose_title(alert.happening, language)
    most_bytes = CHANNELS[person.channel].max_file_bytes
    fits = container == clips.MP4 and await services.threads.run(services.blobs.size_bytes, key) <= most_bytes
    mp4 = await _read(services, key) if fits else None
    if mp4 is None:
        return ChatReply(NO_CLIP_HERE.say(language, title=title))
    await _note_sight(services, person, "clip", alert.id)
    return ChatReply(CLIP_OF.say(language, title=title), file=ChatFile(mp4, _MP4, f"{alert.id}.mp4"))


async def _take_photo(services: Services, person: Recipient, name: str) -> ChatReply:
    language = language_of(services, person)
    async with services.database.reading() as session:
        names = {camera.id: camera.name for camera in await list_told_cameras(session, person.id)}
    if not names:
        return ChatReply(NO_CAMERA.say(language))
    camera_id, near = find_meant(name, names) if name or len(names) > 1 else (next(iter(names)), ())
    if camera_id is None:
        choices = tuple(Choice(each, f"photo {key}") for key, each in list(names.items())[:MAX_CAMERAS])
        return (
            suggest(name, names, near, language, "photo {}") if name else ChatReply(WHICH_CAMERA.say(language), choices)
        )
    try:
        jpeg = await services.live.take(camera_id)
    except (StreamLost, Conflict):
        return await _tell_why_not(services, camera_id, language)
    await _note_sight(services, person, "photo", camera_id)
    async with services.database.reading() as session:
        zone = await find_zone(session, camera_id, default=services.time_zone)
    at = format_time(services.clock.now().astimezone(zone))
    text = PHOTO_OF.say(language, name=names[camera_id], at=at)
    return ChatReply(text, file=ChatFile(jpeg, _JPEG, "snapshot.jpg"))


async def _tell_why_not(services: Services, camera_id: str, language: Language) -> ChatReply:
    async with services.database.reading() as session:
        camera, lease = await get_camera(session, camera_id), await find_lease(session, camera_id)
        status = await _tell_camera(services, session, camera, lease, language)
    return ChatReply(NO_PHOTO.say(language, status=status))


async def _place(session: AsyncSession, event: Event) -> str:
    if event.camera_id is not None:
        camera = await session.get(Camera, event.camera_id)
        return camera.name if camera else ""
    clip = await clips.find_clip(session, event.clip_id or "")
    return clip.filename if clip else ""


async def _moment(services: Services, session: AsyncSession, event: Event, language: Language) -> str:
    zone = await find_zone(session, event.camera_id, default=services.time_zone)
    moment: datetime = event.occurred_at.astimezone(zone)
    return format_moment(moment, language)


async def _read(services: Services, key: str) -> bytes | None:
    try:
        return await services.threads.run(services.blobs.read, key)
    except (FileMissing, NotFound):
        return None


async def _note_sight(services: Services, person: Recipient, what: str, subject: str) -> None:
    now, route = services.clock.now(), f"{person.channel} {what}"
    kind = PrincipalKind.CHANNEL
    async with services.database.unit_of_work() as session:
        add_entry(session, AuditAction.SAW, kind, person.name, route, subject, now=now, principal_id=person.id)
