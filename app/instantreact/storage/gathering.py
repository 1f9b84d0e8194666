"""Small writes of several requests in one transaction: a disk takes so many commits a second, whatever is in them."""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

Work = Callable[[AsyncSession], Awaitable[None]]
Begin = Callable[[], AbstractAsyncContextManager[AsyncSession]]
MOST_AT_ONCE = 64


@dataclass(eq=False)
class _Waiting:
    work: Work
    done: asyncio.Future[None]
    context: contextvars.Context = field(default_factory=contextvars.copy_context)


class GatheredWrites:
    """Whoever comes while a transaction is under way shares the next one. Of one event loop.

    What fails with others is tried alone, so that it fails for itself only. Each work runs in the context of whoever
    asked for it: logs, and jobs that follow, carry that request's id.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._waiting: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def write(self, work: Work) -> None:
        """Return once the work is committed; raise what it raised, or what its transaction did.

        A caller that goes away takes nothing back: what was asked for is still written.
        """
        waiting = _Waiting(work, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all(), context=contextvars.Context())
        await waiting.done

    async def _write_all(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]
            if await self._write_together(batch) is None:
                continue
            for each in batch:  # one of them spoils it, or nothing can be written: each learns which
                error = await self._write_together([each])
                if error is not None and not each.done.done():
                    each.done.set_exception(error)

    async def _write_together(self, batch: Sequence[_Waiting]) -> Exception | None:
        try:
            async with self._begin() as session:
                for each in batch:
                    await asyncio.create_task(_run(each.work, session), context=each.context)
        except Exception as error:
            return error
        for each in batch:
            if not each.done.done():
                each.done.set_result(None)
        return None


async def _run(work: Work, session: AsyncSession) -> None:
    await work(session)
