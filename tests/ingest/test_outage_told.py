"""Each outage of a camera is told once, and so is its end, whatever happens to the service meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from instantreact.channels.words import compose_title
from instantreact.pipeline.services import Services
from instantreact.storage import cameras
from instantreact.storage.tables import Alert
from tests.ingest.filed import add_camera, add_rule, change_camera, find_lease, list_alerts
from tests.ingest.processes import LEASE_S, process, supervising, wait_for
from tests.ingest.watching import PATIENCE
from tests.media.live_footage import write_clip


@dataclass
class Yard:
    """A camera that goes and comes, and what people are told about it."""

    services: Services
    clip: Path
    id: str = ""

    @property
    def folder(self) -> Path:
        return self.clip.parent

    def come(self) -> None:
        self.clip.with_suffix(".away").rename(self.clip)

    async def alerts(self) -> list[Alert]:
        return [alert for alert in await list_alerts(self.services) if alert.system_key]

    async def wait_for_titles(self, *titles: str) -> None:
        async def are_told() -> bool:
            return [compose_title(alert.happening) for alert in await self.alerts()] == list(titles)

        await wait_for(are_told)

    async def wait_for_outage(self) -> None:
        async def is_out() -> bool:
            lease = await find_lease(self.services, self.id)
            return lease is not None and lease.outage_since is not None

        await wait_for(is_out)


@pytest.fixture
async def yard(services: Services, tmp_path: Path) -> Yard:
    """Away at first."""
    await add_rule(services)
    clip = write_clip(tmp_path / "yard.mp4", seconds=1)
    clip.rename(clip.with_suffix(".away"))
    return Yard(services, clip, await add_camera(services, clip, "Yard"))


@asynccontextmanager
async def refusing_alerts(services: Services) -> AsyncIterator[None]:
    """The database takes no alert in the block."""
    async with services.database.unit_of_work() as session:
        refusal = "SELECT RAISE(ABORT, 'database or disk is full')"
        await session.execute(text(f"CREATE TRIGGER refuse BEFORE INSERT ON alerts BEGIN {refusal}; END"))
    try:
        yield
    finally:
        async with services.database.unit_of_work() as session:
            await session.execute(text("DROP TRIGGER refuse"))


@asynccontextmanager
async def full_database(services: Services) -> AsyncIterator[None]:
    """The database has no room for alerts in the block."""
    async with services.database.unit_of_work() as session:
        await session.execute(text("CREATE TABLE filling (junk BLOB)"))
        grow = "INSERT INTO filling VALUES (zeroblob(1000000))"
        await session.execute(text(f"CREATE TRIGGER grow BEFORE INSERT ON alerts BEGIN {grow}; END"))
    async with services.database.unit_of_work() as session:
        most_pages = (await session.execute(text("PRAGMA max_page_count"))).scalar_one()
        await session.execute(text("PRAGMA max_page_count = 1"))  # as small as it is now
    try:
        yield
    finally:
        async with services.database.unit_of_work() as session:
            await session.execute(text(f"PRAGMA max_page_count = {most_pages}"))
            await session.execute(text("DROP TRIGGER grow"))
            await session.execute(text("DROP TABLE filling"))


def since_of(alert: Alert) -> str:
    """The moment in an alert's key: when the outage began."""
    return str(alert.system_key).partition(":")[2]


async def wait_for_reported_loss(yard: Yard) -> None:
    """Until the loss would have been told, several times over."""
    await yard.wait_for_outage()
    await asyncio.sleep(3 * PATIENCE.alert_after_s)


async def test_loss_and_return_are_told_once_the_database_takes_them(yard: Yard) -> None:
    async with supervising(yard.services, "anna", folder=yard.folder):
        async with refusing_alerts(yard.services):
            await wait_for_reported_loss(yard)
        await yard.wait_for_titles("Yard is lost")
        async with refusing_alerts(yard.services):
            yard.come()
            await asyncio.sleep(1.0 + 3 * PATIENCE.settle_s)
        await yard.wait_for_titles("Yard is lost", "Yard is back")
    lost, back = await yard.alerts()
    assert since_of(lost) == since_of(back)


async def test_full_database_ends_no_watching_and_loses_no_fact(yard: Yard) -> None:
    async with supervising(yard.services, "anna", folder=yard.folder) as anna:
        async with full_database(yard.services):
            await wait_for_reported_loss(yard)
            before = anna.find_watcher(yard.id)
            await asyncio.sleep(2 * LEASE_S)
            assert await yard.alerts() == []
        await yard.wait_for_titles("Yard is lost")
        assert anna.find_watcher(yard.id) is before


