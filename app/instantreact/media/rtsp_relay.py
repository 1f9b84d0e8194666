"""Stands between FFmpeg and an RTSP camera: FFmpeg talks to us on loopback, we talk to the address that was judged.

FFmpeg follows a redirect wherever it leads, with user name and password, sends RTP's receiver reports wherever the
camera says, and has no option against either. Here a redirect ends the connection, reports go to the camera, and the
camera is told our user name and password by us: FFmpeg never learns them.
"""

import ipaddress
import re
import secrets
import selectors
import socket
import threading
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from typing import Self

from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.camera_login import CameraLogin
from instantreact.media.reach import SENDS_ELSEWHERE
from instantreact.media.rtsp_messages import Message, MessageSplitter, read_count
from instantreact.media.source import Source, address_of

_SOURCE = re.compile(r"\s*source\s*=", re.IGNORECASE)
_OVER_TCP = "RTP/AVP/TCP"
_NOT_ABOUT_TRANSPORT = frozenset({401, 403, 404, 453, 454})
"""What SETUP may be refused with whatever the transport: login, path, bandwidth, session."""
_RECEIVED_BYTES = 65_536
_KEPT_BYTES = 262_144
_MOST_UNANSWERED = 16
_GOODBYE_S = 1.0


class TransportRefused(StreamLost):
    """The camera answers, but does not send over the transport that it was asked for."""


@dataclass(frozen=True)
class _Asked:
    """A request of FFmpeg's that awaits its answer. FFmpeg counts it as `sequence`, the camera by our own count."""

    request: Message
    sequence: str
    is_retry: bool = False


