"""Muting from the chat, for oneself: what, and for how long, by words or by what the bot offers to tap."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.channels.catalogue import (
    ALL_FOR,
    ASK_LENGTH,
    ASK_MUTE,
    CAMERA_FOR,
    DELETED,
    DID_YOU_MEAN,
    EVERYTHING,
    MUTED,
    NO_SUCH_NAME,
    NOT_MUTED,
    RULE_FOR,
    THIS_CAMERA,
    THIS_RULE,
    TOO_LONG,
    UNMUTED,
    UNMUTED_ONE,
    Saying,
)
from instantreact.channels.moments import format_since
from instantreact.channels.replies import ChatReply, Choice
from instantreact.domain.audit import AuditAction
from instantreact.domain.language import Language
from instantreact.domain.principal import PrincipalKind
from instantreact.errors import NotFound
from instantreact.pipeline.commands import EVERYTHING as ALL_WORDS
from instantreact.pipeline.commands import Command, find_meant
from instantreact.pipeline.opt_in import language_of
from instantreact.pipeline.services import Services
from instantreact.storage import alerts, mutes
from instantreact.storage.audit import add_entry
from instantreact.storage.cameras import list_told_cameras
from instantreact.storage.rules import list_rules_of
from instantreact.storage.sites import find_zone
from instantreact.storage.tables import Mute, Recipient

LENGTHS = {"15 min": "15min", "1 h": "1h", "8 h": "8h"}
"""What is offered, as it is shown and as it is written."""

_FOR_ALERT = "alert "


@dataclass(frozen=True)
class _Target:
    """What is muted: a rule, a camera or, without either, everything."""

    name: str
    rule_id: str | None = None
    camera_id: str | None = None

    @property
    def words(self) -> str:
        return self.rule_id or self.camera_id or "all"

    def rows(self) -> list[ColumnElement[bool]]:
        """Which mutes are of this."""
        return [Mute.rule_id.is_not_distinct_from(self.rule_id), Mute.camera_id.is_not_distinct_from(self.camera_id)]


async def mute(services: Services, session: AsyncSession, person: Recipient, command: Command) -> ChatReply:
    """Mute something for `person`, or ask what and for how long."""
    language = language_of(services, person)
    if command.name.startswith(_FOR_ALERT):
        return await _ask_about(services, session, person, command.name.removeprefix(_FOR_ALERT))
    if command.name in ALL_WORDS and command.length is None:
        return ChatReply(ASK_MUTE.say(language), tuple(_offer(ALL_FOR, "all", language)))
    found = await _find_target(session, person, command.name, language, f"mute {{}} {_written(command.length)}".strip())
    if isinstance(found, ChatReply):
        return found
    if command.length is None:
        saying = CAMERA_FOR if found.camera_id else RULE_FOR
        return ChatReply(ASK_LENGTH.say(language, what=found.name), tuple(_offer(saying, found.words, language)))
    if not mutes.SHORTEST <= command.length <= mutes.LONGEST:
        return ChatReply(TOO_LONG.say(language))
    return await _store(services, session, person, found, command.length)


async def unmute(services: Services, session: AsyncSession, person: Recipient, command: Command) -> ChatReply:
    """End what `person` has muted for themselves: all of it, or something that is named."""
    language = language_of(services, person)
    is_all = command.name in ALL_WORDS
    target = await _find_target(session, person, command.name, language, "unmute {}")
    if isinstance(target, ChatReply):
        return target
    if not await mutes.end_mutes(session, person.id, *([] if is_all else target.rows())):
        return ChatReply(NOT_MUTED.say(language))
    _note(services, session, person, "unmute", target.words)
    return ChatReply(UNMUTED.say(language) if is_all else UNMUTED_ONE.say(language, what=target.name))


async def _ask_about(services: Services, session: AsyncSession, person: Recipient, alert_id: str) -> ChatReply:
    """The button Mute of an alert: its rule, its camera or everything."""
    language = language_of(services, person)
    try:
        alert = await alerts.get_alert(session, alert_id)
    except NotFound:
        return ChatReply(DELETED.say(language))
    told, choices = [ASK_MUTE.say(language)], list[Choice]()
    rules = {rule.id: rule.name for rule in await list_rules_of(session, person.id)}
    cameras = {camera.id: camera.name for camera in await list_told_cameras(session, person.id)}
    if alert.rule_id in rules:
        told.append(THIS_RULE.say(language, name=rules[alert.rule_id]))
        choices += _offer(RULE_FOR, alert.rule_id, language)
    if alert.rule_id is not None and alert.camera_id in cameras:
        told.append(THIS_CAMERA.say(language, name=cameras[alert.camera_id]))
        choices += _offer(CAMERA_FOR, alert.camera_id, language)
    return ChatReply("\n".join(told), (*choices, *_offer(ALL_FOR, "all", language)))


async def _find_target(
    session: AsyncSession, person: Recipient, name: str, language: Language, words: str
) -> _Target | ChatReply:
    """What is meant by a name, or the question what is; `words` hold a place for what is chosen."""
    if name in ALL_WORDS:
        return _Target(EVERYTHING.say(language))
    rules = {rule.id: rule.name for rule in await list_rules_of(session, person.id)}
    cameras = {camera.id: camera.name for camera in await list_told_cameras(session, person.id)}
    meant, near = find_meant(name, cameras | rules)
    if meant is None:
        return suggest(name, cameras | rules, near, language, words)
    if meant in cameras:
        return _Target(cameras[meant], camera_id=meant)
    return _Target(rules[meant], rule_id=meant)


def suggest(wanted: str, names: Mapping[str, str], near: Sequence[str], language: Language, words: str) -> ChatReply:
    """That nothing has this name, and what has one that is near."""
    unknown = NO_SUCH_NAME.say(language, name=wanted)
    if not near:
        return ChatReply(unknown)
    choices = tuple(Choice(names[key], words.format(key)) for key in near)
    return ChatReply(DID_YOU_MEAN.say(language, unknown=unknown), choices)


async def _store(
    services: Services, session: AsyncSession, person: Recipient, target: _Target, length: timedelta
) -> ChatReply:
    now, language = services.clock.now(), language_of(services, person)
    made = Mute(
        rule_id=target.rule_id,
        camera_id=target.camera_id,
        recipient_id=person.id,
        until=now + length,
        made_by=person.name,
        created_at=now,
    )
    await mutes.insert_mute(session, made, now=now)
    _note(services, session, person, "mute", made.id)
    zone = await find_zone(session, target.camera_id, default=services.time_zone)
    until = format_since(made.until, now, zone, language)
    return ChatReply(MUTED.say(language, what=target.name, until=until))


def _note(services: Services, session: AsyncSession, person: Recipient, what: str, subject: str) -> None:
    route = f"{person.channel} {what}"
    add_entry(
        session,
        AuditAction.CHANGED,
        PrincipalKind.CHANNEL,
        person.name,
        route,
        subject,
        now=services.clock.now(),
        principal_id=person.id,
    )


def _offer(saying: Saying, words: str, language: Language) -> list[Choice]:
    return [Choice(saying.say(language, length=shown), f"mute {words} {written}") for shown, written in LENGTHS.items()]


def _written(length: timedelta | None) -> str:
    return "" if length is None else f"{round(length.total_seconds() / 60)}min"
