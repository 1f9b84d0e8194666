"""Opens cameras that mean ill, all at the same time: they mostly let us wait."""

import socket
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from instantreact.errors import InstantReactError
from instantreact.media.open_stream import probe_stream
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import parse_source
from instantreact.media.stream import StreamLimits
from tests.servers.rtsp import OddPort

Behaviour = Callable[[socket.socket], None]

LIMITS = StreamLimits(open_timeout_s=1.0, read_timeout_s=0.5, stall_timeout_s=1.0)
PATIENCE_S = 30.0

stopping = threading.Event()


def answering(head: bytes, body: bytes = b"") -> Behaviour:
    """Answer once, and hang up."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(head + b"\r\n\r\n" + body)
        connection.shutdown(socket.SHUT_RDWR)

    return behave


def repeating(beginning: bytes, piece: bytes, pause_s: float = 0.0) -> Behaviour:
    """Say the same again and again."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(beginning)
        while not stopping.wait(pause_s):
            connection.sendall(piece)

    return behave


def open_all(scheme: str, cameras: Mapping[str, Behaviour]) -> Mapping[str, str]:
    """Why each could not be opened; "hangs" for one that nobody gave up, and the traceback's last line of a crash."""
    stopping.clear()
    with ThreadPoolExecutor(len(cameras)) as pool:
        return dict(zip(cameras, pool.map(lambda name: _open(scheme, cameras[name]), cameras), strict=True))


def _open(scheme: str, behave: Behaviour) -> str:
    told = ["hangs"]

    def probe(port: int) -> None:
        try:
            probe_stream(parse_source(f"{scheme}://ana:secret@127.0.0.1:{port}/a"), ReachPolicy(), LIMITS)
            told[0] = "is a camera"
        except InstantReactError as error:
            told[0] = f"is refused: {error}"
        except Exception as error:
            told[0] = f"breaks us: {error!r}"

    with OddPort(behave) as port:
        probing = threading.Thread(target=probe, args=(port.port,), daemon=True)
        probing.start()
        probing.join(PATIENCE_S)
        if probing.is_alive():
            stopping.set()
    return told[0]
