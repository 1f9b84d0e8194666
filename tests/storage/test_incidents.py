import asyncio

from instantreact.storage import incidents
from instantreact.storage.database import Database
from tests.storage.factories import make_clip, make_event


async def test_lock_place_lets_one_of_ten_pass_when_all_look_at_once(database: Database) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
        events = [await make_event(session, clip_id=clip.id, window_index=number) for number in range(10)]
    passed: list[int] = []

    async def match(number: int) -> None:
        async with database.unit_of_work() as session:
            place = await incidents.lock_place(session, events[number])
            assert place.clip_id == clip.id
            if not passed:
                await asyncio.sleep(0.01)
                passed.append(number)

    await asyncio.gather(*(match(number) for number in range(10)))
    assert len(passed) == 1
