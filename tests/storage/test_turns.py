"""Who waits for an answer writes first; jobs wait, but not for ever; nobody who goes away keeps the others."""

import asyncio

import pytest

from instantreact.storage.turns import MOST_BEFORE, WritingTurns


async def queue_up(turns: WritingTurns, wanted: str) -> str:
    """In which order they come to their turn: `r` for a request, `j` for a job, all of whom wait from the start on."""
    came: list[str] = []

    async def take(letter: str) -> None:
        async with turns.turn(is_waited_for=letter == "r"):
            came.append(letter)
            await asyncio.sleep(0)

    async with turns.turn():
        tasks = [asyncio.create_task(take(letter)) for letter in wanted]
        await asyncio.sleep(0)
        assert came == []
    async with asyncio.timeout(5):
        await asyncio.gather(*tasks)
    return "".join(came)


@pytest.mark.parametrize(
    ("wanted", "order"),
    [("", ""), ("jj", "jj"), ("rr", "rr"), ("jjrjr", "rrjjj"), ("j" + "r" * 20, "r" * 8 + "j" + "r" * 12)],
)
async def test_requests_go_before_jobs_and_jobs_have_their_turn_too(wanted: str, order: str) -> None:
    assert MOST_BEFORE == 8
    assert await queue_up(WritingTurns(), wanted) == order


async def test_only_one_has_a_turn_at_a_time() -> None:
    turns, at_once, most = WritingTurns(), 0, 0

    async def take(number: int) -> None:
        nonlocal at_once, most
        for _ in range(20):
            async with turns.turn(is_waited_for=number % 2 == 0):
                at_once += 1
                most = max(most, at_once)
                await asyncio.sleep(0)
                at_once -= 1

    await asyncio.gather(*(take(number) for number in range(10)))
    assert most == 1


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_who_is_cancelled_while_waiting_or_just_when_it_is_their_turn_keeps_nobody(after: int) -> None:
    turns = WritingTurns()

    async def take() -> None:
        async with turns.turn():
            await asyncio.sleep(0)

    async with turns.turn():
        gone, left = asyncio.create_task(take()), asyncio.create_task(take())
        await asyncio.sleep(0)
        if after == 0:
            gone.cancel()
    for _ in range(after - 1):
        await asyncio.sleep(0)
    gone.cancel()
    async with asyncio.timeout(5):
        await asyncio.gather(gone, return_exceptions=True)
        await left
        async with turns.turn():
            pass


async def test_error_in_a_turn_gives_it_on() -> None:
    turns = WritingTurns()
    with pytest.raises(ValueError, match="mine"):
        async with turns.turn():
            raise ValueError("mine")
    async with asyncio.timeout(5), turns.turn():
        pass
