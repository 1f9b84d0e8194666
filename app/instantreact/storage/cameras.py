"""Cameras. Their addresses and logins are secret: encrypted here on the way in, opened only by `open_settings`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.addresses import NO_LOGIN, Login
from instantreact.domain.camera import Mask, SpeechMode, Zone
from instantreact.errors import NotFound
from instantreact.storage.database import announce
from instantreact.storage.erasures import refuse_while_erasing
from instantreact.storage.inserting import flush_or_conflict
from instantreact.storage.minutes import begin_pause, end_pause
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.rules import find_told_cameras, refuse_lost_zones, refuse_while_named
from instantreact.storage.secrets import SecretBox
from instantreact.storage.sites import find_or_insert_site
from instantreact.storage.tables import Camera, Rule

CAMERAS_CHANGED = "cameras"
"""The topic that is announced when a camera was added, changed or deleted."""


@dataclass(frozen=True)
class CameraSettings:
    """What people say about a camera; `source`, its address without the login, in clear, hence not in the `repr`."""

    name: str
    source: str
    login: Login = NO_LOGIN
    site: str = ""
    enabled: bool = True
    speech: SpeechMode | None = None
    sensitivity: float = 0.5
    zones: tuple[Zone, ...] = ()
    masks: tuple[Mask, ...] = ()

    def __repr__(self) -> str:
        return f"CameraSettings(name={self.name!r})"


async def insert_camera(session: AsyncSession, box: SecretBox, settings: CameraSettings, *, now: datetime) -> Camera:
    """A new camera, and its site where there is none of that name yet. Raises Conflict when the name is taken."""
    camera = Camera(created_at=now)
    await _apply(session, camera, box, settings, now=now)
    session.add(camera)
    await flush_or_conflict(session, f"There is already a camera called {settings.name}.")
    await _note_pause(session, camera, was_enabled=True, now=now)
    announce(session, CAMERAS_CHANGED)
    return camera


async def replace_camera(
    session: AsyncSession, box: SecretBox, camera_id: str, settings: CameraSettings, *, now: datetime
) -> Camera:
    """The camera with new settings.

    Raises NotFound, and Conflict when the name is taken or a rule asks about a zone that is gone.
    """
    camera = await get_camera(session, camera_id)
    zones, was_enabled = {zone.name for zone in camera.zones}, camera.enabled
    await _apply(session, camera, box, settings, now=now)
    await flush_or_conflict(session, f"There is already a camera called {settings.name}.")
    await _note_pause(session, camera, was_enabled=was_enabled, now=now)
    await refuse_lost_zones(session, zones - {zone.name for zone in settings.zones})
    announce(session, CAMERAS_CHANGED)
    return camera


async def get_camera(session: AsyncSession, camera_id: str) -> Camera:
    """Raises NotFound."""
    camera = await session.get(Camera, camera_id)
    if camera is None:
        raise NotFound("camera", camera_id)
    return camera


async def find_visible(session: AsyncSession, camera_ids: Collection[str]) -> frozenset[str]:
    """Those of them that are there, for this session."""
    return frozenset(await session.scalars(select(Camera.id).where(Camera.id.in_(camera_ids))))


async def list_cameras(
    session: AsyncSession, *, enabled: bool | None = None, after: Cursor | None = None, limit: int = PAGE_SIZE
) -> list[Camera]:
    """Newest first; only the (not) enabled ones if asked."""
    statement = newest_first(select(Camera), Camera.created_at, Camera.id, after=after, limit=limit)
    if enabled is not None:
        statement = statement.where(Camera.enabled == enabled)
    return list(await session.scalars(statement))


async def order_cameras(session: AsyncSession, camera_ids: Sequence[str]) -> None:
    """On walls these stand first, in this order, and all others behind them. Raises NotFound."""
    cameras = {camera.id: camera for camera in await session.scalars(select(Camera))}
    for camera_id in camera_ids:
        if camera_id not in cameras:
            raise NotFound("camera", camera_id)
    places = {camera_id: place for place, camera_id in enumerate(camera_ids, 1)}
    for camera in cameras.values():
        camera.position = places.get(camera.id)
    await session.flush()


async def list_all_cameras(session: AsyncSession) -> Sequence[Camera]:
    """Every camera, by its name."""
    return list(await session.scalars(select(Camera).order_by(Camera.name)))


async def list_told_cameras(session: AsyncSession, recipient_id: str) -> Sequence[Camera]:
    """Those that rules tell somebody of (`find_told_cameras`), by name."""
    told = await find_told_cameras(session, recipient_id)
    return [camera for camera in await list_all_cameras(session) if told is None or camera.id in told]


async def delete_camera(session: AsyncSession, camera_id: str) -> None:
    """Its clips, events and alerts stay, without a camera.

    Raises NotFound, and Conflict while a rule names it, or a zone that no other camera of the rule has, or while a span
    of it is being erased.
    """
    camera = await get_camera(session, camera_id)
    await refuse_while_erasing(session, camera_id)
    await refuse_while_named(session, Rule.camera_ids, camera_id)
    await session.delete(camera)
    await session.flush()
    await refuse_lost_zones(session, {zone.name for zone in camera.zones})
    announce(session, CAMERAS_CHANGED)


async def set_adapts(session: AsyncSession, camera_id: str, *, adapts: bool) -> Camera:
    """Whether what people answer to its alerts changes what its scores are read as. Raises NotFound."""
    camera = await get_camera(session, camera_id)
    camera.adapts = adapts
    await session.flush()
    return camera


async def reseal_cameras(session: AsyncSession, box: SecretBox) -> None:
    """Encrypt every address and login with the newest key, so that the older ones may be dropped."""
    for camera in await list_all_cameras(session):
        _seal(camera, box, open_settings(camera, box))


def open_settings(camera: Camera, box: SecretBox) -> CameraSettings:
    """The camera's settings with address and login in clear."""
    return CameraSettings(
        name=camera.name,
        source=box.open(camera.source),
        login=Login(*(None if part is None else box.open(part) for part in (camera.username, camera.password))),
        site=camera.site.name if camera.site else "",
        enabled=camera.enabled,
        speech=camera.speech,
        sensitivity=camera.sensitivity,
        zones=camera.zones,
        masks=camera.masks,
    )


async def _apply(
    session: AsyncSession, camera: Camera, box: SecretBox, settings: CameraSettings, *, now: datetime
) -> None:
    site = await find_or_insert_site(session, settings.site, now=now) if settings.site else None
    camera.name = settings.name
    _seal(camera, box, settings)
    camera.site = site
    camera.enabled = settings.enabled
    camera.speech = settings.speech
    camera.sensitivity = settings.sensitivity
    camera.zones = settings.zones
    camera.masks = settings.masks


async def _note_pause(session: AsyncSession, camera: Camera, *, was_enabled: bool, now: datetime) -> None:
    if was_enabled and not camera.enabled:
        await begin_pause(session, camera.id, now=now)
    if camera.enabled and not was_enabled:
        await end_pause(session, camera.id, now=now)


def _seal(camera: Camera, box: SecretBox, settings: CameraSettings) -> None:
    camera.source = box.seal(settings.source)
    parts = (settings.login.username, settings.login.password)
    camera.username, camera.password = (None if part is None else box.seal(part) for part in parts)
