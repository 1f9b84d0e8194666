"""A real camera on loopback that has snapshots alone, kept-alive, behind Digest, and with every kind of bad day."""

import threading
import time
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import cv2

from tests.media.live_footage import draw_box


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "SnapshotServer"

    def setup(self) -> None:
        self.server.connections += 1
        super().setup()

    def do_GET(self) -> None:
        server = self.server
        server.asked_s.append(time.monotonic())
        if server.asks_for_login and not self.headers.get("Authorization"):
            self._answer(401, b"", [("WWW-Authenticate", 'Digest realm="cam", nonce="b7", qop="auth"')])
            return
        fault = server.faults.popleft() if server.faults else ""
        jpeg = draw_jpeg(10 + len(server.asked_s) * 40 % 250)
        if fault == "hang":
            server.closing.wait(5)
        elif fault == "busy":
            self._answer(503, b"busy")
        elif fault == "page":
            self._answer(200, b"<html>starting ...</html>", [("Content-Type", "text/html")])
        elif fault == "cut":
            self._answer(200, jpeg[: len(jpeg) // 2])
        elif fault == "reset":
            self.close_connection = True
        else:
            self._answer(200, jpeg, [("Content-Type", server.content_type)])

    def _answer(self, status: int, body: bytes, headers: list[tuple[str, str]] | None = None) -> None:
        self.send_response(status)
        for name, value in headers or []:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (self.server.adds_to_length if status == 200 else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


def draw_jpeg(left: int) -> bytes:
    """The room with the box as a JPEG."""
    return cv2.imencode(".jpg", draw_box(left)[..., ::-1])[1].tobytes()


class SnapshotServer(ThreadingHTTPServer):
    """Answers at `url`; `faults` holds what befalls the next answers: hang, busy, page, cut or reset.

    asked_s  when each request came
    """

    daemon_threads = True

    def __init__(
        self, *, content_type: str = "image/jpeg", adds_to_length: int = 0, asks_for_login: bool = False
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content_type = content_type
        self.adds_to_length = adds_to_length
        self.asks_for_login = asks_for_login
        self.faults: deque[str] = deque()
        self.asked_s: list[float] = []
        self.connections = 0
        self.closing = threading.Event()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/snapshot.jpg"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
