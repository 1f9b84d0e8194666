"""Structured logs without secrets: `log.info("clip.analyzed", clip_id=..., took_ms=...)`."""

import logging
import re
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog

from instantreact.addresses import HIDDEN, show_address, show_query

_ADDRESS = re.compile(r"\b[a-z][a-z0-9+.-]{0,30}://\S+", re.IGNORECASE)
_END_OF_SENTENCE = ".,;:!?'\")]}>"
_QUERY = re.compile(r"\?[^\s\"'<>)?]*=[^\s\"'<>)]*")
_SECRET_PARAMETER = re.compile(
    r"(?P<name>access_token|appsecret_proof|hub\.verify_token|api_key|key|token)=[^&\s\"']+", re.IGNORECASE
)
# Cameras take user and password as parameters of a query, some in the path itself, under a name of their maker's
# liking. In a path a value may hold what parts it from the next: everything up to the next sure end is hidden.
_CREDENTIAL_PARAMETER = re.compile(
    r"(?P<name>[/?&;](?:[^=&;/?\s]*(?:user|usr|login|account|pass|psw|pwd|pw|psk|pin|auth|secret|session|sid|code|sig|cred)[^=&;/?\s]*|u|p))"
    r"=[^&;/?\s]*",
    re.IGNORECASE,
)
# As headers are written in a request, in a dictionary or in a list of pairs: without quotes, all of the line is hidden.
_SECRET_HEADER = re.compile(
    r"(?P<name>\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-[\w-]*(?:key|token|signature|secret)[\w-]*)"
    r"(?:[\"']\s*,|[\"']?\s*[:=])\s*)(?:b?'[^']*'|b?\"[^\"]*\"|[^\r\n]+)",
    re.IGNORECASE,
)
_NAMED = r"(?P<name>[\w-]*(?:password|passwd|pwd|passphrase|secret|token|api[_-]?key)[\"']?\s*"
_QUOTED_SECRET = re.compile(_NAMED + r"[:=]\s*)b?(?:'[^']*'|\"[^\"]*\")", re.IGNORECASE)
_PLAIN_SECRET = re.compile(
    _NAMED + r"(?:=|:(?=\s*\S{12})(?=\s*\S*\d))\s*)[^\s&,;\"')}*]+", re.IGNORECASE
)  # after a colon a word may be a word
_LOGIN = re.compile(r"(?<![\w/])[\w.%+-]+:[^\s/@]+@(?=[\w\[])")  # of an address without its scheme, as FFmpeg writes it
_BEARER = re.compile(r"(?P<name>bearer)\s+[\w.~+/=-]+", re.IGNORECASE)
_SECRET_FIELDS = frozenset({"access_token", "app_secret", "api_key", "token", "password", "authorization", "secret"})


def redact(text: str) -> str:
    """The text with addresses and queries as they may be shown, and without bearer tokens.

    An address goes on to the next white space, so that passwords may hold anything else.
    """
    text = _ADDRESS.sub(_show_in_sentence, text)
    text = _LOGIN.sub(f"{HIDDEN}@", text)
    text = _QUERY.sub(lambda found: f"?{show_query(found[0][1:])}", text)
    text = _CREDENTIAL_PARAMETER.sub(r"\g<name>=***", text)
    text = _SECRET_PARAMETER.sub(r"\g<name>=***", text)
    text = _SECRET_HEADER.sub(r"\g<name>***", text)
    text = _QUOTED_SECRET.sub(r"\g<name>***", text)
    text = _PLAIN_SECRET.sub(r"\g<name>***", text)
    return _BEARER.sub(r"\g<name> ***", text)


def _show_in_sentence(found: re.Match[str]) -> str:
    address = found[0].rstrip(_END_OF_SENTENCE)
    return show_address(address) + found[0][len(address) :]


def _redact_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = HIDDEN if name in _SECRET_FIELDS else _redact_value(value)
    return event


def _redact_value(value: Any) -> Any:
    match value:
        case str():
            return redact(value)
        case bytes():
            return redact(value.decode(errors="replace"))
        case dict():
            return _redact_event(None, "", dict(value))
        case list() | tuple():
            return [_redact_value(each) for each in value]
        case None | int() | float():
            return value
    return redact(repr(value))


class Throttle:
    """Lets a line of a kind through once in `every_s`, so that a flood of what it tells of is none of the log's.

    Kinds are few and named in the code: nobody outside may choose them.
    """

    def __init__(self, *, every_s: float = 60.0, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._every_s = every_s
        self._monotonic = monotonic
        self._admitted: dict[str, tuple[float, int]] = {}

    def admit(self, kind: str) -> int | None:
        """How many were held back since the last line of this kind; None when this one is, too."""
        now_s = self._monotonic()
        last_s, skipped = self._admitted.get(kind, (-self._every_s, 0))
        if now_s - last_s < self._every_s:
            self._admitted[kind] = last_s, skipped + 1
            return None
        self._admitted[kind] = now_s, 0
        return skipped


class FloodFilter(logging.Filter):
    """Throttles what others make libraries say: no HTTP, a handshake that failed, no more descriptors, no RabbitMQ."""

    def __init__(self) -> None:
        super().__init__()
        self._throttle = Throttle()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        kind = str(record.msg).partition("\n")[0]
        is_ours_to_blame = kind.startswith("Exception in ASGI") or (
            record.name == "asyncio" and not kind.startswith("socket.accept()")
        )
        if is_ours_to_blame:
            return True
        skipped = self._throttle.admit(kind)
        if skipped:
            record.msg = f"{record.msg} ({skipped} more like this before)"
        return skipped is not None


def configure_logs(*, level: str = "info", json: bool = False) -> None:
    """Send every log line to standard error, redacted, ours and those of other libraries in one form."""
    renderer: Any = structlog.processors.JSONRenderer()
    if not json:
        # Plain tracebacks: the rich ones show local variables, and those may hold secrets.
        plain = structlog.dev.plain_traceback
        renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=plain)
    first: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Any] = [structlog.processors.format_exc_info, _redact_event, renderer]
    structlog.configure(
        processors=[*first, *last],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*first, _name_logger],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    logging.basicConfig(
        level=max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]), handlers=[handler], force=True
    )
    for chatty in ("httpx", "taskiq", "alembic.runtime.migration", "aio_pika.robust_connection"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    for flooded in ("uvicorn.error", "asyncio", "aio_pika.robust_connection"):
        logging.getLogger(flooded).filters = [FloodFilter()]


def _name_logger(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    event["logger_name"] = event["_record"].name
    return event


def bind_request_id(request_id: str) -> None:
    """From here on every line of this task, and of the jobs that it queues, has it."""
    structlog.contextvars.bind_contextvars(request_id=request_id)


def current_request_id() -> str | None:
    """What this task follows from, as far as that is known."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


def get_logger(name: str) -> structlog.typing.FilteringBoundLogger:
    """A logger of events for the module `name`."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(logger_name=name)
    return logger
