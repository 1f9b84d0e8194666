"""Exports: what is kept of a span of a camera, or of a person, as the members of a ZIP file.

Rows are lines of JSON with the fields that the API has, times are UTC. No hash, token, key or secret is in it. Rows are
read in many short transactions: what is erased or purged meanwhile is missing from what follows.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy import select

from instantreact.api.schemas.alerts import AlertView
from instantreact.api.schemas.audit import AuditEntryView
from instantreact.api.schemas.clips import ClipView
from instantreact.api.schemas.events import EventView
from instantreact.api.schemas.exports import AnswerView, MessageView, MinuteView, SentView, SoundView
from instantreact.api.schemas.invitations import InvitationView
from instantreact.api.schemas.mutes import MuteView
from instantreact.api.schemas.recipients import RecipientView
from instantreact.api.schemas.users import UserSessionView, UserView
from instantreact.api.zip_streams import ZipMember
from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind, PartKind
from instantreact.domain.erasure import Person, Span
from instantreact.domain.minutes import Minute, start_of
from instantreact.errors import NotFound
from instantreact.pipeline.services import Services
from instantreact.storage import exporting
from instantreact.storage.cameras import get_camera
from instantreact.storage.database import Database
from instantreact.storage.deliveries import ACCEPTED
from instantreact.storage.people import invitations_of, list_messages_of
from instantreact.storage.recipients import list_recipients_of
from instantreact.storage.spans import list_sounds_in
from instantreact.storage.tables import IncomingMessage, Invitation, Recipient, User, UserSession

_OF_SPAN = """\
What InstantReact keeps of what the camera "{name}" ({id}) saw and heard
from {since} to before {until}, as of {now}. All times are UTC.

events.jsonl   what was seen and heard, an event a line: the sentence, what else it might have been, what was said
alerts.jsonl   what people were told about it, whom that reached and when, and who answered
clips.jsonl    videos that were uploaded as this camera's and show something of that time
minutes.jsonl  by the minute, in how many seconds the camera was watched, seen, and showed something that moved
sounds.jsonl   speech that nobody has recognised yet
pictures/      the picture of an event, or of the moment in which something was said, by its id
evidence/      what the camera sent around an event that raised an alert, by the event's id
clips/         the uploaded videos, whole, also where only a part of one is of that time
sounds/        the sound of that speech

The fields are those of the API, which describes them at /docs. A file that a line speaks of and that is not here was
deleted by the settings, or while this was written. Names of those who were told are in alerts.jsonl, and whoever was
in front of the camera is in the pictures: look at all of it before you hand it on.
"""

_OF_RECIPIENT = """\
What InstantReact keeps of a person who is told of alerts, as of {now}. All times are UTC.

