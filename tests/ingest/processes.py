"""A process that watches cameras with the cheap model: `python -m tests.ingest.processes STATE OWNER FOOTAGE`."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path

from instantreact.config import Settings
from instantreact.domain.camera import SpeechMode
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.supervisor import Supervisor
from instantreact.ingest.watched import WatchTools
from instantreact.media.reach import ReachPolicy
from instantreact.pipeline.services import Services
from instantreact.storage.leases import LeaseOwner
from instantreact.wiring import open_services
from tests.conftest import REPOSITORY
from tests.ingest.cheap_model import PLAN, describe, encode
from tests.ingest.watching import EVIDENCE, LIMITS, PATIENCE

LEASE_S = 3.0
"""Long enough that a process which a crowded machine holds up for a second or two keeps its cameras."""


def make_settings(state_dir: Path, **values: object) -> Settings:
    """Settings that read nothing from the environment's files."""
    return Settings(_env_file=None, **{"state_dir": state_dir, "speech": SpeechMode.OFF, **values})  # type: ignore[arg-type]


async def wait_for(condition: Callable[[], Awaitable[bool]], timeout_s: float = 15.0) -> None:
    """Return once `condition` holds; fail when it does not in time."""
    async with asyncio.timeout(timeout_s):
        while not await condition():  # noqa: ASYNC110 another process may change what is waited for
            await asyncio.sleep(0.03)


@asynccontextmanager
async def supervising(
    services: Services, owner: str, *, folder: Path, max_cameras: int = 8
) -> AsyncIterator[Supervisor]:
    """A supervisor that runs in the background."""
    supervisor = Supervisor(
        services,
        LeaseOwner(owner, f"http://{owner}:8000", LEASE_S),
        lambda hand_over: WatchTools(
            PLAN,
            FeatureBatcher(encode, describe),
            ReachPolicy(file_folders=(folder,)),
            LIMITS,
            PATIENCE,
            EVIDENCE,
            services.clock,
            hand_over,
        ),
        max_cameras=max_cameras,
    )
    running = asyncio.create_task(supervisor.run())
    try:
        yield supervisor
    finally:
        running.cancel()
        await asyncio.wait([running])
        await supervisor.close()


@contextmanager
def process(
    state_dir: Path, owner: str, folder: Path, *, database_url: str | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process of its own that watches cameras; killed at the end."""
    command = [sys.executable, "-m", "tests.ingest.processes", str(state_dir), owner, str(folder)]
    environment = {**os.environ, **({"INSTANTREACT_DATABASE_URL": database_url} if database_url else {})}
    with subprocess.Popen(
        command, cwd=REPOSITORY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        try:
            assert running.stdout is not None
            assert running.stdout.readline().strip() == "ready"
            yield running
        finally:
            running.kill()


def freeze(running: subprocess.Popen[str], state_dir: Path) -> None:
    """Stop a process where it holds no lock of the database: SQLite's would keep all others out until it thaws."""
    for _ in range(50):
        running.send_signal(signal.SIGSTOP)
        with closing(sqlite3.connect(state_dir / "instantreact.sqlite3", timeout=2, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                running.send_signal(signal.SIGCONT)
            else:
                return
    raise AssertionError("the process was never met without a lock")


async def main(state_dir: Path, owner: str, folder: Path) -> None:
    async with open_services(make_settings(state_dir)) as services, supervising(services, owner, folder=folder):
        print("ready", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])))
