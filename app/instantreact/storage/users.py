"""Users, and what ends with a change of theirs: every session."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import ChannelKind
from instantreact.domain.principal import Confinement, Principal, PrincipalKind
from instantreact.domain.user import SCOPES, Role
from instantreact.errors import Conflict, InvalidInput, NotFound
from instantreact.storage.database import announce
from instantreact.storage.inserting import flush_or_conflict
from instantreact.storage.names import fold_name
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.recipients import list_recipients_of, part_with
from instantreact.storage.tables import Site, User
from instantreact.storage.user_sessions import SESSIONS_CHANGED, end_sessions_of


@dataclass(frozen=True)
class UserChanges:
    """What people decide about a user; the password is hashed already, None: as it is."""

    name: str
    role: Role
    site_ids: tuple[str, ...] | None = None
    password: str | None = None


async def create_user(
    session: AsyncSession, changes: UserChanges, *, now: datetime, oidc_subject: str | None = None
) -> User:
    """Raises Conflict when the name is taken, InvalidInput for a site that is not there."""
    await _check_sites(session, changes.site_ids)
    row = User(
        name=changes.name,
        folded=fold_name(changes.name),
        role=changes.role,
        site_ids=_to_list(changes.site_ids),
        password=changes.password,
        oidc_subject=oidc_subject,
        created_at=now,
    )
    session.add(row)
    await flush_or_conflict(session, f"There is already a user called {changes.name}.")
    announce(session, SESSIONS_CHANGED)
    return row


async def replace_user(session: AsyncSession, user_id: str, changes: UserChanges, *, but: str | None = None) -> User:
    """All of it; a new password, role or confinement ends every session of theirs `but` one.

    Raises NotFound, and Conflict where nobody would be left to administer the service.
    """
    administrators = await _lock_administrators(session)
    row = await lock_user(session, user_id)
    sites = _to_list(changes.site_ids)
    if sites != row.site_ids:
        await _check_sites(session, changes.site_ids)
    if changes.role is not Role.ADMINISTRATOR or sites is not None:
        _refuse_last(administrators, row)
    is_other = (changes.role, sites) != (row.role, row.site_ids) or changes.password is not None
    row.name, row.folded, row.role, row.site_ids = changes.name, fold_name(changes.name), changes.role, sites
    row.password = changes.password or row.password
    await flush_or_conflict(session, f"There is already a user called {changes.name}.")
    if is_other:
        await end_sessions_of(session, row.id, but=but)
    announce(session, SESSIONS_CHANGED)
    return row


async def come_from_elsewhere(session: AsyncSession, subject: str, name: str, role: Role, *, now: datetime) -> User:
    """Who an OpenID provider says is there, with the role that they have by now.

    Raises Conflict where a user of another origin has the name: they are not taken for the same.
    """
    row = (await session.scalars(select(User).where(User.oidc_subject == subject))).one_or_none()
    if row is None:
        return await create_user(session, UserChanges(name, role), now=now, oidc_subject=subject)
    sites = None if row.site_ids is None else tuple(row.site_ids)
    return await replace_user(session, row.id, UserChanges(row.name, role, sites))


async def set_password(session: AsyncSession, user_id: str, hashed: str, *, but: str | None = None) -> User:
    """Ends every session of theirs `but` one. Raises NotFound."""
    row = await lock_user(session, user_id)
    row.password = hashed
    await session.flush()
    await end_sessions_of(session, row.id, but=but)
    return row


async def remove_user(session: AsyncSession, user_id: str) -> User:
    """With their sessions and the browsers in which they are told.

    Raises NotFound, and Conflict where nobody would be left to administer the service.
    """
    administrators = await _lock_administrators(session)
    row = await lock_user(session, user_id)
    _refuse_last(administrators, row)
    for told in await list_recipients_of(session, row.id, ChannelKind.WEBPUSH):
        await part_with(session, told, name="Browser of nobody", reason="Who signed in there is no user any more.")
    await end_sessions_of(session, row.id)
    await session.delete(row)
    await session.flush()
    return row


async def get_user(session: AsyncSession, user_id: str) -> User:
    """Raises NotFound."""
    row = await session.get(User, user_id)
    if row is None:
        raise NotFound("user", user_id)
    return row


async def find_locked_user(session: AsyncSession, user_id: str) -> User | None:
    """As `lock_user`, but None where they are gone."""
    query = select(User).where(User.id == user_id).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one_or_none()


async def lock_user(session: AsyncSession, user_id: str) -> User:
    """As they are now, and stay until the end of the transaction. Raises NotFound."""
    row = await find_locked_user(session, user_id)
    if row is None:
        raise NotFound("user", user_id)
    return row


async def get_user_called(session: AsyncSession, name: str) -> User:
    """Raises NotFound."""
    row = await find_user_called(session, name)
    if row is None:
        raise NotFound("user called", name)
    return row


async def find_user_called(session: AsyncSession, name: str) -> User | None:
    """However it is written."""
    return (await session.scalars(select(User).where(User.folded == fold_name(name)))).one_or_none()


async def list_users(session: AsyncSession) -> list[User]:
    """All of them, by name."""
    return list(await session.scalars(select(User).order_by(User.folded)))


async def list_user_page(session: AsyncSession, *, after: Cursor | None = None, limit: int = PAGE_SIZE) -> list[User]:
    """Newest first."""
    page = newest_first(select(User), User.created_at, User.id, after=after, limit=limit)
    return list(await session.scalars(page))


async def mark_signed_in(session: AsyncSession, user_id: str, *, now: datetime) -> None:
    """When they last came in."""
    await session.execute(update(User).where(User.id == user_id).values(signed_in_at=now))


async def has_administrator(session: AsyncSession) -> bool:
    """Whether anybody administers all of the service."""
    rows = await session.scalars(select(User).where(User.role == Role.ADMINISTRATOR))
    return any(row.site_ids is None for row in rows)


def principal_of(row: User) -> Principal:
    """Who they are to every route."""
    confinement = None if row.site_ids is None else Confinement(frozenset(row.site_ids))
    return Principal(PrincipalKind.USER, row.name, SCOPES[row.role], row.id, confinement)


async def _lock_administrators(session: AsyncSession) -> Sequence[User]:
    """Of two that demote each other, one waits and then sees what the other did."""
    query = select(User).where(User.role == Role.ADMINISTRATOR).order_by(User.id).with_for_update()
    rows = await session.scalars(query.execution_options(populate_existing=True))
    return [row for row in rows if row.site_ids is None]


def _refuse_last(administrators: Sequence[User], row: User) -> None:
    if [each.id for each in administrators] == [row.id]:
        raise Conflict(f"{row.name} is the last administrator of the whole service: make somebody else one first.")


async def _check_sites(session: AsyncSession, site_ids: tuple[str, ...] | None) -> None:
    there = await session.scalars(select(Site.id).where(Site.id.in_(site_ids or ())))
    missing = set(site_ids or ()) - set(there)
    if missing:
        raise InvalidInput(f"There is no site {', '.join(sorted(missing))}.")


def _to_list(site_ids: tuple[str, ...] | None) -> list[str] | None:
    return None if site_ids is None else list(site_ids)
