"""What rules may ask for is what those know that look at footage, in whichever process they do."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from instantreact.domain.capabilities import Capabilities, LoadedBundle
from instantreact.inference.loader import CaptionerLoader
from instantreact.model_wiring import SHIPPED_BUNDLE
from instantreact.pipeline.bundles import LEASE_S, find_capabilities, telling_bundles
from instantreact.pipeline.services import Services
from instantreact.storage.loaded_bundles import find_told, tell_bundles
from tests.pipeline.conftest import House

OTHER = LoadedBundle("shop", "1", {"theft": ("steal", "shoplift")}, 3)


async def tell(services: Services, owner: str, *bundles: LoadedBundle) -> None:
    async with services.database.unit_of_work() as session:
        await tell_bundles(session, owner, Capabilities(bundles), now=services.clock.now(), lease_s=LEASE_S)


async def test_living_workers_bundle_counts_and_not_the_one_that_the_api_could_load(house: House) -> None:
    services = house.services
    own = await find_capabilities(services)
    await tell(services, "worker", OTHER)
    assert "theft" not in own.concepts
    assert await find_capabilities(services) == Capabilities((OTHER,))


async def test_bundle_of_a_worker_that_died_counts_no_more_once_its_lease_has_run_out(house: House) -> None:
    services = house.services
    await tell(services, "worker", OTHER)
    later = services.clock.now() + timedelta(seconds=LEASE_S)
    async with services.database.reading() as session:
        assert await find_told(session, now=later) == Capabilities()


async def test_processes_with_different_bundles_are_told_of_once_and_those_alike_are_not(house: House) -> None:
    services = house.services
    await tell(services, "a", OTHER)
    await tell(services, "b", OTHER)
    assert (await find_capabilities(services)).describe_difference() is None
    await tell(services, "b", replace(OTHER, version="2"))
    difference = (await find_capabilities(services)).describe_difference()
    assert difference is not None
    assert "shop 1, shop 2" in difference


async def test_process_tells_while_it_works_and_not_after(house: House) -> None:
    services = replace(house.services, captioner=CaptionerLoader(SHIPPED_BUNDLE, threads=1))

    async def told() -> Capabilities:
        async with services.database.reading() as session:
            return await find_told(session, now=services.clock.now())

    can = await services.threads.run(services.captioner.capabilities)
    async with telling_bundles(services, "worker"):
        async with asyncio.timeout(10):
            while not (found := await told()).bundles:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert found == can
    assert await told() == Capabilities()
