"""The API against its own description, by every check that schemathesis has: whatever is sent, the answer is right.

What fits the description and what does not, with a key and without; always the same requests. A failure prints the
request as curl. `schemathesis.toml` says what no schema can say.
"""

import asyncio
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from instantreact.api.app import create_app
from instantreact.api.auth import WrongKeys
from instantreact.api.news_streams import StreamLimit
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.media.sandbox import ClipDecoder
from instantreact.storage.database import Database
from instantreact.threads import WorkerThreads
from tests.api.conftest import API_KEY, INTERNAL_TOKEN, OPTIONS, Checks, make_live_cameras, make_services
from tests.api.serving import serve

CONFIG = Path(__file__).with_name("schemathesis.toml")
OPERATIONS = 40
BRIEF = replace(OPTIONS, stream_limit=StreamLimit(life_s=0.05))
"""Otherwise /stream would have no end."""


@pytest.fixture(scope="module")
def address(empty_database: Path, decoder: ClipDecoder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where an application answers that runs in a thread of its own."""
    folder = tmp_path_factory.mktemp("schema")
    shutil.copyfile(empty_database, folder / "test.db")
    started, address, enough = threading.Event(), [""], asyncio.Event()

    async def run() -> None:
        database, threads = Database(f"sqlite+aiosqlite:///{folder / 'test.db'}"), WorkerThreads(2)
        services, remote = make_services(database, decoder, folder, threads), RemoteCameras(INTERNAL_TOKEN)
        app = create_app(services, BRIEF, Checks().run, make_live_cameras(services, remote))
        minutes = count(step=60)  # between two wrong keys, so that each is answered for itself
        app.state.wrong_keys = WrongKeys(monotonic=lambda: next(minutes))
        async with serve(app) as address[0]:
            loops.append(asyncio.get_running_loop())
            started.set()
            await enough.wait()
        await remote.close()
        await database.dispose()
        threads.close()

    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert started.wait(20)
    yield address[0]
    loops[0].call_soon_threadsafe(enough.set)
    thread.join()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "options",
    [
        ("--phases=examples,coverage,fuzzing,stateful", "--max-examples=3", f"--header=X-API-Key: {API_KEY}"),
        ("--phases=examples,fuzzing", "--max-examples=2"),
    ],
    ids=["with the key", "without a key"],
)
def test_api_keeps_to_its_description_whatever_is_sent(address: str, tmp_path: Path, options: tuple[str, ...]) -> None:
    command = [str(Path(sys.executable).with_name("schemathesis")), f"--config-file={CONFIG}", "run", "--checks=all"]
    schemathesis = subprocess.run(
        [*command, "--mode=all", "--continue-on-failure", "--no-color", *options, f"{address}/openapi.json"],
        cwd=tmp_path,
        env={**os.environ, "SCHEMATHESIS_HOOKS": "tests.api.schema_hooks", "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )

    assert schemathesis.returncode == 0, schemathesis.stdout
    (tested,) = [line for line in schemathesis.stdout.splitlines() if line.strip().startswith("Tested: ")]
    assert int(tested.split()[1]) > OPERATIONS, schemathesis.stdout
