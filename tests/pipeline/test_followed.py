"""Jobs have the id of the request that they follow from, and so has everything they queue."""

import structlog

from instantreact.jobs import outbox
from instantreact.pipeline.step_names import StepName
from tests.pipeline.conftest import House
from tests.pipeline.test_deliver import raise_alert


async def find_request_id(house: House, kind: str, subject: str) -> str | None:
    async with house.services.database.reading() as session:
        job = await outbox.find_job(session, kind, subject)
    assert job is not None
    return job.request_id


async def test_job_has_the_id_of_the_request_that_queued_it(house: House) -> None:
    with structlog.contextvars.bound_contextvars(request_id="asked-1"):
        await raise_alert(house)
    (delivery,) = (await house.the_alert()).deliveries
    assert await find_request_id(house, StepName.DELIVER, delivery.id) == "asked-1"


async def test_job_that_is_queued_by_a_job_follows_from_the_same_request(house: House) -> None:
    clip = await house.add_clip()
    with structlog.contextvars.bound_contextvars(request_id="asked-2"):
        async with house.services.database.unit_of_work() as session:
            await outbox.put(session, StepName.ANALYZE, clip.id, now=house.clock.now())
    await house.run_due()  # there is no bundle: it puts itself off
    assert await find_request_id(house, StepName.ANALYZE, clip.id) == "asked-2"
    assert structlog.contextvars.get_contextvars() == {}


async def test_job_that_is_asked_for_again_follows_from_the_last_request(house: House) -> None:
    clip = await house.add_clip()
    for request_id in ("asked-3", "asked-4"):
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            async with house.services.database.unit_of_work() as session:
                await outbox.put(session, StepName.HEAR, clip.id, now=house.clock.now())
    assert await find_request_id(house, StepName.HEAR, clip.id) == "asked-4"
