"""A dead man's switch: whoever does not send a sign of life in time is believed to be dead."""

import time
from http.server import BaseHTTPRequestHandler

from tests.servers.threaded import ThreadedServer


class DeadMansSwitch(ThreadedServer):
    """Listens on 127.0.0.1 while its `with` block runs; takes a POST at its own address only."""

    def __init__(self, *, patience_s: float) -> None:
        self._patience_s = patience_s
        self._beats_at: list[float] = []
        super().__init__(self._handler())
        self.url = f"http://127.0.0.1:{self.port}/check-7c1e"

    @property
    def beats(self) -> int:
        """How many signs there were."""
        return len(self._beats_at)

    @property
    def is_alarmed(self) -> bool:
        """Whether the last sign is too long ago; not before the first."""
        return bool(self._beats_at) and time.monotonic() - self._beats_at[-1] > self._patience_s

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        beats_at = self._beats_at

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                is_known = self.path == "/check-7c1e"
                if is_known:
                    beats_at.append(time.monotonic())
                self.send_response(200 if is_known else 404)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                pass

        return Handler
