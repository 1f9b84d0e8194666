"""A real RabbitMQ on free ports of this machine, gone without a trace afterwards."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import pytest

from tests.servers.postgres import find_free_port

PROGRAMS = Path("/usr/lib/rabbitmq/bin")


class RabbitServer:
    """With a port mapper (epmd) of its own, so that no other node of this machine is met."""

    def __init__(self) -> None:
        self._folder = Path()
        self._port = 0
        self._epmd: subprocess.Popen[bytes] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        if not PROGRAMS.is_dir():
            raise RuntimeError("RabbitMQ is not installed: apt-get install rabbitmq-server, or `make test`.")
        memory = Path("/dev/shm")
        self._folder = Path(tempfile.mkdtemp(prefix="rabbitmq-", dir=memory if memory.is_dir() else None))
        self._port, epmd_port = find_free_port(), find_free_port()
        (self._folder / "plugins").write_text("[].\n")
        (self._folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self._port}\nlog.file.level = warning\ndisk_free_limit.absolute = 1MB\n"
        )
        self._environment = os.environ | {
            "ERL_CRASH_DUMP": str(self._folder / "crash"),
            "HOME": str(self._folder),
            "ERL_EPMD_PORT": str(epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": f"test-{uuid4().hex[:8]}@localhost",
            "RABBITMQ_DIST_PORT": str(find_free_port()),
            "RABBITMQ_CONFIG_FILE": str(self._folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self._folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self._folder / "log"),
            "RABBITMQ_PID_FILE": str(self._folder / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
        }
        epmd = [str(shutil.which("epmd")), "-port", str(epmd_port), "-address", "127.0.0.1"]
        self._epmd = subprocess.Popen(epmd, env=self._environment)
        try:
            _wait_for(epmd_port, self._epmd)  # or the node would start one of its own, which outlives it
            self.start()
        except RuntimeError:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        assert self._epmd is not None
        self._epmd.kill()
        self._epmd.wait()
        shutil.rmtree(self._folder)

    @property
    def url(self) -> str:
        """As our settings want it."""
        return f"amqp://guest:guest@127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start, again with the queues that it had, and wait until it answers."""
        with (self._folder / "output").open("wb") as output:
            self._process = subprocess.Popen(
                [PROGRAMS / "rabbitmq-server"],
                env=self._environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            _wait_for(self._port, self._process)
        except RuntimeError as error:
            raise RuntimeError("RabbitMQ does not start:\n" + (self._folder / "output").read_text()) from error

    def stop(self) -> None:
        """At once, as if it had crashed."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):  # it may have failed to start
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(timeout=30)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline_s = time.monotonic() + 90
    while not _answers(port):
        if time.monotonic() > deadline_s or process.poll() is not None:
            raise RuntimeError("it does not start")
        time.sleep(0.05)


def _answers(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def rabbitmq() -> Iterator[RabbitServer]:
    """A server that the tests of a session share: each has queues of its own, named after its database."""
    with RabbitServer() as server:
        yield server
