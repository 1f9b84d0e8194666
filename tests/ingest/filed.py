"""Cameras and rules in a database of the tests, and what is filed there."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import select

from instantreact.domain.alert import ChannelKind
from instantreact.domain.camera import CameraState
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, leases, recipients, rules
from instantreact.storage.cameras import CAMERAS_CHANGED, CameraSettings
from instantreact.storage.database import announce
from instantreact.storage.tables import Alert, CameraLease, Event, Recipient, Rule

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


async def add_camera(services: Services, footage: Path, name: str = "Door", **values: object) -> str:
    settings = CameraSettings(name, f"file:{footage}#loop", **values)  # type: ignore[arg-type]
    async with services.database.unit_of_work() as session:
        announce(session, CAMERAS_CHANGED)
        return (await cameras.insert_camera(session, services.box, settings, now=NOW)).id


async def change_camera(services: Services, camera_id: str, **values: object) -> None:
    async with services.database.unit_of_work() as session:
        known = cameras.open_settings(await cameras.get_camera(session, camera_id), services.box)
        changed = replace(known, **values)  # type: ignore[arg-type]
        await cameras.replace_camera(session, services.box, camera_id, changed, now=NOW)
        announce(session, CAMERAS_CHANGED)


async def find_lease(services: Services, camera_id: str) -> CameraLease | None:
    async with services.database.reading() as session:
        return await leases.find_lease(session, camera_id)


async def is_live(services: Services, camera_id: str, owner: str = "anna") -> bool:
    lease = await find_lease(services, camera_id)
    return lease is not None and lease.owner == owner and lease.state is CameraState.LIVE


async def list_events(services: Services) -> list[Event]:
    async with services.database.reading() as session:
        return list(await session.scalars(select(Event).order_by(Event.occurred_at)))


async def list_alerts(services: Services) -> list[Alert]:
    async with services.database.reading() as session:
        return list(await session.scalars(select(Alert).order_by(Alert.raised_at)))


async def add_rule(services: Services) -> None:
    async with services.database.unit_of_work() as session:
        criteria = Criteria((ConceptCondition("fight", 0.3),))
        await rules.insert_rule(session, Rule(name="Fights", criteria=criteria, created_at=NOW))
        person = Recipient(name="Guard", channel=ChannelKind.CONSOLE, address="guard", created_at=NOW)
        await recipients.insert_recipient(session, person)
