"""Where a clip stands in the queue, and how long it may take, by the pace of those before."""

from dataclasses import replace

import pytest

from instantreact.jobs.handing import hand_out
from instantreact.pipeline.analyze import put_analyze_job
from instantreact.pipeline.step_names import StepName
from instantreact.pipeline.turn import Turn, find_turns
from instantreact.storage import clips
from instantreact.storage.tables import Clip
from tests.pipeline.conftest import House
from tests.storage.factories import CLIP_INFO, make_clip

HOUR_S = 3600.0


async def queue(house: House, duration_s: float) -> Clip:
    info = replace(CLIP_INFO, duration_s=duration_s)
    house.clock.advance(0.001)
    async with house.services.database.unit_of_work() as session:
        clip = await make_clip(session, info=info)
        await put_analyze_job(session, clip, now=house.clock.now())
    return clip


async def start(house: House, places: int) -> None:
    async with house.services.database.unit_of_work() as session:
        await hand_out(session, {StepName.ANALYZE: places}, now=house.clock.now(), deadline_s=HOUR_S)


async def analyze_one(house: House, *, footage_s: float, took_s: float) -> None:
    """What the pace is measured by."""
    async with house.services.database.unit_of_work() as session:
        clip = await make_clip(session, info=replace(CLIP_INFO, duration_s=footage_s))
        timings = {"decode": took_s * 900, "total": took_s * 1000}
        await clips.mark_analyzed(session, clip.id, timings_ms=timings, warning=None, now=house.clock.now())


async def turn_of(house: House, clip: Clip, places: int = 2) -> Turn:
    return (await find_turns(house.services, [clip], places=places))[clip.id]


async def look(house: House, clip: Clip) -> tuple[int, object]:
    turn = await turn_of(house, clip)
    return turn.position, turn.estimate_s


async def test_clip_that_waits_stands_behind_the_shorter_ones_before_it(house: House) -> None:
    first, long, short = [await queue(house, seconds) for seconds in (100.0, 3000.0, 2.0)]
    assert [(await turn_of(house, clip)).position for clip in (short, first, long)] == [1, 2, 3]
    assert (await turn_of(house, short)).estimate_s is None  # nobody knows the pace yet


async def test_estimate_is_what_is_left_before_it_by_the_measured_pace(house: House) -> None:
    await analyze_one(house, footage_s=100.0, took_s=10.0)
    running = [await queue(house, 1000.0) for _ in range(2)]
    await start(house, 2)
    async with house.services.database.unit_of_work() as session:
        await clips.set_progress(session, running[0].id, 0.5)
    waiting = await queue(house, 200.0)
    assert await look(house, running[0]) == (0, pytest.approx(50.0))
    assert await look(house, waiting) == (1, pytest.approx(0.1 * ((500 + 1000) / 2 + 200)))


async def test_short_clip_does_not_count_the_long_ones_that_fill_all_places(house: House) -> None:
    await analyze_one(house, footage_s=100.0, took_s=10.0)
    for _ in range(3):
        await queue(house, HOUR_S)
    await start(house, 2)
    short, second = await queue(house, 2.0), await queue(house, 2.0)
    assert await look(house, short) == (1, pytest.approx(0.2))
    assert await look(house, second) == (2, pytest.approx(0.4))


async def test_clip_that_finds_room_waits_for_nobody(house: House) -> None:
    await analyze_one(house, footage_s=100.0, took_s=10.0)
    await queue(house, HOUR_S)
    await start(house, 2)
    assert await look(house, await queue(house, 300.0)) == (1, pytest.approx(30.0))


async def test_clip_has_no_turn_when_nothing_of_it_waits(house: House) -> None:
    clip = await house.add_clip()
    assert await find_turns(house.services, [clip], places=2) == {}


async def test_clip_that_was_put_off_has_no_estimate(house: House) -> None:
    await analyze_one(house, footage_s=100.0, took_s=10.0)
    clip = await queue(house, 2.0)
    await house.run_due()  # there is no captioner: it waits for one
    assert await look(house, clip) == (1, None)
