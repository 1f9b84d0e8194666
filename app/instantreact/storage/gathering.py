"""Small writes of several requests in one transaction: a disk takes so many commits a second, whatever is in them."""

import asyncio
import contextvars
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

Work = Callable[[AsyncSession], Awaitable[None]]
Begin = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Together = Callable[[AsyncSession, Sequence[Any]], Awaitable[Sequence[Any]]]
"""Does for all who ask what each of them asks, by a few statements; what came of it for each, in their order.

An exception in the place of a result is for that one alone.
"""

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


@dataclass(eq=False)
class _Asking:
    together: Together
    item: Any
    done: asyncio.Future[Any]

    def settle(self, result: object) -> None:
        if self.done.done():
            return
        if isinstance(result, Exception):
            self.done.set_exception(result)
        else:
            self.done.set_result(result)


class GatheredCalls:
    """Whoever asks while a transaction is under way shares the next one, and its statements. Of one event loop.

    What fails with others is tried alone, so that it fails for itself only. Nothing of who asks reaches the
    transaction but the item: no request's id, and no cancellation.
    """

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._asking: deque[_Asking] = deque()
        self._runner: asyncio.Task[None] | None = None

    async def ask(self, together: Together, item: Any) -> Any:
        """What came of it for this item, once it is committed."""
        asking = _Asking(together, item, asyncio.get_running_loop().create_future())
        self._asking.append(asking)
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run_all(), context=contextvars.Context())
        return await asking.done

    async def _run_all(self) -> None:
        while self._asking:
            batch = [self._asking.popleft() for _ in range(min(MOST_AT_ONCE, len(self._asking)))]
            if len(batch) == 1 or not await self._run_together(batch):
                for each in batch:
                    await self._run_alone(each)

    async def _run_together(self, batch: Sequence[_Asking]) -> bool:
        """False where one of them spoils it, or nothing can be done: each learns alone which."""
        by_kind: dict[Together, list[_Asking]] = {}
        for each in batch:
            by_kind.setdefault(each.together, []).append(each)
        results: list[tuple[_Asking, object]] = []
        try:
            async with self._begin() as session:
                for together, asking in by_kind.items():
                    results += zip(asking, await together(session, [each.item for each in asking]), strict=True)
        except Exception:
            return False
        for each, result in results:
            each.settle(result)
        return True

    async def _run_alone(self, asking: _Asking) -> None:
        try:
            async with self._begin() as session:
                (result,) = await asking.together(session, [asking.item])
        except Exception as error:
            result = error
        asking.settle(result)