async def test_both_are_told_in_order_when_the_database_takes_neither_at_first(yard: Yard) -> None:
    async with supervising(yard.services, "anna", folder=yard.folder):
        async with refusing_alerts(yard.services):
            await wait_for_reported_loss(yard)
            yard.come()
            await asyncio.sleep(1.0 + 3 * PATIENCE.settle_s)
        await yard.wait_for_titles("Yard is lost", "Yard is back")


async def test_return_is_told_of_a_camera_that_was_edited_while_it_was_lost(yard: Yard) -> None:
    async with supervising(yard.services, "anna", folder=yard.folder) as anna:
        await yard.wait_for_titles("Yard is lost")
        before = anna.find_watcher(yard.id)
        await change_camera(yard.services, yard.id, name="Back yard", sensitivity=0.9)

        async def is_watched_anew() -> bool:
            return anna.find_watcher(yard.id) not in {None, before}

        await wait_for(is_watched_anew)
        yard.come()
        await yard.wait_for_titles("Yard is lost", "Back yard is back")
    lost, back = await yard.alerts()
    assert since_of(lost) == since_of(back)


async def test_return_is_told_of_a_camera_that_is_back_at_another_address(yard: Yard) -> None:
    other = write_clip(yard.folder / "moved.mp4", seconds=1)
    async with supervising(yard.services, "anna", folder=yard.folder):
        await yard.wait_for_titles("Yard is lost")
        await change_camera(yard.services, yard.id, source=f"file:{other}#loop")
        await yard.wait_for_titles("Yard is lost", "Yard is back")


async def test_loss_goes_on_when_another_process_takes_over(yard: Yard) -> None:
    async with supervising(yard.services, "anna", folder=yard.folder):
        await yard.wait_for_titles("Yard is lost")
    async with supervising(yard.services, "bert", folder=yard.folder):
        await asyncio.sleep(4 * PATIENCE.alert_after_s)
        await yard.wait_for_titles("Yard is lost")
        yard.come()
        await yard.wait_for_titles("Yard is lost", "Yard is back")
    lost, back = await yard.alerts()
    assert since_of(lost) == since_of(back)


async def test_loss_goes_on_when_the_process_that_told_it_is_killed(yard: Yard, state_dir: Path) -> None:
    with process(state_dir, "anna", yard.folder) as anna:
        await yard.wait_for_titles("Yard is lost")
        anna.kill()
    async with supervising(yard.services, "bert", folder=yard.folder):
        await asyncio.sleep(LEASE_S + 2 * PATIENCE.alert_after_s)
        yard.come()
        await yard.wait_for_titles("Yard is lost", "Yard is back")
    lost, back = await yard.alerts()
    assert since_of(lost) == since_of(back)


async def test_loss_that_nobody_was_told_of_is_told_by_the_process_that_takes_over(yard: Yard, state_dir: Path) -> None:
    async with refusing_alerts(yard.services), supervising(yard.services, "anna", folder=yard.folder):
        await wait_for_reported_loss(yard)
        lease = await find_lease(yard.services, yard.id)
        assert lease is not None
        began_at = lease.outage_since
    assert await yard.alerts() == []
    async with supervising(yard.services, "bert", folder=yard.folder):
        await yard.wait_for_titles("Yard is lost")
    assert began_at is not None
    assert since_of((await yard.alerts())[0]).endswith(began_at.isoformat())


async def test_loss_is_forgotten_when_the_camera_is_disabled(yard: Yard) -> None:
    async with supervising(yard.services, "anna", folder=yard.folder) as anna:
        await yard.wait_for_titles("Yard is lost")
        await change_camera(yard.services, yard.id, enabled=False)

        async def is_let_go() -> bool:
            lease = await find_lease(yard.services, yard.id)
            return anna.find_watcher(yard.id) is None and lease is not None and lease.outage_since is None

        await wait_for(is_let_go)
        yard.come()
        await change_camera(yard.services, yard.id, enabled=True)

        async def is_live() -> bool:
            watcher = anna.find_watcher(yard.id)
            return watcher is not None and watcher.latest is not None

        await wait_for(is_live)
        await asyncio.sleep(1.0 + 3 * PATIENCE.settle_s)
        await yard.wait_for_titles("Yard is lost")


async def test_loss_of_a_deleted_camera_keeps_no_other_from_being_told(yard: Yard) -> None:
    gone = yard.folder / "gone.mp4"
    async with supervising(yard.services, "anna", folder=yard.folder):
        async with refusing_alerts(yard.services):
            await wait_for_reported_loss(yard)
            async with yard.services.database.unit_of_work() as session:
                await cameras.delete_camera(session, yard.id)
            yard.id = await add_camera(yard.services, gone, "Gate")
            await wait_for_reported_loss(yard)
        await yard.wait_for_titles("Gate is lost")
