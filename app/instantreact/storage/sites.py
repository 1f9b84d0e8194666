"""Sites: the places that cameras belong to, each with its time zone."""

from datetime import datetime
from typing import TypedDict
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.site import zone_called
from instantreact.errors import Conflict, NotAllowed, NotFound
from instantreact.storage.inserting import flush_or_conflict, insert_unless_there
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import Camera, Site


class SiteChanges(TypedDict):
    """What people say about a site; without a time zone it has the service's."""

    name: str
    time_zone: str | None


async def insert_site(session: AsyncSession, changes: SiteChanges, *, now: datetime) -> Site:
    """Raises Conflict when the name is taken."""
    site = Site(**changes, created_at=now)
    session.add(site)
    await flush_or_conflict(session, f"There is already a site called {site.name}.")
    return site


async def replace_site(session: AsyncSession, site_id: str, changes: SiteChanges) -> Site:
    """Its cameras follow it. Raises NotFound, and Conflict when the name is taken."""
    site = await get_site(session, site_id)
    site.name, site.time_zone = changes["name"], changes["time_zone"]
    await flush_or_conflict(session, f"There is already a site called {site.name}.")
    return site


async def find_or_insert_site(session: AsyncSession, name: str, *, now: datetime) -> Site:
    """The site of this name, made when there is none yet. Raises NotAllowed for one that the session may not see."""
    await insert_unless_there(session, Site(name=name, created_at=now))
    site = (await session.scalars(select(Site).where(Site.name == name))).one_or_none()
    if site is None:
        raise NotAllowed(f"The site {name} is none of those that you are confined to.")
    return site


async def get_site(session: AsyncSession, site_id: str) -> Site:
    """Raises NotFound."""
    site = await session.get(Site, site_id)
    if site is None:
        raise NotFound("site", site_id)
    return site


async def list_sites(session: AsyncSession, *, after: Cursor | None = None, limit: int = PAGE_SIZE) -> list[Site]:
    """Newest first."""
    return list(await session.scalars(newest_first(select(Site), Site.created_at, Site.id, after=after, limit=limit)))


async def delete_site(session: AsyncSession, site_id: str) -> None:
    """Raises NotFound, and Conflict while a camera belongs to it."""
    site = await get_site(session, site_id)
    names = list(await session.scalars(select(Camera.name).where(Camera.site_id == site_id).order_by(Camera.name)))
    if names:
        raise Conflict(f"The cameras {', '.join(names)} belong to it: change or delete them first.")
    await session.delete(site)
    await session.flush()


async def find_zone(session: AsyncSession, camera_id: str | None, *, default: ZoneInfo) -> ZoneInfo:
    """The time zone of the site of this camera; `default` where it has none, or there is no camera."""
    if camera_id is None:
        return default
    statement = select(Site.time_zone).join(Camera, Camera.site_id == Site.id).where(Camera.id == camera_id)
    return zone_called(await session.scalar(statement), default)
