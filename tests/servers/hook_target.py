"""A webhook that answers 200 to everything and keeps it."""

import time
from http.server import BaseHTTPRequestHandler

from tests.servers.threaded import ThreadedServer


class HookTarget(ThreadedServer):
    """Listens on 127.0.0.1 while its `with` block runs."""

    def __init__(self) -> None:
        self._calls: list[tuple[bytes, str | None]] = []
        super().__init__(self._handler())
        self.url = f"http://127.0.0.1:{self.port}/webhook"

    def wait_for_calls(self, count: int, *, timeout_s: float = 5.0) -> list[tuple[bytes, str | None]]:
        """The body and X-Hub-Signature-256 of each call, once there are `count`; raises TimeoutError."""
        deadline_s = time.monotonic() + timeout_s
        while len(self._calls) < count:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{len(self._calls)} of {count} calls")
            time.sleep(0.01)
        return list(self._calls)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        calls = self._calls

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.append((body, self.headers.get("X-Hub-Signature-256")))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        return Handler
