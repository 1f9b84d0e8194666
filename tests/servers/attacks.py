"""What a stranger may do to an open port, and a polite client who wants to be served meanwhile."""

import socket
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Self

import psutil


def connect(port: int, *, source: str = "127.0.0.1") -> socket.socket:
    """A connection from one of this machine's own addresses."""
    return socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))


def flood(port: int, beginning: bytes, piece: bytes, *, lasting_s: float) -> int:
    """Send `piece` again and again until we are hung up on; how many bytes were taken."""
    sent_bytes, deadline_s = 0, time.monotonic() + lasting_s
    with connect(port) as attacker:
        try:
            attacker.sendall(beginning)
            while time.monotonic() < deadline_s:
                sent_bytes += attacker.send(piece)
        except OSError:
            return sent_bytes
    raise AssertionError(f"{sent_bytes} bytes were taken, and more would have been")


def ask(port: int, request: bytes, *, source: str = "127.0.0.1") -> bytes:
    """All that comes back until we are hung up on; b"" where nothing does."""
    with connect(port, source=source) as client:
        client.sendall(request)
        return read_all(client)


def read_all(client: socket.socket) -> bytes:
    """What still comes until the other side hangs up."""
    answer = b""
    try:
        while piece := client.recv(65536):
            answer += piece
    except ConnectionResetError:
        pass
    return answer


@contextmanager
def holding(port: int, count: int, beginning: bytes, *, source: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    """So many connections, each with the beginning of a request."""
    with ExitStack() as stack:
        held = []
        for _ in range(count):
            client = stack.enter_context(connect(port, source=source))
            held.append(client)
            try:
                client.sendall(beginning)
            except OSError:
                continue
        yield held


def count_open(held: list[socket.socket]) -> int:
    """How many of them have not been hung up on."""
    return sum(not _is_closed(client) for client in held)


def _is_closed(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        while client.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


class Polite:
    """Asks for /livez on a new connection over and over, as long as the block lasts."""

    def __init__(self, port: int, *, source: str = "127.0.0.2") -> None:
        self._port = port
        self._source = source
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)
        self.took_s: list[float] = []
        self.failures: list[str] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def median_s(self) -> float:
        return statistics.median(self.took_s)

    def _ask(self) -> None:
        request = b"GET /livez HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
        while not self._ended.wait(0.05):
            started_s = time.monotonic()
            try:
                answer = ask(self._port, request, source=self._source)
            except OSError as error:
                self.failures.append(repr(error))
                continue
            if not answer.startswith(b"HTTP/1.1 200"):
                self.failures.append(repr(answer[:80]))
            self.took_s.append(time.monotonic() - started_s)


class Memory:
    """Watches how much of it a process has."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._before = self._process.memory_info().rss
        self._most = self._before
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def grown_mb(self) -> float:
        return (self._most - self._before) / 1e6

    def _watch(self) -> None:
        while not self._ended.wait(0.05):
            self._most = max(self._most, self._process.memory_info().rss)
