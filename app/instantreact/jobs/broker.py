"""The seam to taskiq: it carries job ids with their tokens to a worker, and nothing else.

A broker may lose, repeat or delay what it carries: the rows are the truth.
"""

from collections.abc import Awaitable, Callable

from taskiq import AsyncBroker, InMemoryBroker

from instantreact.jobs.claims import Handover

TASK_NAME = "instantreact.run_job"


class JobBroker:
    """Hands jobs to `run_job`, here or in another process, through a taskiq broker."""

    def __init__(self, broker: AsyncBroker, run_job: Callable[[str, str], Awaitable[None]]) -> None:
        """`run_job` takes a job's id and token; it is registered with the broker under one fixed name."""
        self._broker = broker

        async def run(job_id: str, token: str) -> None:  # taskiq renames what it registers: no method will do
            await run_job(job_id, token)

        self._task = broker.register_task(run, task_name=TASK_NAME)

    async def start(self) -> None:
        """Connect."""
        await self._broker.startup()

    async def send(self, handover: Handover) -> None:
        """Put the job on its way; does not wait for it to run."""
        await self._task.kiq(handover.job_id, handover.token)

    async def stop(self) -> None:
        """Disconnect."""
        await self._broker.shutdown()


def open_memory_broker() -> AsyncBroker:
    """A broker inside this process: jobs run in the background of its event loop."""
    return InMemoryBroker(sync_tasks_pool_size=1, max_stored_results=1)
