"""The one bounded pool for work that would block the event loop: decode, inference, sound, files."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class WorkerThreads:
    """Runs plain synchronous functions away from the event loop, at most `size` at once."""

    def __init__(self, size: int) -> None:
        self._pool = ThreadPoolExecutor(max_workers=size, thread_name_prefix="instantreact")

    def start(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> asyncio.Future[T]:
        """Have `function(*args, **kwargs)` run in the pool."""
        work = partial(copy_context().run, function, *args, **kwargs)  # so that its log lines have the request's id
        return asyncio.get_running_loop().run_in_executor(self._pool, work)

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Wait for `function(*args, **kwargs)` in the pool."""
        return await self.start(function, *args, **kwargs)

    async def iterate(self, items: Generator[T, None, None]) -> AsyncGenerator[T, None]:
        """What a blocking generator yields, each item made in the pool; the generator is closed at the end.

        A generator that runs cannot be closed: when the caller is cancelled meanwhile, its current item is awaited.
        """
        nothing = object()
        try:
            while (item := await self.finish(self.start(next, items, nothing))) is not nothing:
                yield item  # type: ignore[misc]  # anything but `nothing` is a T
        finally:
            await self.run(items.close)

    async def finish(self, running: asyncio.Future[T]) -> T:
        """Wait for what runs; a caller that is cancelled meanwhile still waits for it, and is cancelled then."""
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                await running
            raise

    def close(self) -> None:
        """Finish what runs, drop what waits."""
        self._pool.shutdown(wait=True, cancel_futures=True)
