"""A real local receiver of webhooks, as somebody would write one with the library `standardwebhooks`.

It takes what is signed with its secret and new, keeps each id once, and refuses the rest.
In a test: `with HookReceiver() as receiver: receiver.script(Fault(503))`.
"""

import ssl
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.servers.threaded import ThreadedServer

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OLD_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


@dataclass(frozen=True)
class Received:
    """A call that was taken."""

    path: str
    webhook_id: str
    value: dict[str, Any]
    headers: dict[str, str]


@dataclass(frozen=True)
class Fault:
    """What the next call gets instead of a receipt; `accepted`: although it was taken. Status 0: no answer at all."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    accepted: bool = False


class HookReceiver(ThreadedServer):
    """Listens on a free port of this machine during the block."""

    def __init__(self, secret: str = SECRET, *, tls: ssl.SSLContext | None = None) -> None:
        self.secret = secret
        self.received: list[Received] = []
        self.refused: list[str] = []
        self.repeated: list[str] = []
        self.calls = 0
        self._faults: list[Fault] = []
        self._changed = threading.Condition()
        self._ending = threading.Event()
        super().__init__(self._handler(), tls=tls)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        super().__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/alerts"

    def reset(self) -> None:
        """As it was at the start, on the same port."""
        self.secret, self.calls = SECRET, 0
        for seen in (self.received, self.refused, self.repeated, self._faults):
            seen.clear()

    def script(self, *faults: Fault) -> None:
        """Let the next calls fail so."""
        self._faults.extend(faults)

    def wait_for(self, number: int, *, timeout_s: float = 20.0) -> list[Received]:
        """What was taken, once there is so much; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= number, timeout_s):
                raise TimeoutError(f"{len(self.received)} of {number} calls; refused: {self.refused}")
        return list(self.received)

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> int:
        """The status to answer with; 0 for none."""
        with self._changed:
            self.calls += 1
            fault = self._faults.pop(0) if self._faults else None
            if fault is not None and not fault.accepted:
                return fault.status
            try:
                value = Webhook(self.secret).verify(body, headers)
            except WebhookVerificationError as error:
                self.refused.append(str(error))
                return 401
            self._keep(Received(path, headers["webhook-id"], value, headers))
            self._changed.notify_all()
        return 204 if fault is None else fault.status

    def _keep(self, call: Received) -> None:
        if any(call.webhook_id == known.webhook_id for known in self.received):
            self.repeated.append(call.webhook_id)
        else:
            self.received.append(call)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                planned = receiver._faults[0].headers if receiver._faults else {}
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver._take(self.path, {name.lower(): said for name, said in self.headers.items()}, body)
                if status == 0:
                    receiver._ending.wait(5)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, said in {**planned, "Content-Length": "0"}.items():
                    self.send_header(name, said)
                self.end_headers()

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Says nothing."""

        return Handler
