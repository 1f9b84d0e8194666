"""A webhook that answers 200 to everything and keeps it."""

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self


class HookTarget:
    """Listens on 127.0.0.1 while its `with` block runs."""

    def __init__(self) -> None:
        self._calls: list[tuple[bytes, str | None]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/webhook"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

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
