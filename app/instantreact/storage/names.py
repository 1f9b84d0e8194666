"""What people call sites, cameras and each other, and what we call them."""

import unicodedata
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.errors import InvalidInput
from instantreact.storage.tables import Camera, Site


async def find_ids(session: AsyncSession, table: type[Site | Camera], names: Sequence[str]) -> tuple[str, ...]:
    """The ids of what has these names. Raises InvalidInput for a name that nothing has."""
    rows = await session.execute(select(table.name, table.id).where(table.name.in_(names)))
    found: dict[str, str] = dict(iter(rows))
    missing = [name for name in names if name not in found]
    if missing:
        raise InvalidInput(f"There is no {table.__name__.lower()} called {', '.join(missing)}.")
    return tuple(found[name] for name in names)


async def list_names(session: AsyncSession, table: type[Site | Camera], ids: Sequence[str]) -> list[str]:
    """What these are called; those that were deleted are left out."""
    return list(await session.scalars(select(table.name).where(table.id.in_(ids)).order_by(table.name)))


def fold_name(name: str) -> str:
    """What two names have in common that people take for the same."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()
