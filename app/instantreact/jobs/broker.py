"""The seam to taskiq: it carries job ids with their tokens to a worker, and nothing else.

A broker may lose, repeat or delay what it carries: the rows are the truth.
"""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from taskiq import AsyncBroker, AsyncTaskiqDecoratedTask, InMemoryBroker

from instantreact.jobs.claims import Handover

TASK_NAME = "instantreact.run_job"

RunJob = Callable[[Handover], Awaitable[None]]


class JobBroker(Protocol):
    """Takes jobs on their way to a worker."""

    async def send(self, handover: Handover) -> None:
        """Put the job on its way; does not wait for it to run."""
        ...


class MemoryBroker:
    """Hands jobs to `run_job` inside this process: they run in the background of its event loop."""

    def __init__(self, run_job: RunJob) -> None:
        self._broker = InMemoryBroker(sync_tasks_pool_size=1, max_stored_results=1)
        self._task = register(self._broker, run_job)

    async def start(self) -> None:
        """Begin to take jobs."""
        await self._broker.startup()

    async def send(self, handover: Handover) -> None:
        """Put the job on its way; does not wait for it to run."""
        await kick(self._task, handover)

    async def stop(self) -> None:
        """Take no more."""
        await self._broker.shutdown()


def register(broker: AsyncBroker, run_job: RunJob) -> AsyncTaskiqDecoratedTask[Any, Any]:
    """`run_job` is what the broker's messages ask for, under one fixed name."""

    async def run(job_id: str, token: str, kind: str) -> None:  # taskiq renames what it registers: no method will do
        await run_job(Handover(job_id, token, kind))

    return broker.register_task(run, task_name=TASK_NAME)


async def kick(task: AsyncTaskiqDecoratedTask[Any, Any], handover: Handover) -> None:
    """Put a message for `run_job` on its way."""
    await task.kiq(handover.job_id, handover.token, handover.kind)