class RtspRelay:
    """Passes on one connection. Raises StreamLost when the camera cannot be reached; then FFmpeg may open `url`.

    address  where the camera is: what the policy judged
    """

    def __init__(self, source: Source, address: str, *, open_timeout_s: float) -> None:
        judged = ipaddress.ip_address(address)
        self._address = str(getattr(judged, "ipv4_mapped", None) or judged)
        self._open_timeout_s = open_timeout_s
        self._asks_for = address_of(source)[: len(address_of(source)) - len(source.path)]
        self._login = CameraLogin(source.login)
        with ExitStack() as undo:
            self._camera = undo.enter_context(_connect(self._address, source.port, open_timeout_s))
            self._server_socket = _open_server_socket(self._address)
            undo.pop_all()
        self._ffmpeg: socket.socket | None = None
        host, port = self._server_socket.getsockname()[:2]
        # The token keeps out whoever on this machine finds the port first: we log in for those who connect.
        self._stands_for = f"rtsp://{f'[{host}]' if ':' in host else host}:{port}/{secrets.token_hex(16)}"
        self.url = f"{self._stands_for}{source.path}"
        self._asked: dict[int, _Asked] = {}
        self._sequence = 0
        self._has_heard = False
        self.is_over_udp = False
        """Whether the media comes over UDP, past us."""
        self._failure: StreamLost | NotAllowed | None = None
        self._thread = threading.Thread(target=self._run, name="instantreact-rtsp", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def failure(self) -> StreamLost | NotAllowed | None:
        """Why we hung up, or that the camera never answered; None when neither is so."""
        if self._failure is None and not self._has_heard:
            return StreamLost(f"The camera did not answer within {self._open_timeout_s:g} s.")
        return self._failure

    def close(self) -> None:
        """Hang up, once what FFmpeg said last is on its way."""
        if self._ffmpeg is not None:
            self._thread.join(_GOODBYE_S)
        for each in (self._server_socket, self._camera, self._ffmpeg):
            if each is not None:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def _run(self) -> None:
        with self._camera, suppress(OSError):  # one side may hang up in the middle of a word
            with self._server_socket:
                self._ffmpeg, _ = self._server_socket.accept()
            with self._ffmpeg:
                self._ffmpeg.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._ffmpeg.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _KEPT_BYTES)
                try:
                    self._pass_on(self._ffmpeg)
                except (StreamLost, NotAllowed) as error:
                    self._failure = error

    def _pass_on(self, ffmpeg: socket.socket) -> None:
        asked, answered = MessageSplitter(), MessageSplitter()
        with selectors.PollSelector() as selector:
            selector.register(ffmpeg, selectors.EVENT_READ)
            selector.register(self._camera, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is ffmpeg:
                        received = ffmpeg.recv(_RECEIVED_BYTES)
                        self._ask(asked.split(received))
                    else:
                        received = self._camera.recv(_RECEIVED_BYTES)
                        self._answer(answered.split(received), ffmpeg)
                    if not received:
                        return

    def _ask(self, pieces: list[Message | bytes]) -> None:
        for piece in pieces:
            if isinstance(piece, bytes):
                self._camera.sendall(piece)
            elif piece.status:
                self._camera.sendall(piece.encode())
            else:
                is_ours = piece.url.startswith(self._stands_for)
                if not is_ours and self._sequence == 0:
                    raise PermissionError
                url = self._asks_for + piece.url.removeprefix(self._stands_for) if is_ours else piece.url
                self._send(_Asked(piece.asking_for(url), piece.find("CSeq") or ""))

    def _send(self, asked: _Asked) -> None:
        self._sequence += 1
        self._asked[self._sequence] = asked
        if len(self._asked) > _MOST_UNANSWERED:
            del self._asked[min(self._asked)]
        request = asked.request
        answer = self._login.answer(request.method, request.url)
        request = request.having("CSeq", str(self._sequence)).having("Authorization", answer)
        self._camera.sendall(request.encode())

    def _answer(self, pieces: list[Message | bytes], ffmpeg: socket.socket) -> None:
        if not pieces and not self._has_heard:
            return
        self._has_heard = True
        for piece in pieces:
            if isinstance(piece, bytes):
                ffmpeg.sendall(piece)
            elif not piece.status:
                ffmpeg.sendall(piece.encode())
            elif 300 <= piece.status < 400:
                raise NotAllowed(SENDS_ELSEWHERE)
            elif asked := self._find_asked(piece):
                self._answer_one(piece, asked, ffmpeg)

    def _find_asked(self, response: Message) -> _Asked | None:
        """What the camera answers; the oldest request where it does not say so."""
        count = read_count(response.find("CSeq") or "")
        oldest = min(self._asked, default=0)
        return self._asked.pop(count if count in self._asked else oldest, None)

    def _answer_one(self, response: Message, asked: _Asked, ffmpeg: socket.socket) -> None:
        challenges = response.list_values("WWW-Authenticate")
        if response.status == 401 and not asked.is_retry and self._login.take_challenge(challenges):
            self._send(replace(asked, is_retry=True))
            return
        response = response.having("CSeq", asked.sequence).having("WWW-Authenticate", None)
        transport = response.find("Transport")
        if asked.request.method == "SETUP":
            self._note_transport(asked.request.find("Transport") or "", response.status, transport or "")
        if transport is not None:
            response = response.having("Transport", self._with_source(transport))
        if asked.request.method == "DESCRIBE" and response.find("Content-Base") is None:
            response = response.having("Content-Base", asked.request.url)
        ffmpeg.sendall(response.encode())

    def _note_transport(self, wanted: str, status: int, given: str) -> None:
        """FFmpeg gives up where the camera refuses the transport, or takes another: why is known here alone."""
        over_tcp = wanted.upper().startswith(_OVER_TCP)
        self.is_over_udp = not over_tcp
        takes_other = status < 300 and given.upper().startswith(_OVER_TCP) is not over_tcp
        if takes_other or (status >= 400 and status not in _NOT_ABOUT_TRANSPORT):
            way, cure = ("TCP", "put #udp behind") if over_tcp else ("UDP", "leave #udp out of")
            self._failure = TransportRefused(f"The camera does not send RTSP over {way}: {cure} its source.")

    def _with_source(self, transport: str) -> str:
        """FFmpeg sends its reports to the `source`, or else to where it is connected, which is us."""
        parts = [part for part in transport.partition(",")[0].split(";") if not _SOURCE.match(part)]
        return ";".join([*parts, f"source={self._address}"])


def _connect(address: str, port: int, timeout_s: float) -> socket.socket:
    try:
        connection = socket.create_connection((address, port), timeout=timeout_s)
    except TimeoutError:
        raise StreamLost(f"The camera did not answer within {timeout_s:g} s.") from None
    except ConnectionRefusedError:
        raise StreamLost(f"Nothing listens on port {port} there.") from None
    except OSError as error:
        raise StreamLost(f"The camera cannot be reached: {error.strerror or 'the connection broke'}.") from None
    connection.settimeout(None)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # What the kernel holds for us comes on top of what it holds for FFmpeg: none of it is live any more.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _KEPT_BYTES)
    return connection


def _open_server_socket(address: str) -> socket.socket:
    """On loopback, in the camera's family of addresses: FFmpeg receives RTP over UDP in the same one."""
    is_v6 = ":" in address
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    return socket.create_server(("::1" if is_v6 else "127.0.0.1", 0), family=family, backlog=1)
