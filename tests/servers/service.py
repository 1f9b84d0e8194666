"""`instantreact serve` or `ingest` as a process of its own, with a stand-in for Graph, to be spoken to and killed."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from instantreact_demo.graph import FakeGraph

API_KEY = "a-key-for-tests"
VERIFY_TOKEN = "verify-me"


class Service:
    """A service on a free port. `start` may follow `kill`: the state folder stays, the port stays."""

    module = "instantreact"
    command = "serve"
    ready = re.compile(r"on http://[^:]+:(\d+)")

    def __init__(self, state_dir: Path, graph: FakeGraph | None = None, **settings: str) -> None:
        self._state_dir = state_dir
        self._settings = _graph_settings(graph) | settings
        self._port = _find_quiet_port()
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None
        self.output: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def state_dir(self) -> Path:
        return self._state_dir

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start and wait until it is ready to work."""
        command = [sys.executable, "-m", self.module, self.command, "--state-dir", str(self._state_dir)]
        self._process = subprocess.Popen(
            [*command, *self._arguments()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment(),
        )
        listening = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(self._process, listening), daemon=True)
        self._reader.start()
        deadline_s = time.monotonic() + 150
        while not listening.wait(0.5) and self._process.poll() is None and time.monotonic() < deadline_s:
            pass
        if not listening.is_set():
            raise RuntimeError("the service did not start:\n" + "".join(self.output))
        self._wait_until_ready()

    def _arguments(self) -> list[str]:
        return ["--port", str(self._port)]

    def kill(self) -> None:
        """SIGKILL: nothing can be tidied up."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._await_end()

    def stop(self) -> int:
        """SIGTERM, as an operator would; the exit status, also of one that ended before."""
        assert self._process is not None
        if self._process.returncode is not None:
            return self._process.returncode
        self._process.terminate()
        return self._await_end()

    def _await_end(self) -> int:
        assert self._process is not None
        assert self._reader is not None
        assert self._process.stdout is not None
        status = self._process.wait(timeout=30)
        self._reader.join()
        self._process.stdout.close()
        return status

    def client(self) -> httpx.Client:
        """With the API key."""
        return httpx.Client(base_url=self.url, headers={"X-API-Key": API_KEY}, timeout=60)

    def _environment(self) -> Mapping[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INSTANTREACT_")}
        settings = {"API_KEY": API_KEY, "LOG_LEVEL": "info"} | self._settings
        return kept | {f"INSTANTREACT_{name.upper()}": value for name, value in settings.items()}

    def _read(self, process: subprocess.Popen[str], listening: threading.Event) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            self.output.append(line)
            if found := self.ready.search(line):
                self._note(found)
                listening.set()

    def _note(self, found: re.Match[str]) -> None:
        self._port = int(found[1])

    def _wait_until_ready(self) -> None:
        deadline_s = time.monotonic() + 60
        while time.monotonic() < deadline_s:
            try:
                if httpx.get(f"{self.url}/livez").is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.02)
        raise RuntimeError("the service does not answer:\n" + "".join(self.output))


class IngestService(Service):
    """A process that only watches cameras."""

    command = "ingest"


class ApiService(Service):
    """A process that only answers requests."""

    command = "api"


class JobsService(Service):
    """A process that listens nowhere."""

    ready = re.compile(r"InstantReact .* RabbitMQ")

    def _arguments(self) -> list[str]:
        return []

    def _note(self, found: re.Match[str]) -> None:
        """There is no port."""

    def _wait_until_ready(self) -> None:
        """It has said so."""


class RelayService(JobsService):
    """A process that only hands jobs to the queues."""

    command = "relay"


class WorkerService(JobsService):
    """A process that only runs jobs."""

    command = "worker"


def _find_quiet_port() -> int:
    """A free one below those that the system gives to connections: nobody takes it while the service is down."""
    for port in random.sample(range(20_000, 32_000), 100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port
    raise RuntimeError("no port is free")


def _graph_settings(graph: FakeGraph | None) -> dict[str, str]:
    if graph is None:
        return {}
    return {
        "GRAPH_URL": graph.url,
        "MESSENGER_PAGE_ID": graph.page.page_id,
        "MESSENGER_PAGE_TOKEN": graph.page.access_token,
        "MESSENGER_APP_SECRET": graph.page.app_secret or "",
        "MESSENGER_VERIFY_TOKEN": VERIFY_TOKEN,
    }


def wait_until(condition: Any, *, timeout_s: float = 30.0, what: str) -> Any:
    """Call `condition` until it gives something true; raises TimeoutError that says `what` was waited for."""
    deadline_s = time.monotonic() + timeout_s
    while not (found := condition()):
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"waited {timeout_s} s for {what}")
        time.sleep(0.05)
    return found
