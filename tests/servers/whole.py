"""The whole service in a process of its own: API, worker and cameras, with a database and files of its own.

Unlike `tests.servers.service` it counts no rates and no wrong keys, its streams of news end at once, and passwords are
hashed with less effort: whoever sends it thousands of requests waits for what they ask about.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from argon2 import PasswordHasher

from instantreact.api.auth import WrongKeys
from instantreact.api.news_streams import NewsStreams
from instantreact.api.stream_room import StreamLimit
from instantreact.config import Settings
from instantreact.logs import configure_logs
from instantreact.main import run_app
from instantreact.storage import passwords
from instantreact.storage.migrate import upgrade
from instantreact.storage.state_folder import prepare_folder
from instantreact.wiring import open_secret_box
from tests.api.serving import serve
from tests.servers.service import API_KEY

BRIEF = StreamLimit(life_s=0.05)
"""Otherwise /stream would have no end."""


@contextmanager
def whole_service(folder: Path) -> Iterator[str]:
    """Where it answers, with its files in `folder` and its log beside them."""
    command = [sys.executable, "-m", "tests.servers.whole", str(folder / "state")]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("INSTANTREACT_")}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    with (folder / "service.log").open("w") as log:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, env=environment
        )
        with process:
            assert process.stdin is not None
            assert process.stdout is not None
            yield process.stdout.readline().strip()
            process.stdin.close()


async def _serve(folder: Path) -> None:
    """Until standard input ends."""
    settings = Settings(state_dir=folder, api_key=API_KEY, rate_of_key="off", rate_of_address="off")
    prepare_folder(folder)
    await upgrade(settings.resolved_database_url, box=open_secret_box(settings))
    async with run_app(settings, port=0, announce=lambda _: None) as app:
        minutes = count(step=60)  # between two wrong keys, so that each is answered for itself
        app.state.wrong_keys = WrongKeys(monotonic=lambda: next(minutes))
        app.state.streams = NewsStreams(app.state.services.database, app.state.closing, BRIEF)
        async with serve(app) as address:
            print(address, flush=True)
            sys.stdout = sys.stderr  # alerts for the console
            await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    configure_logs()
    passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    asyncio.run(_serve(Path(sys.argv[1])))
