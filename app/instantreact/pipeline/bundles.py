"""Which bundles look at footage, in whichever processes: what rules may ask for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from instantreact.domain.capabilities import BundleKind, Capabilities
from instantreact.errors import NotFound, Transient
from instantreact.inference.detector.deployed import DetectorLoader
from instantreact.inference.loader import CaptionerLoader
from instantreact.inference.poses.deployed import PosesLoader
from instantreact.jobs.embedded import in_background
from instantreact.logs import get_logger
from instantreact.pipeline.services import Services
from instantreact.storage.loaded_bundles import find_told, tell_bundles, withdraw_bundles

TELL_EVERY_S = 10.0
LEASE_S = 60.0
CARD = "CARD.md"

_MOST_LETTERS = 100_000

log = get_logger(__name__)


@asynccontextmanager
async def telling_bundles(services: Services, owner: str) -> AsyncIterator[None]:
    """Say with which bundles this process looks at footage, as long as the block lasts."""
    async with in_background(_tell_for_ever(services, owner)):
        yield
    with suppress(Transient):  # its lease runs out
        async with services.database.unit_of_work() as session:
            await withdraw_bundles(session, owner)


async def find_capabilities(services: Services) -> Capabilities:
    """What those can say that look at footage; where nobody does, what this process could."""
    async with services.database.reading() as session:
        told = await find_told(session, now=services.clock.now())
    return told if told.bundles else await services.threads.run(_find_of, services)


def find_own(captioner: CaptionerLoader, detector: DetectorLoader, poses: PosesLoader) -> Capabilities:
    """What a process that has these can say and look for."""
    found, bundles, scorer = detector.find(), captioner.capabilities().bundles, poses.find()
    can = Capabilities((*bundles, found.loaded) if found else bundles)
    return can.with_poses(scorer.loaded) if scorer and bundles else can


def read_card(services: Services, kind: BundleKind) -> str:
    """What is written about the bundle that this process has. Raises NotFound, and what keeps it from being loaded."""
    folder = _find_folder(services, kind)
    path = folder / CARD if folder else None
    if path is None or not path.is_file():
        raise NotFound("card of", kind)
    return path.read_text(encoding="utf-8", errors="replace")[:_MOST_LETTERS]


def _find_folder(services: Services, kind: BundleKind) -> Path | None:
    if kind is BundleKind.CAPTIONER:
        return services.captioner.get().bundle.folder
    if kind is BundleKind.POSES:
        poses = services.poses.find()
        return poses.estimator.bundle.folder if poses else None
    detector = services.detector.find()
    return detector.detector.bundle.folder if detector else None


def _find_of(services: Services) -> Capabilities:
    return find_own(services.captioner, services.detector, services.poses)


async def _tell_for_ever(services: Services, owner: str) -> None:
    while True:
        can = await services.threads.run(_find_of, services)
        try:
            async with services.database.unit_of_work() as session:
                await tell_bundles(session, owner, can, now=services.clock.now(), lease_s=LEASE_S)
        except (Transient, OSError) as error:
            log.warning("bundles.not_told", reason=str(error))
        await asyncio.sleep(TELL_EVERY_S)
