"""Greets an RTSP server before FFmpeg does, to tell in words what is wrong and to refuse redirects.

FFmpeg follows an RTSP redirect wherever it leads and has no option against it.
"""

import re
import socket
import time

from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.source import Source, address_of

_STATUS = re.compile(rb"RTSP/1\.\d (\d{3})")
_LONGEST_ANSWER = 65_536


def greet_rtsp(source: Source, address: str, timeout_s: float) -> None:
    """Ask for the stream's description, without credentials.

    Raises StreamLost when nobody listens, nobody answers in time, or what answers is no RTSP server with such a stream;
    NotAllowed when it sends us elsewhere.
    """
    url = address_of(source)
    request = f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\nUser-Agent: InstantReact\r\n\r\n"
    try:
        with socket.create_connection((address, source.port), timeout=timeout_s) as connection:
            connection.sendall(request.encode())
            answer = _read_head(connection, time.monotonic() + timeout_s)
    except TimeoutError:
        raise StreamLost(f"The camera did not answer within {timeout_s:g} s.") from None
    except ConnectionRefusedError:
        raise StreamLost(f"Nothing listens on port {source.port} there.") from None
    except OSError as error:
        raise StreamLost(f"The camera cannot be reached: {error.strerror or 'the connection broke'}.") from None
    _judge(answer)


def _read_head(connection: socket.socket, until_s: float) -> bytes:
    answer = b""
    while b"\r\n\r\n" not in answer and len(answer) < _LONGEST_ANSWER:
        left_s = until_s - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(left_s)
        received = connection.recv(4096)
        if not received:
            break
        answer += received
        if not b"RTSP/1.".startswith(answer[:7]):
            break
    return answer


def _judge(answer: bytes) -> None:
    found = _STATUS.match(answer)
    if not found:
        raise StreamLost("What answers there does not speak RTSP.")
    status = int(found[1])
    if 300 <= status < 400:
        raise NotAllowed("The camera sends us to another address; give that address as its source.")
    if status == 404:
        raise StreamLost("The camera has no stream of this path.")
    if status >= 500:
        raise StreamLost(f"The camera cannot stream now (RTSP status {status}).")
