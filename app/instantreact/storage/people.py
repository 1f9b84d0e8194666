"""What is kept of a person: somebody who is told, somebody who signs in, or a name that is left of either."""

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, and_, cast, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.domain.erasure import ErasedCounts, ErasedKind, Person
from instantreact.domain.principal import PrincipalKind
from instantreact.errors import Conflict, NotFound
from instantreact.storage.names import fold_name
from instantreact.storage.recipients import list_recipients_of
from instantreact.storage.rules import list_rules_naming
from instantreact.storage.spans import count_deliveries
from instantreact.storage.tables import (
    Alert,
    AuditEntry,
    Base,
    Delivery,
    IncomingMessage,
    Invitation,
    Mute,
    Recipient,
    User,
    UserSession,
)

_PEOPLE = (PrincipalKind.USER, PrincipalKind.LINK, PrincipalKind.CHANNEL)


async def find_recipient_person(session: AsyncSession, recipient_id: str) -> Person:
    """Raises NotFound."""
    row = await session.get(Recipient, recipient_id)
    if row is None:
        raise NotFound("recipient", recipient_id)
    names = {row.name, *await _list_names(session, recipient_id)}
    return Person(tuple(sorted(names)), recipient_id=row.id, channel=row.channel, address=row.address)


async def find_user_person(session: AsyncSession, user_id: str) -> Person:
    """Somebody who was removed is known by the audit log. Raises NotFound."""
    row = await session.get(User, user_id)
    names = {*([row.name] if row else []), *await _list_names(session, user_id)}
    if not names:
        raise NotFound("user", user_id)
    return Person(tuple(sorted(names)), user_id=user_id)


async def find_named_person(session: AsyncSession, name: str) -> Person:
    """Somebody of whom only the name is left. Raises Conflict while a user or recipient has it."""
    recipients, users = await list_called(session, name)
    if recipients or users:
        raise Conflict("There are people of this name: erase them by their ids, and what bears it goes with them.")
    return Person((name,))


async def list_called(session: AsyncSession, name: str) -> tuple[list[Recipient], list[User]]:
    """Everybody of this name, however it is written."""
    recipients = await session.scalars(select(Recipient).order_by(Recipient.created_at, Recipient.id))
    users = await session.scalars(select(User).where(User.folded == fold_name(name)))
    return [each for each in recipients if fold_name(each.name) == fold_name(name)], list(users)


def acts_of(person: Person) -> ColumnElement[bool]:
    """Whether an entry of the audit log is about something that they did."""
    if person.user_id is not None:
        return AuditEntry.principal_id == person.user_id
    named = AuditEntry.principal.in_(person.names)
    if person.recipient_id is None:
        return and_(AuditEntry.principal_kind.in_(_PEOPLE), named)
    unnumbered = and_(AuditEntry.principal_id.is_(None), named)
    by_them = or_(AuditEntry.principal_id == person.recipient_id, unnumbered)
    return and_(AuditEntry.principal_kind == PrincipalKind.CHANNEL, by_them)


def mentions_of(person: Person) -> ColumnElement[bool]:
    """Whether an entry of the audit log is about something that was done to them."""
    by_command = and_(AuditEntry.principal_kind == PrincipalKind.COMMAND, AuditEntry.route.like("users %"))
    named = and_(by_command, AuditEntry.subject.in_(person.names))
    known = person.recipient_id or person.user_id
    if person.recipient_id is not None:
        return AuditEntry.subject == known
    return named if known is None else or_(named, AuditEntry.subject == known)


def answers_of(person: Person) -> ColumnElement[bool]:
    """Whether an alert was answered by them: a recipient answers what they were told."""
    by_them = Alert.answered_by.in_(person.names)
    if person.recipient_id is None:
        return by_them
    told = exists().where(Delivery.alert_id == Alert.id, Delivery.recipient_id == person.recipient_id)
    return and_(by_them, told)


def invitations_of(person: Person) -> ColumnElement[bool]:
    """Whether an invitation was used by them, or bears their name and was used by nobody who is there."""
    named = and_(Invitation.recipient_id.is_(None), Invitation.name.in_(person.names))
    if person.user_id is not None:
        return Invitation.id.is_(None)
    return named if person.recipient_id is None else or_(named, Invitation.recipient_id == person.recipient_id)


def mutes_of(person: Person) -> ColumnElement[bool]:
    """Whether a mute keeps alerts from them, or was made by them."""
    made = Mute.made_by.in_(person.names)
    return made if person.recipient_id is None else or_(Mute.recipient_id == person.recipient_id, made)


async def list_messages_of(session: AsyncSession, person: Person) -> list[IncomingMessage]:
    """What a channel brought about them, oldest first."""
    if person.address is None:
        return []
    sought = person.address.removeprefix("@").lower()
    body = func.lower(cast(IncomingMessage.body, Text))
    near = select(IncomingMessage).where(
        IncomingMessage.channel == person.channel, body.contains(sought, autoescape=True)
    )
    found = await session.scalars(near.order_by(IncomingMessage.received_at, IncomingMessage.id))
    return [message for message in found if _holds(message.body, sought)]


async def count_person(session: AsyncSession, person: Person) -> ErasedCounts:
    """How much is kept of somebody."""
    entries = await _count(session, AuditEntry, or_(acts_of(person), mentions_of(person)))
    counts = Counter({ErasedKind.ENTRIES: entries, ErasedKind.MESSAGES: len(await list_messages_of(session, person))})
    counts[ErasedKind.ANSWERS] = await _count(session, Alert, answers_of(person))
    counts[ErasedKind.INVITATIONS] = await _count(session, Invitation, invitations_of(person))
    if person.recipient_id is not None:
        counts[ErasedKind.RECIPIENTS] = 1
        counts[ErasedKind.RULES] = len(await list_rules_naming(session, person.recipient_id))
        counts += await count_deliveries(session, Delivery.recipient_id == person.recipient_id)
    if person.user_id is not None:
        counts[ErasedKind.USERS] = await _count(session, User, User.id == person.user_id)
        counts[ErasedKind.SESSIONS] = await _count(session, UserSession, UserSession.user_id == person.user_id)
        counts[ErasedKind.RECIPIENTS] = len(await list_recipients_of(session, person.user_id, ChannelKind.WEBPUSH))
    return +counts


async def _list_names(session: AsyncSession, principal_id: str) -> Sequence[str]:
    """By which names somebody has been known to the audit log."""
    known = select(AuditEntry.principal).where(AuditEntry.principal_id == principal_id).distinct()
    return (await session.scalars(known)).all()


async def _count(session: AsyncSession, table: type[Base], which: ColumnElement[bool]) -> int:
    return await session.scalar(select(func.count()).select_from(table).where(which)) or 0


def _holds(value: object, sought: str) -> bool:
    """Whether an id or a user's name stands somewhere in what a channel brought."""
    if isinstance(value, dict):
        return any(_holds(each, sought) for each in value.values())
    if isinstance(value, list):
        return any(_holds(each, sought) for each in value)
    return not isinstance(value, bool) and isinstance(value, str | int) and str(value).lower() == sought
