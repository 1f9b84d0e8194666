"""A port that cuts every connection after a while, as cameras with a limit on sessions do."""

import select
import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Self


class DroppingPort:
    """Passes connections on to another port of this machine, cuts each after `every_s`, then refuses for `away_s`."""

    def __init__(self, target: int, every_s: float, away_s: float = 0.0) -> None:
        self._target, self._every_s, self._away_s = target, every_s, away_s
        self._away_until_s = 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.opened = 0
        self._is_closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._is_closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while not self._is_closing.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.opened += 1
            if time.monotonic() < self._away_until_s:
                client.close()
                continue
            self._threads.append(threading.Thread(target=self._pass_on, args=(client,), daemon=True))
            self._threads[-1].start()

    def _pass_on(self, client: socket.socket) -> None:
        end_s = time.monotonic() + self._every_s
        with client, socket.create_connection(("127.0.0.1", self._target)) as camera, suppress(OSError):
            other = {client: camera, camera: client}
            while time.monotonic() < end_s and not self._is_closing.is_set():
                for ready in select.select([client, camera], [], [], 0.05)[0]:
                    received = ready.recv(65_536)
                    if not received:
                        return
                    other[ready].sendall(received)
        self._away_until_s = time.monotonic() + self._away_s
