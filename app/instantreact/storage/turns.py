"""Whose turn it is to write: whoever is waited for goes first, and nobody waits for ever."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MOST_BEFORE = 8
"""So many who are waited for pass in a row while others wait; then one of those has a turn."""


class WritingTurns:
    """A lock of one event loop with two queues, each in order. Not reentrant."""

    def __init__(self) -> None:
        self._is_taken = False
        self._passed = 0
        self._first: deque[asyncio.Future[None]] = deque()
        self._then: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def turn(self, *, is_waited_for: bool = False) -> AsyncIterator[None]:
        """Wait for a turn, and keep it for the block."""
        if self._is_taken:
            await self._wait(self._first if is_waited_for else self._then)
        self._is_taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        mine = asyncio.get_running_loop().create_future()
        queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if mine in queue:
                queue.remove(mine)
            else:  # it was our turn already
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """The lock stays taken for the next one, so that nobody who comes just now slips in between."""
        self._is_taken = False
        while self._first or self._then:
            others_go = bool(self._then) and (not self._first or self._passed >= MOST_BEFORE)
            self._passed = 0 if others_go else self._passed + bool(self._then)
            waiting = (self._then if others_go else self._first).popleft()
            if not waiting.done():
                self._is_taken = True
                waiting.set_result(None)
                return
