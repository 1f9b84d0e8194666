"""A real mail server on loopback (aiosmtpd), which asks for a login and keeps what it takes.

In a test: `with MailServer() as mail: mail.wait_for(1)`.
"""

import email
import logging
import threading
from collections import deque
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.servers.postgres import find_free_port

LOGIN, PASSWORD = "ana", "s3cret-of-the-mail"


class MailServer:
    """Takes mail for anybody at `example.test`, from whoever knows the password."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self.replies: deque[str] = deque()
        self._changed = threading.Condition()
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # it would write down passwords
        self._controller = Controller(
            self,
            hostname="127.0.0.1",
            port=find_free_port(),
            authenticator=self._authenticate,
            auth_require_tls=False,
        )

    def __enter__(self) -> Self:
        self._controller.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._controller.stop()

    def reset(self) -> None:
        """As it was at the start, on the same port."""
        self.received.clear()
        self.replies.clear()

    def address(self, *, password: str = PASSWORD, to: str = "guard@example.test") -> str:
        """As Apprise writes it."""
        return f"mailto://{LOGIN}:{password}@127.0.0.1:{self._controller.port}?from=house@example.test&to={to}"

    def script(self, *replies: str) -> None:
        """Answer the next mails so, instead of taking them."""
        self.replies.extend(replies)

    def wait_for(self, number: int, *, timeout_s: float = 20.0) -> list[EmailMessage]:
        """What was taken, once there is so much; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.received) >= number, timeout_s):
                raise TimeoutError(f"{len(self.received)} of {number} mails")
        return list(self.received)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not session.authenticated:
            return "530 5.7.0 who are you?"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if not address.endswith("@example.test"):
            return "550 5.1.1 no such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.replies:
            return self.replies.popleft()
        content = envelope.content
        assert isinstance(content, bytes)
        with self._changed:
            message = email.message_from_bytes(content, policy=default)
            assert isinstance(message, EmailMessage)
            self.received.append(message)
            self._changed.notify_all()
        return "250 taken"

    @staticmethod
    def _authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        is_known = isinstance(data, LoginPassword) and data == LoginPassword(LOGIN.encode(), PASSWORD.encode())
        return AuthResult(success=is_known, handled=False)
