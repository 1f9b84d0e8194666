"""A service that Apprise's `json://` addresses, on loopback: it takes what has its token, and keeps it."""

import json
import time
from collections import deque
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.servers.threaded import ThreadedServer

TOKEN = "t0ken-of-the-service"


class NotifiedServer(ThreadedServer):
    """Listens on a free port of this machine during the block."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.statuses: deque[int] = deque()
        self.delay_s = 0.0
        super().__init__(self._handler())

    def reset(self) -> None:
        """As it was at the start, on the same port."""
        self.delay_s = 0.0
        self.received.clear()
        self.statuses.clear()

    def address(self, token: str = TOKEN) -> str:
        """As Apprise writes it."""
        return f"json://127.0.0.1:{self.port}/{token}"

    def script(self, *statuses: int) -> None:
        """Answer the next messages so, instead of taking them."""
        self.statuses.extend(statuses)

    def _take(self, path: str, body: bytes) -> int:
        if self.statuses:
            return self.statuses.popleft()
        if path.strip("/") != TOKEN:
            return 401
        self.received.append(json.loads(body))
        time.sleep(self.delay_s)
        return 200

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                status = server._take(self.path, self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Says nothing."""

        return Handler
