"""A real RTSP camera on loopback (GStreamer's gst-rtsp-server in its own process), and ports that misbehave."""

import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

SCRIPT = Path(__file__).with_name("gst_rtsp.py")
SYSTEM_PYTHON = "/usr/bin/python3"


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def repeat_clip(clip: Path, folder: Path, *, times: int, sound: bool = False) -> Path:
    """The clip's H.264 (and AAC) many times in a row, not coded anew, as the server needs it."""
    ffmpeg = shutil.which("ffmpeg")
    assert ffmpeg, "the tests need ffmpeg"
    looped = folder / f"{clip.stem}-{'sound' if sound else 'silent'}.mp4"
    command = [ffmpeg, "-nostdin", "-v", "error", "-y", "-stream_loop", str(times - 1), "-i", str(clip)]
    tracks = ["-map", "0:v:0", "-map", "0:a:0"] if sound else ["-map", "0:v:0"]
    subprocess.run([*command, *tracks, "-c", "copy", str(looped)], check=True, stdin=subprocess.DEVNULL)
    return looped


class RtspServer:
    """Serves one clip in real time at `url`; may be killed, frozen, thawed and started again on the same port."""

    def __init__(
        self, clip: Path, *, user: tuple[str, str] | None = None, digest: bool = False, transports: str = "tcp,udp"
    ) -> None:
        self._transports = transports
        self.port = free_port()
        self._digest = digest
        self._clip = clip
        self._user = user
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/stream1"

    def start(self) -> None:
        command = [SYSTEM_PYTHON, str(SCRIPT), self._transports, str(self.port), str(self._clip), *(self._user or ())]
        if self._digest:
            command.append("digest")
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def kill(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    def freeze(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self._process
        self._process.send_signal(signal.SIGCONT)


class OddPort:
    """A TCP port that accepts and then does what `behave` does with the connection; `port` may be given."""

    def __init__(self, behave: Callable[[socket.socket], None], port: int = 0) -> None:
        self._behave = behave
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen()
        self.port = int(self._listener.getsockname()[1])
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        for connection in self._open:
            connection.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            try:
                self._behave(connection)
            except OSError:
                continue


def say_nothing(connection: socket.socket) -> None:
    """Accept, and be silent."""


def say_garbage(connection: socket.socket) -> None:
    """Answer what no camera would."""
    connection.recv(1024)
    connection.sendall(bytes(range(256)) * 16)
    connection.shutdown(socket.SHUT_RDWR)


_SDP = b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n"


class RtspScript:
    """Behaves like a camera with an H.264 track that sends nothing, but for what `answers` says, by method.

    Each answer is what follows `RTSP/1.0 `, without a body; "SETUP TCP" is that to a SETUP over TCP.
    `requests` are those that came, without their ends of line.
    only_ffmpeg  whether others than FFmpeg are answered as by any camera
    """

    def __init__(self, answers: dict[str, str] | None = None, *, only_ffmpeg: bool = False) -> None:
        self.requests: list[list[str]] = []
        self._answers = {
            "DESCRIBE": f"200 OK\r\nContent-Type: application/sdp\r\nContent-Length: {len(_SDP)}",
            "SETUP": "200 OK\r\nSession: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1",
        }
        self._special = answers or {}
        self._only_ffmpeg = only_ffmpeg

    def __call__(self, connection: socket.socket) -> None:
        received = b""
        while True:
            while b"\r\n\r\n" not in received:
                part = connection.recv(4096)
                if not part:
                    return
                received += part
            head, _, received = received.partition(b"\r\n\r\n")
            connection.sendall(self._answer(head.decode().split("\r\n")))

    def _answer(self, request: list[str]) -> bytes:
        self.requests.append(request)
        method = request[0].partition(" ")[0]
        sequence = next(line for line in request if line.startswith("CSeq"))
        is_ffmpeg = any("Lavf" in line for line in request)
        over_tcp = any("RTP/AVP/TCP" in line for line in request)
        special = self._special.get(f"{method} TCP" if over_tcp else method) or self._special.get(method)
        special = special if is_ffmpeg or not self._only_ffmpeg else None
        answer = special or self._answers.get(method, "200 OK")
        status, _, headers = answer.partition("\r\n")
        lines = [f"RTSP/1.0 {status}", sequence, *([headers] if headers else []), "", ""]
        return "\r\n".join(lines).encode() + (_SDP if method == "DESCRIBE" and not special else b"")


def redirect_to(location: str) -> Callable[[socket.socket], None]:
    """Send an RTSP client elsewhere."""

    def behave(connection: socket.socket) -> None:
        connection.recv(1024)
        connection.sendall(f"RTSP/1.0 302 Moved\r\nCSeq: 1\r\nLocation: {location}\r\n\r\n".encode())

    return behave
