"""Steps of several deliveries in one transaction: each has what it would have had alone."""

import pytest

from instantreact.domain.alert import DeliveryState, Receipt
from instantreact.errors import LeaseLost
from instantreact.jobs import claims, handing, outbox
from instantreact.jobs.claims import Claim, TakeRequest
from instantreact.pipeline.step_names import StepName
from instantreact.pipeline.together import DeliveryRequest, DeliveryStep, read_standings, write_steps
from instantreact.storage.tables import Delivery
from tests.pipeline.conftest import House
from tests.storage.databases import ENGINES

pytestmark = pytest.mark.parametrize("engine", ENGINES)


async def raise_and_take(house: House) -> list[tuple[Delivery, Claim]]:
    """Two deliveries in hand."""
    await house.add_recipient()
    await house.add_rule(cooldown_s=0.0)
    for _ in range(2):
        await house.see(await house.add_clip(await make_camera(house)))
    now = house.clock.now()
    async with house.services.database.unit_of_work() as session:
        handed = await handing.hand_out(session, {StepName.DELIVER: 9}, now=now, deadline_s=30.0)
        # A message that comes twice is taken once.
        taken = await claims.take_all(session, [TakeRequest(each, now, 30.0, "anna") for each in (*handed, *handed)])
    assert taken[2:] == [None, None]
    held = [claim for claim in taken if claim is not None]
    return [(await stand(house, claim), claim) for claim in held]


async def make_camera(house: House) -> str:
    async with house.services.database.reading() as session:
        count = len(await outbox.list_jobs(session))
    return (await house.add_camera(f"Door {count}")).id


async def stand(house: House, claim: Claim) -> Delivery:
    request = DeliveryRequest(claim.subject, house.clock.now())
    return (await house.services.database.read_together(read_standings, request)).delivery


async def test_lost_claim_notes_what_was_sent_and_starts_nothing_beside_one_that_goes_on(house: House) -> None:
    (kept, good), (taken_over, stale) = await raise_and_take(house)
    now = house.clock.now()
    async with house.services.database.unit_of_work() as session:
        await claims.release(session, stale)
    steps = [
        DeliveryStep(claim, each, now, (each.parts[0], Receipt(f"m {each.id}", now)), each.parts[1])
        for each, claim in ((kept, good), (taken_over, stale))
    ]
    async with house.services.database.unit_of_work() as session:
        found = await write_steps(session, steps)
    assert [type(each) for each in found] == [type(None), LeaseLost]
    kept, taken_over = await stand(house, good), await stand(house, stale)
    assert [[part.state for part in each.parts] for each in (kept, taken_over)] == [
        [DeliveryState.SENT, DeliveryState.PENDING]
    ] * 2
    assert [each.parts[1].attempts for each in (kept, taken_over)] == [1, 0]


async def test_last_step_ends_the_job_unless_it_was_put_again_or_lost(house: House) -> None:
    (one, good), (other, again) = await raise_and_take(house)
    now = house.clock.now()
    async with house.services.database.unit_of_work() as session:
        await outbox.put(session, StepName.DELIVER, other.id, now=now)
    steps = [
        DeliveryStep(claim, each, now, (each.parts[0], Receipt(each.id, now)))
        for each, claim in ((one, good), (other, again))
    ]
    async with house.services.database.unit_of_work() as session:
        assert await write_steps(session, steps) == [None, None]
        assert await outbox.find_job(session, StepName.DELIVER, one.id) is None
        job = await outbox.find_job(session, StepName.DELIVER, other.id)
    assert job is not None
    assert (job.token, job.attempts) == (None, 0)
