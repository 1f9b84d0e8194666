"""Takes away what is kept of a person, some rows a transaction. Where others need to know that somebody did something,
a pseudonym stands for who it was.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from instantreact.domain.alert import ChannelKind
from instantreact.domain.erasure import ErasedKind, ErasureKind, Person
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.principal import PrincipalKind
from instantreact.errors import Conflict
from instantreact.storage.erasing_spans import Taken
from instantreact.storage.erasures import add_counts, insert_person
from instantreact.storage.guesses import forget_guesses
from instantreact.storage.people import (
    acts_of,
    answers_of,
    find_named_person,
    invitations_of,
    list_messages_of,
    mentions_of,
    mutes_of,
)
from instantreact.storage.recipients import leave_without_fallback, list_recipients_of, lock_recipient
from instantreact.storage.rules import list_rules_naming
from instantreact.storage.spans import count_deliveries
from instantreact.storage.tables import (
    Alert,
    AuditEntry,
    Delivery,
    Erasure,
    IncomingMessage,
    Invitation,
    Job,
    Mute,
    Recipient,
    Rule,
    User,
    UserSession,
)
from instantreact.storage.users import remove_user

_UNSEEN = {"synchronize_session": False}

FindRows = Callable[[AsyncSession, Person, str], Awaitable[Sequence[str]]]
"""The ids of what is left of a person whose pseudonym is the last; to be asked where nobody waits to write."""

TakeRows = Callable[[AsyncSession, Sequence[str], str], Awaitable[Taken]]
"""Takes away what has these ids, or puts the pseudonym there."""


async def begin_recipient(session: AsyncSession, person: Person, *, now: datetime) -> Erasure:
    """They are told of nothing any more, and no rule names them.

    Raises NotFound, and Conflict where a rule would tell nobody without them.
    """
    row = await lock_recipient(session, person.recipient_id or "")
    rules = await _take_out_of_rules(session, row.id)
    erasure = await insert_person(session, ErasureKind.RECIPIENT, person, now=now)
    row.name, row.address = erasure.pseudonym or "", f"erased-{row.id}"
    row.enabled, row.opted_out_at, row.opted_in_at = False, now, None
    await leave_without_fallback(session, row.id)
    row.window_open_until = row.unreachable_reason = None
    await session.flush()
    await add_counts(session, erasure, {ErasedKind.RULES: rules})
    return erasure


async def begin_user(session: AsyncSession, person: Person, *, now: datetime) -> Erasure:
    """They are signed in nowhere any more, cannot sign in, and are told in no browser.

    One who was removed is known by the audit log alone.

    Raises Conflict where nobody would be left to administer the service.
    """
    counts: Counter[ErasedKind] = Counter()
    if await session.get(User, person.user_id) is not None:
        sessions = await session.scalars(select(UserSession.id).where(UserSession.user_id == person.user_id))
        told = await list_recipients_of(session, person.user_id or "", ChannelKind.WEBPUSH)
        counts = Counter({ErasedKind.USERS: 1, ErasedKind.SESSIONS: len(sessions.all())})
        counts[ErasedKind.RECIPIENTS] = len(told)
        await remove_user(session, person.user_id or "")
    for name in person.names:
        await forget_guesses(session, name)
    erasure = await insert_person(session, ErasureKind.USER, person, now=now)
    await add_counts(session, erasure, counts)
    return erasure


async def begin_name(session: AsyncSession, person: Person, *, now: datetime) -> Erasure:
    """Raises Conflict where a user or recipient has the name by now."""
    await find_named_person(session, person.names[0])
    return await insert_person(session, ErasureKind.NAME, person, now=now)


async def find_answers(session: AsyncSession, person: Person, _pseudonym: str) -> Sequence[str]:
    """Alerts that bear their name."""
    return (await session.scalars(select(Alert.id).where(answers_of(person)))).all()


async def take_answers(session: AsyncSession, ids: Sequence[str], pseudonym: str) -> Taken:
    """Alerts stay answered."""
    named = update(Alert).where(Alert.id.in_(ids), Alert.answered_by != pseudonym).values(answered_by=pseudonym)
    return _taken(ErasedKind.ANSWERS, await _list_changed(session, named.returning(Alert.id)))


async def find_acts(session: AsyncSession, person: Person, pseudonym: str) -> Sequence[str]:
    """What the audit log knows that they did."""
    did = select(AuditEntry.id).where(acts_of(person), AuditEntry.principal != pseudonym)
    return (await session.scalars(did)).all()


async def take_acts(session: AsyncSession, ids: Sequence[str], pseudonym: str) -> Taken:
    """What they did stays; who did it, and from where, does not."""
    hidden = update(AuditEntry).where(AuditEntry.id.in_(ids), AuditEntry.principal != pseudonym)
    hidden = hidden.values(principal=pseudonym, principal_id=None, source=None)
    return _taken(ErasedKind.ENTRIES, await _list_changed(session, hidden.returning(AuditEntry.id)))


async def find_mentions(session: AsyncSession, person: Person, _pseudonym: str) -> Sequence[str]:
    """What the audit log knows that was done to them."""
    return (await session.scalars(select(AuditEntry.id).where(mentions_of(person)))).all()


async def take_mentions(session: AsyncSession, ids: Sequence[str], pseudonym: str) -> Taken:
    """What others did stays as well; where strangers tried to be them, from where that was does not."""
    about = update(AuditEntry).where(AuditEntry.id.in_(ids), AuditEntry.subject != pseudonym).returning(AuditEntry.id)
    is_stranger = AuditEntry.principal_kind == PrincipalKind.ANYBODY
    changed = await _list_changed(session, about.where(is_stranger).values(subject=pseudonym, source=None))
    changed += await _list_changed(session, about.where(~is_stranger).values(subject=pseudonym))
    return _taken(ErasedKind.ENTRIES, changed)


async def find_messages(session: AsyncSession, person: Person, _pseudonym: str) -> Sequence[str]:
    """What they wrote, and what their channel told of them; handled or not."""
    return [message.id for message in await list_messages_of(session, person)]


async def take_messages(session: AsyncSession, ids: Sequence[str], _pseudonym: str) -> Taken:
    """With the jobs that would handle them."""
    await session.execute(delete(Job).where(Job.subject.in_(ids)).execution_options(**_UNSEEN))
    gone = delete(IncomingMessage).where(IncomingMessage.id.in_(ids)).returning(IncomingMessage.id)
    return _taken(ErasedKind.MESSAGES, await _list_changed(session, gone))


async def find_mutes(session: AsyncSession, person: Person, pseudonym: str) -> Sequence[str]:
    """What was muted for them or by them."""
    named = select(Mute.id).where(mutes_of(person), Mute.made_by.in_(person.names), Mute.made_by != pseudonym)
    return (await session.scalars(named)).all()


async def take_mutes(session: AsyncSession, ids: Sequence[str], pseudonym: str) -> Taken:
    """What is quiet for everybody stays so; those of a recipient go with them."""
    named = update(Mute).where(Mute.id.in_(ids), Mute.made_by != pseudonym).values(made_by=pseudonym)
    return Taken(len(await _list_changed(session, named.returning(Mute.id))), {})


async def find_invitations(session: AsyncSession, person: Person, _pseudonym: str) -> Sequence[str]:
    """Theirs, and those that bear the name of somebody who is gone."""
    return (await session.scalars(select(Invitation.id).where(invitations_of(person)))).all()


async def take_invitations(session: AsyncSession, ids: Sequence[str], _pseudonym: str) -> Taken:
    """They open nothing any more."""
    gone = delete(Invitation).where(Invitation.id.in_(ids)).returning(Invitation.id)
    return _taken(ErasedKind.INVITATIONS, await _list_changed(session, gone))


async def find_deliveries(session: AsyncSession, person: Person, _pseudonym: str) -> Sequence[str]:
    """What they were sent, or were about to be."""
    theirs = select(Delivery.id).where(Delivery.recipient_id == person.recipient_id)
    return (await session.scalars(theirs)).all() if person.recipient_id else []


async def take_deliveries(session: AsyncSession, ids: Sequence[str], _pseudonym: str) -> Taken:
    """With the jobs that would send them."""
    counts = await count_deliveries(session, Delivery.id.in_(ids))
    await session.execute(delete(Job).where(Job.subject.in_(ids)).execution_options(**_UNSEEN))
    await session.execute(delete(Delivery).where(Delivery.id.in_(ids)).execution_options(**_UNSEEN))
    return Taken(counts[ErasedKind.DELIVERIES], counts)


async def find_recipients(session: AsyncSession, person: Person, _pseudonym: str) -> Sequence[str]:
    """The recipient themselves."""
    there = select(Recipient.id).where(Recipient.id == person.recipient_id)
    return (await session.scalars(there)).all() if person.recipient_id else []


async def take_recipients(session: AsyncSession, ids: Sequence[str], _pseudonym: str) -> Taken:
    """At last, with what was written to them alone."""
    news = [Alert.system_key.like(f"{kind}:{each}:%") for kind in ("reminder", "report") for each in ids]
    await session.execute(delete(Alert).where(or_(*news)).execution_options(**_UNSEEN))
    gone = delete(Recipient).where(Recipient.id.in_(ids)).returning(Recipient.id)
    return _taken(ErasedKind.RECIPIENTS, await _list_changed(session, gone))


PERSON_STEPS: Sequence[tuple[FindRows, TakeRows]] = (
    (find_answers, take_answers),  # while it is known what they were told
    (find_acts, take_acts),
    (find_mentions, take_mentions),
    (find_messages, take_messages),
    (find_invitations, take_invitations),
    (find_mutes, take_mutes),
    (find_deliveries, take_deliveries),
    (find_recipients, take_recipients),
)


def _taken(kind: ErasedKind, ids: Sequence[str]) -> Taken:
    return Taken(len(ids), {kind: len(ids)})


async def _list_changed(session: AsyncSession, statement: ReturningUpdate[str] | ReturningDelete[str]) -> list[str]:
    return list(await session.scalars(statement.execution_options(**_UNSEEN)))


async def _take_out_of_rules(session: AsyncSession, recipient_id: str) -> int:
    rules = await list_rules_naming(session, recipient_id)
    for rule in rules:
        if rule.recipient_ids and recipient_id in rule.recipient_ids:
            others = [each for each in rule.recipient_ids if each != recipient_id]
            if not others:
                raise Conflict(f"The rule {rule.name} would tell nobody without them: change or delete it first.")
            rule.recipient_ids = others
        rule.escalation = tuple(_take_out_of_step(rule, step, recipient_id) for step in rule.escalation)
    await session.flush()
    return len(rules)


def _take_out_of_step(rule: Rule, step: EscalationStep, recipient_id: str) -> EscalationStep:
    others = tuple(each for each in step.recipient_ids if each != recipient_id)
    if not others:
        raise Conflict(f"The rule {rule.name} would tell nobody in a step without them: change or delete it first.")
    return replace(step, recipient_ids=others)
