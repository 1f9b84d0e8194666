"""A real MJPEG camera on loopback: multipart JPEGs in real time, behind Basic or Digest where asked."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.request import parse_http_list, parse_keqv_list

import cv2

from tests.media.live_footage import draw_box

NONCE = "b7f2c1"


class _Handler(BaseHTTPRequestHandler):
    server: "MjpegServer"

    def do_GET(self) -> None:
        if self.path == "/moved":
            self._answer(302, ("Location", self.server.redirects_to))
        elif self.path == "/page":
            self._answer(200, ("Content-Type", "text/html"))
        elif self.path != "/video":
            self._answer(404)
        elif self.server.digest_user and not self._is_right(self.headers.get("Authorization", "")):
            self._answer(401, ("WWW-Authenticate", f'Digest realm="cam", nonce="{NONCE}", qop="auth"'))
        elif self.server.basic and self.headers.get("Authorization") != self.server.basic:
            self._answer(401, ("WWW-Authenticate", 'Basic realm="cam"'))
        else:
            with self.server.counting:
                self.server.viewers += 1
                self.server.opened += 1
            try:
                self._stream()
            finally:
                with self.server.counting:
                    self.server.viewers -= 1

    def _is_right(self, header: str) -> bool:
        assert self.server.digest_user
        user, password = self.server.digest_user
        if not header.startswith("Digest "):
            return False
        given = parse_keqv_list(parse_http_list(header.encode("latin-1").decode().removeprefix("Digest ")))
        first = hashlib.md5(f"{user}:cam:{password}".encode()).hexdigest()
        second = hashlib.md5(f"GET:{given['uri']}".encode()).hexdigest()
        text = f"{first}:{NONCE}:{given['nc']}:{given['cnonce']}:auth:{second}"
        return given["username"] == user and given["response"] == hashlib.md5(text.encode()).hexdigest()

    def _answer(self, status: int, *headers: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        index = 0
        while index != self.server.most_pictures and not self.server.closing.wait(1 / 15):
            if self.server.is_silent:
                continue
            _, jpeg = cv2.imencode(".jpg", draw_box(10 + index * 4 % 250)[..., ::-1])
            part = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
            body = part + jpeg.tobytes() + b"\r\n"
            if self.server.trickles:
                self._trickle(body)
            else:
                self.wfile.write(body)
            index += 1

    def _trickle(self, body: bytes) -> None:
        for byte in body:
            if self.server.closing.wait(0.1):
                return
            self.wfile.write(bytes([byte]))

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True


class MjpegServer(ThreadingHTTPServer):
    """Streams at `url`; `is_silent` and `trickles` may be switched while it streams, to so many `viewers`.

    most_pictures  it hangs up after so many; None for no end
    """

    daemon_threads = True

    def __init__(
        self,
        *,
        basic: str = "",
        digest_user: tuple[str, str] | None = None,
        redirects_to: str = "",
        most_pictures: int | None = None,
    ) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.basic = basic
        self.digest_user = digest_user
        self.redirects_to = redirects_to
        self.most_pictures = most_pictures
        self.is_silent = False
        self.trickles = False
        self.closing = threading.Event()
        self.counting = threading.Lock()
        self.viewers = 0
        self.opened = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/video"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        self.closing.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
