"""Which bundles the processes that look at footage have loaded: each says so as long as it lives."""

from datetime import datetime, timedelta

from pydantic import TypeAdapter
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.capabilities import Capabilities, LoadedBundle
from instantreact.storage.inserting import insert_into
from instantreact.storage.tables import ToldBundles

_BUNDLES = TypeAdapter(tuple[LoadedBundle, ...])


async def tell_bundles(session: AsyncSession, owner: str, can: Capabilities, *, now: datetime, lease_s: float) -> None:
    """The process `owner` looks with these bundles, for at least `lease_s` from now on."""
    values = {
        "bundles": _BUNDLES.dump_python(can.bundles, mode="json"),
        "lease_until": now + timedelta(seconds=lease_s),
    }
    statement = insert_into(session, ToldBundles).values(owner=owner, **values)
    await session.execute(statement.on_conflict_do_update(index_elements=["owner"], set_=values))


async def find_told(session: AsyncSession, *, now: datetime) -> Capabilities:
    """Every bundle with which a living process looks, once."""
    told = await session.scalars(
        select(ToldBundles.bundles).where(ToldBundles.lease_until > now).order_by(ToldBundles.owner)
    )
    found: list[LoadedBundle] = []
    for bundles in told:
        found += [bundle for bundle in _BUNDLES.validate_python(bundles) if bundle not in found]
    return Capabilities(tuple(found))


async def withdraw_bundles(session: AsyncSession, owner: str) -> None:
    """The process looks at nothing any more."""
    await session.execute(delete(ToldBundles).where(ToldBundles.owner == owner))
