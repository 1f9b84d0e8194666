"""A real PostgreSQL on a free port of this machine, gone without a trace afterwards."""

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import asyncpg

USER = "instantreact"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "shared_buffers": "32MB",
    "dynamic_shared_memory_type": "mmap",  # in its own folder: a killed server leaves other kinds behind
    "max_wal_size": "64MB",
    "autovacuum": "off",
    "max_connections": "60",
}


class PostgresServer:
    """Databases are copied from templates, which takes 15 ms."""

    def __init__(self, port: int = 0) -> None:
        self._folder = Path()
        self._port = port
        self._made = 0
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-", dir=memory if memory.is_dir() else None))
        if owner := _server_user():
            shutil.chown(self._folder, owner)
        options = ["-U", USER, "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]
        initdb = [find_program("initdb"), "-D", str(self._folder / "data"), *options]
        subprocess.run(initdb, check=True, capture_output=True, user=_server_user())
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def url(self, name: str) -> str:
        """The address of a database, as our settings want it."""
        return f"postgresql+asyncpg://{USER}@127.0.0.1:{self._port}/{name}"

    def start(self) -> None:
        """Start, again on the same port, and wait until it answers."""
        self._port = self._port or find_free_port()
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [find_program("postgres"), "-D", str(self._folder / "data"), "-p", str(self._port), *settings]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, user=_server_user())
        deadline_s = time.monotonic() + 60
        while not self._answers():
            if time.monotonic() > deadline_s or self._process.poll() is not None:
                raise RuntimeError("PostgreSQL does not start:\n" + (self._folder / "log").read_text())
            time.sleep(0.02)

    def stop(self) -> None:
        """At once, as if it had crashed."""
        assert self._process is not None
        self._process.send_signal(3)  # SIGQUIT: its children end too
        self._process.wait(timeout=30)

    def create_database(self, template: str = "template0") -> str:
        """A fresh database, a copy of `template`; its name."""
        self._made += 1
        name = f"test{self._made}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def drop_database(self, name: str) -> None:
        """Whoever is connected to it or not."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, statement: str, *, database: str = "postgres") -> None:
        """A statement outside of every transaction."""

        async def work() -> None:
            connection = await asyncpg.connect(self.url(database).replace("+asyncpg", ""))
            await connection.execute(statement)
            await connection.close()

        run_elsewhere(work())

    def _answers(self) -> bool:
        try:
            self.run("SELECT 1")
        except (OSError, asyncpg.PostgresError):
            return False
        return True


def run_elsewhere(work: Coroutine[Any, Any, None]) -> None:
    """Run it on a loop of its own, whatever loop this thread has."""
    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, work).result()


def find_free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def find_program(name: str) -> str:
    """PostgreSQL's own programs are not in the PATH. Raises RuntimeError where it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    on_path = shutil.which(name)
    if not found and on_path is None:
        raise RuntimeError(f"PostgreSQL's {name} is not installed: apt-get install postgresql, or `make test`.")
    return str(found[-1] if found else on_path)


def _server_user() -> str | None:
    """It refuses to run as root."""
    return "postgres" if os.geteuid() == 0 and pwd.getpwnam("postgres") else None
