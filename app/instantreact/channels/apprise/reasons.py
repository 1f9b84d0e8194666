"""Why Apprise did not send something: it only says so in its log, which is read here and shown nowhere else."""

import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from instantreact.addresses import HIDDEN
from instantreact.errors import DeliveryDeferred, DeliveryError, DeliveryRefused, RecipientUnreachable

BUSY_WAIT_S = 60.0
_STATUS = re.compile(r"\berror=(\d{3})\b")
_MAIL_REPLY = re.compile(r"\((\d{3}), b['\"](.{0,300}?)['\"][,)]")
_PARAMETER_NAME = re.compile(r"(?<=[?&])[^=&]*=")
_SHORTEST_SECRET = 4


class LogReader(logging.Handler):
    """Keeps why Apprise failed while `listening`, for each thread apart. Nothing of it goes to our own log."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = threading.local()
        self._logger = logging.getLogger("apprise")
        self._logger.addHandler(self)
        self._logger.setLevel(logging.DEBUG)
        self._logger.propagate = False  # its lines may hold what addresses hold

    def emit(self, record: logging.LogRecord) -> None:
        lines: list[str] | None = getattr(self._heard, "lines", None)
        if lines is None:
            return
        if record.levelno >= logging.WARNING:
            lines.append(record.getMessage())
        elif str(record.msg).startswith("Socket Exception"):
            # Of exceptions only what a mail server answered: others hold addresses in forms of their own.
            lines.extend(f"error={code} {said}" for code, said in _MAIL_REPLY.findall(record.getMessage()))

    @contextmanager
    def listening(self) -> Iterator[list[str]]:
        """What is said in this thread during the block."""
        lines: list[str] = []
        self._heard.lines = lines
        try:
            yield lines
        finally:
            self._heard.lines = None

    def close(self) -> None:
        self._logger.removeHandler(self)
        super().close()


def explain(lines: list[str], url: str, service: str) -> DeliveryError:
    """The error that Apprise's words ask for, by a status of HTTP's or of a mail server's; without one it may pass.

    `service` begins the sentence.
    """
    said = hide_parts(" ".join(lines), url)[:300] or "Apprise does not say why."
    found = _STATUS.search(" ".join(lines))
    status, is_mail = int(found[1]) if found else 0, url.lower().startswith("mailto")
    if is_mail:
        return _explain_mail(status, service, said)
    match status:
        case 400 | 413 | 415 | 422:
            return DeliveryRefused(f"{service} refuses this message. {said}")
        case 408 | 425 | 429:
            return DeliveryDeferred(f"{service} asks us to wait. {said}", retry_after_s=BUSY_WAIT_S)
        case _ if 400 <= status < 500:
            return RecipientUnreachable(f"{service} does not let us in: look at its address. {said}")
        case _:
            return DeliveryDeferred(f"{service} took nothing. {said}")


def _explain_mail(status: int, service: str, said: str) -> DeliveryError:
    """A reply above 500 is for good (RFC 5321, section 4.2.1): 552 and 554 are about the message."""
    if status in (552, 554):
        return DeliveryRefused(f"{service} refuses this message. {said}")
    if status >= 500:
        return RecipientUnreachable(f"{service} does not take mail for this address or from us. {said}")
    return DeliveryDeferred(f"{service} took nothing. {said}")


def hide_parts(text: str, url: str) -> str:
    """The text without anything that stands in the address, but names of parameters: tokens stand where hosts do."""
    rest = _PARAMETER_NAME.sub(" ", url.partition("://")[2])
    parts = {part for each in (rest, unquote(rest)) for part in re.split(r"[/:@?&=,;#\s]+", each)}
    for part in sorted(parts, key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = re.sub(re.escape(part), HIDDEN, text, flags=re.IGNORECASE)
    return " ".join(text.split())
