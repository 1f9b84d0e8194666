"""API keys, kept as hashes. The keys are long and random, so a plain SHA-256 does not help a thief."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.principal import Confinement, Principal, PrincipalKind, Scope
from instantreact.errors import InvalidInput, NotFound
from instantreact.storage.database import announce
from instantreact.storage.inserting import flush_or_conflict, insert_unless_there
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import ApiKey, Camera, Site

KEYS_CHANGED = "keys"
"""The topic that is announced when a key was made, rotated or revoked."""


@dataclass(frozen=True)
class KeyLimits:
    """What a new key is good for; neither sites nor cameras: for everything."""

    scopes: tuple[Scope, ...] = tuple(Scope)
    site_ids: tuple[str, ...] | None = None
    camera_ids: tuple[str, ...] | None = None
    expires_at: datetime | None = None


def make_key() -> str:
    """A fresh key of 256 random bits; what it begins with tells tools that look for leaked secrets what it is."""
    return f"ir_{secrets.token_urlsafe(32)}"


def hash_key(key: str) -> str:
    """As it is stored and looked for."""
    return hashlib.sha256(key.encode()).hexdigest()


async def insert_key(session: AsyncSession, *, name: str, key: str, now: datetime) -> bool:
    """A key of this name that may do everything, unless there is one; whether it was taken."""
    row = ApiKey(name=name, sha256=hash_key(key), scopes=tuple(Scope), created_at=now)
    announce(session, KEYS_CHANGED)
    return await insert_unless_there(session, row)


async def create_key(session: AsyncSession, name: str, limits: KeyLimits, *, now: datetime) -> tuple[ApiKey, str]:
    """A new key's row and the key itself, which nobody can show again.

    Raises Conflict when the name is taken, InvalidInput for what could never be used.
    """
    if limits.expires_at is not None and limits.expires_at <= now:
        raise InvalidInput("It would have expired already.")
    await _check_places(session, limits)
    key = make_key()
    row = ApiKey(
        name=name,
        sha256=hash_key(key),
        scopes=tuple(scope for scope in Scope if scope in limits.scopes),
        site_ids=None if limits.site_ids is None else list(limits.site_ids),
        camera_ids=None if limits.camera_ids is None else list(limits.camera_ids),
        expires_at=limits.expires_at,
        created_at=now,
    )
    session.add(row)
    await flush_or_conflict(session, f"There is already a key called {name}: rotate or revoke that one.")
    announce(session, KEYS_CHANGED)
    return row, key


async def rotate_key(session: AsyncSession, key_id: str, *, overlap: timedelta, now: datetime) -> tuple[ApiKey, str]:
    """The row, and the key that takes its place; the one before counts for `overlap` longer, any older one no more.

    Raises NotFound.
    """
    row = await get_key(session, key_id)
    key = make_key()
    row.old_sha256, row.old_until = row.sha256, now + overlap
    row.sha256 = hash_key(key)
    await session.flush()
    announce(session, KEYS_CHANGED)
    return row, key


async def revoke_key(session: AsyncSession, key_id: str) -> ApiKey:
    """From now on it is nobody's. Raises NotFound."""
    row = await get_key(session, key_id)
    await session.delete(row)
    await session.flush()
    announce(session, KEYS_CHANGED)
    return row


async def get_key(session: AsyncSession, key_id: str) -> ApiKey:
    """Raises NotFound."""
    row = await session.get(ApiKey, key_id)
    if row is None:
        raise NotFound("key", key_id)
    return row


async def get_key_called(session: AsyncSession, name: str) -> ApiKey:
    """Raises NotFound."""
    row = (await session.scalars(select(ApiKey).where(ApiKey.name == name))).one_or_none()
    if row is None:
        raise NotFound("key called", name)
    return row


async def list_keys(session: AsyncSession) -> list[ApiKey]:
    """All of them, by name."""
    return list(await session.scalars(select(ApiKey).order_by(ApiKey.name)))


async def list_key_page(session: AsyncSession, *, after: Cursor | None = None, limit: int = PAGE_SIZE) -> list[ApiKey]:
    """Newest first."""
    page = newest_first(select(ApiKey), ApiKey.created_at, ApiKey.id, after=after, limit=limit)
    return list(await session.scalars(page))


async def mark_used(session: AsyncSession, key_id: str, *, now: datetime) -> None:
    """When it was last good for something; nothing happens where it was revoked meanwhile."""
    await session.execute(update(ApiKey).where(ApiKey.id == key_id).values(last_used_at=now))


def principal_of(row: ApiKey) -> Principal:
    """For whom the key vouches."""
    is_confined = row.site_ids is not None or row.camera_ids is not None
    confinement = Confinement(frozenset(row.site_ids or ()), frozenset(row.camera_ids or ())) if is_confined else None
    return Principal(PrincipalKind.KEY, row.name, frozenset(row.scopes), row.id, confinement)


async def _check_places(session: AsyncSession, limits: KeyLimits) -> None:
    for kind, table, wanted in (("site", Site, limits.site_ids), ("camera", Camera, limits.camera_ids)):
        there = await session.scalars(select(table.id).where(table.id.in_(wanted or ())))
        missing = set(wanted or ()) - set(there)
        if missing:
            raise InvalidInput(f"There is no {kind} {', '.join(sorted(missing))}.")
