"""What went wrong at Wit.ai and what to do about it: section 5 of the contract, as one pure function."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus


class Remedy(StrEnum):
    """What an error asks of us.

    none: it says that nothing was said. split: halve the sound. retry: in a moment. retry_late: once, after 30 s.
    back_off: leave Wit.ai alone for a minute. disable: the token is refused, try again every ten minutes.
    give_up: this request will never be answered.
    """

    NONE = "none"
    SPLIT = "split"
    RETRY = "retry"
    RETRY_LATE = "retry_late"
    BACK_OFF = "back_off"
    DISABLE = "disable"
    GIVE_UP = "give_up"


@dataclass(frozen=True)
class Failure:
    """An error of Wit.ai, or of the way there: a sentence for people, and the remedy."""

    remedy: Remedy
    message: str
    timed_out: bool = False
    retry_after_s: float | None = None


_BY_CODE = {
    "empty-transcription": Remedy.NONE,
    "audio-too-long": Remedy.SPLIT,
    "no-auth": Remedy.DISABLE,
    "no-meta-auth": Remedy.DISABLE,
    "rate-limit": Remedy.BACK_OFF,
    "timeout": Remedy.RETRY,
    "wit": Remedy.RETRY,
    "bad-request": Remedy.RETRY_LATE,  # also answered when throttled
    "unsupported-content-type": Remedy.GIVE_UP,
    "content-type": Remedy.GIVE_UP,
    "no-body": Remedy.GIVE_UP,
    "json-parse": Remedy.GIVE_UP,
    "msg-invalid": Remedy.GIVE_UP,
}
_OVERLOADED = "something went wrong. we've been notified."


def classify(status: int, code: str | None, message: str) -> Failure:
    """The failure that an answer with this HTTP status, error code and text means; `code` None: not Wit's own words.

    Errors also come inside a stream that began with status 200.
    """
    what = f"Wit.ai answered {code or status}: {message}" if message else f"Wit.ai answered {code or status}."
    return Failure(_remedy(status, code, message), what)


def _remedy(status: int, code: str | None, message: str) -> Remedy:
    if status == HTTPStatus.UNAUTHORIZED:
        return Remedy.DISABLE
    if status == HTTPStatus.TOO_MANY_REQUESTS or _OVERLOADED in message.casefold():
        return Remedy.BACK_OFF
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in (HTTPStatus.OK, HTTPStatus.REQUEST_TIMEOUT):
        return Remedy.RETRY
    if status == HTTPStatus.BAD_REQUEST and code is None:
        return Remedy.RETRY  # a page of some proxy's, not an answer of Wit's
    return Remedy.GIVE_UP