recipients.jsonl   who they are, where they are told, when they said yes or no
invitations.jsonl  by which they came
deliveries.jsonl   what they were sent or are to be, in words, and what became of it
messages.jsonl     what their channel brought from them and about them, as it came (invitations' tokens left out)
mutes.jsonl        what is muted for them, or was by them
answers.jsonl      alerts that they answered
audit.jsonl        what the audit log knows that they did
pictures/          the pictures that they were sent, by the event's id: other people may be in them

The fields are those of the API, which describes them at /docs.
"""

_OF_USER = """\
What InstantReact keeps of a person who signs in, as of {now}. All times are UTC.

users.jsonl     who they are and what they may do; passwords and second factors are in no export
sessions.jsonl  where they are signed in
browsers.jsonl  in which they are told of alerts
mutes.jsonl     what they have muted
answers.jsonl   alerts that bear their name as that of who answered
audit.jsonl     what the audit log knows that they did, and from where

The fields are those of the API, which describes them at /docs.
"""

Row = TypeVar("Row")


async def members_of_span(services: Services, span: Span) -> AsyncGenerator[ZipMember, None]:
    """Raises NotFound."""
    database = services.database
    async with database.reading() as session:
        camera = await get_camera(session, span.camera_id)
        sounds = await list_sounds_in(session, span)
    told = {"name": camera.name, "id": camera.id, "since": _iso(span.since), "until": _iso(span.until)}
    yield _text("README.txt", _OF_SPAN.format(**told, now=_iso(services.clock.now())))
    yield ZipMember("events.jsonl", _lines(EventView.model_validate, exporting.read_events(database, span)))
    yield ZipMember("alerts.jsonl", _lines(AlertView.model_validate, exporting.read_alerts(database, span)))
    yield ZipMember("clips.jsonl", _lines(ClipView.model_validate, exporting.read_clips(database, span)))
    minutes = exporting.read_minutes(database, span)
    yield ZipMember("minutes.jsonl", _lines(_show_minute, minutes))
    yield ZipMember("sounds.jsonl", _lines(SoundView.model_validate, _each(sounds)))
    async for event in exporting.read_events(database, span):
        async for member in _files(services, {f"pictures/{event.id}.jpg": event.snapshot_key}):
            yield member
        async for member in _files(services, {f"evidence/{event.id}.mp4": event.evidence_key}):
            yield member
    async for clip in exporting.read_clips(database, span):
        suffix = PurePosixPath(clip.blob_key or "").suffix or ".bin"
        async for member in _files(services, {f"clips/{clip.id}{suffix}": clip.blob_key}):
            yield member
    for sound in sounds:
        named = {f"sounds/{sound.id}.wav": sound.sound_key, f"pictures/{sound.id}.jpg": sound.snapshot_key}
        async for member in _files(services, named):
            yield member


def _show_minute(known: tuple[int, Minute]) -> MinuteView:
    minute, (watched, seen, moving, permille) = known
    seconds = {"watched_s": watched.bit_count(), "seen_s": seen.bit_count(), "moving_s": moving.bit_count()}
    return MinuteView(at=start_of(minute), motion=permille / 1000, **seconds)


async def members_of_recipient(services: Services, person: Person) -> AsyncGenerator[ZipMember, None]:
    """Of somebody who is told."""
    database = services.database
    async with database.reading() as session:
        row = await session.get(Recipient, person.recipient_id)
        invited = list(await session.scalars(select(Invitation).where(invitations_of(person))))
        messages = await list_messages_of(session, person)
    yield _text("README.txt", _OF_RECIPIENT.format(now=_iso(services.clock.now())))
    yield ZipMember("recipients.jsonl", _lines(RecipientView.model_validate, _each([row] if row else [])))
    yield ZipMember("invitations.jsonl", _lines(InvitationView.model_validate, _each(invited)))
    yield ZipMember("deliveries.jsonl", _lines(SentView.model_validate, exporting.read_sent(database, person)))
    yield ZipMember("messages.jsonl", _lines(_show_message, _each(messages)))
    async for member in _deeds(database, person):
        yield member
    shown: set[str] = set()
    async for delivery in exporting.read_sent(database, person):
        event = delivery.alert.event
        showing = PartKind.TEXT if CHANNELS[delivery.channel].embeds_picture else PartKind.PICTURE
        was_shown = any(part.kind is showing and part.state in ACCEPTED for part in delivery.parts)
        if event is not None and was_shown and event.id not in shown:
            shown.add(event.id)
            async for member in _files(services, {f"pictures/{event.id}.jpg": event.snapshot_key}):
                yield member


async def members_of_user(services: Services, person: Person) -> AsyncGenerator[ZipMember, None]:
    """Of somebody who signs in, or did."""
    async with services.database.reading() as session:
        row = await session.get(User, person.user_id)
        sessions = list(await session.scalars(select(UserSession).where(UserSession.user_id == person.user_id)))
        told = await list_recipients_of(session, person.user_id or "", ChannelKind.WEBPUSH)
    yield _text("README.txt", _OF_USER.format(now=_iso(services.clock.now())))
    yield ZipMember("users.jsonl", _lines(UserView.model_validate, _each([row] if row else [])))
    yield ZipMember("sessions.jsonl", _lines(UserSessionView.model_validate, _each(sessions)))
    yield ZipMember("browsers.jsonl", _lines(RecipientView.model_validate, _each(told)))
    async for member in _deeds(services.database, person):
        yield member


async def _deeds(database: Database, person: Person) -> AsyncGenerator[ZipMember, None]:
    yield ZipMember("mutes.jsonl", _lines(MuteView.model_validate, exporting.read_muted(database, person)))
    yield ZipMember("answers.jsonl", _lines(AnswerView.model_validate, exporting.read_answered(database, person)))
    yield ZipMember("audit.jsonl", _lines(AuditEntryView.model_validate, exporting.read_acts(database, person)))


async def _lines(show: Callable[[Row], BaseModel], rows: AsyncIterator[Row]) -> AsyncIterator[bytes]:
    async for row in rows:
        yield show(row).model_dump_json().encode() + b"\n"


async def _files(services: Services, named: Mapping[str, str | None]) -> AsyncGenerator[ZipMember, None]:
    """Those that are there."""
    for name, key in named.items():
        file = await services.threads.run(services.blobs.find_file, key) if key else None
        if file is None:
            continue
        async with aclosing(services.threads.iterate(file.read_part(0, file.size_bytes))) as pieces:
            try:
                first = await anext(pieces, b"")
            except (FileNotFoundError, NotFound):  # deleted since
                continue
            yield ZipMember(name, _chain(first, pieces), is_media=True)


async def _chain(first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for piece in rest:
        yield piece


def _text(name: str, text: str) -> ZipMember:
    return ZipMember(name, _each([text.encode()]))


def _show_message(message: IncomingMessage) -> MessageView:
    view = MessageView.model_validate(message)
    return view.model_copy(update={"body": _hide_tokens(view.body)})


def _hide_tokens(value: Any) -> Any:
    """Without what opens an invitation: Messenger's `ref`, and what follows Telegram's `/start`."""
    if isinstance(value, dict):
        return {name: "***" if name == "ref" else _hide_tokens(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_hide_tokens(each) for each in value]
    return "/start ***" if isinstance(value, str) and value.startswith("/start ") else value


async def _each(items: Iterable[Row]) -> AsyncIterator[Row]:
    for item in items:
        yield item


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
