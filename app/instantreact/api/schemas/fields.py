"""Kinds of text and time that many requests share."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import Annotated, Any, ClassVar

from fastapi import Path, Query
from pydantic import (
    AfterValidator,
    AllowInfNan,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StringConstraints,
    model_validator,
)

ID_PATTERN = r"^[0-9A-Za-z_-]{1,64}$"
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATE_AND_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:")

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An id in a body or a query."""

PathId = Annotated[str, Path(pattern=ID_PATTERN, description="The id, as the service gave it.")]
"""An id in a path."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=_PRINTABLE)]
"""A short line of text, perhaps empty, without control characters."""


def _check_visible(text: str) -> str:
    """Zero-width letters alone are a name that nobody can read."""
    if not any(unicodedata.category(letter)[0] in "LNPS" for letter in text):
        raise ValueError("holds nothing that can be seen")
    return text


Name = Annotated[Line, StringConstraints(min_length=1), AfterValidator(_check_visible)]
"""A short line of text that says something."""

SearchText = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]
"""Words to look for."""

Mark = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=_PRINTABLE)]
"""The name of a concept, or a label."""

Source = Annotated[
    str,
    StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f]{1,2000}$"),
    Field(json_schema_extra={"format": "camera-source"}),
]
"""The address of a camera, its user and password in clear."""


Username = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_PRINTABLE)]
"""Who may watch a camera, as it is, not escaped."""

Password = Annotated[str, StringConstraints(max_length=256, pattern=_PRINTABLE)]
"""As it is, not escaped; an empty one is one."""

Flag = Annotated[bool, Strict()]
"""true or false in a body, where 0, 1.0 and "yes" are mistakes."""

Number = Annotated[float, Strict(), AllowInfNan(False)]
"""A number in a body: no text, no truth value, and neither infinite nor none at all."""


def _refuse_what_is_no_number(value: object) -> object:
    if isinstance(value, str | bool):
        raise ValueError("is not a number")
    return value


Count = Annotated[int, BeforeValidator(_refuse_what_is_no_number)]
"""A whole number in a body; 2.0 is one, as JSON has it."""

Several = Annotated[int, Field(ge=1, le=1000), BeforeValidator(_refuse_what_is_no_number)]
"""One to a thousand, where null may stand as well."""


def _read_switch(value: object) -> object:
    if isinstance(value, str) and value not in {"true", "false"}:
        raise ValueError("is neither true nor false")
    return value


Switch = Annotated[bool, BeforeValidator(_read_switch)]
"""true or false in a query."""


Playable = Annotated[
    Switch,
    Query(
        description="H.264 in MP4, made once where the file is something that browsers may not play. While it is being "
        "made the answer is 503; Retry-After says when to ask again."
    ),
]


def _refuse_what_is_no_date(value: object) -> object:
    """A number would be taken for seconds since 1970."""
    if not isinstance(value, datetime) and not (isinstance(value, str) and _DATE_AND_TIME.match(value)):
        raise ValueError("is not a date and time with its zone, such as 2026-11-22T12:00:00Z")
    return value


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error


Moment = Annotated[AwareDatetime, BeforeValidator(_refuse_what_is_no_date), AfterValidator(_to_utc)]
"""A point in time with its zone, taken to UTC."""


def _refuse_what_is_no_day(value: object) -> object:
    """A number would be taken for seconds since 1970."""
    if not isinstance(value, date) and not (isinstance(value, str) and _DATE.fullmatch(value)):
        raise ValueError("is not a date such as 2026-11-22")
    return value


Day = Annotated[date, BeforeValidator(_refuse_what_is_no_day)]
"""A day of the calendar, wherever that is."""

_EARLIEST, _LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def _check_recorded(moment: datetime) -> datetime:
    if not _EARLIEST <= moment < _LATEST:
        raise ValueError("is no time at which footage was recorded")
    return moment


RecordedAt = Annotated[Moment, AfterValidator(_check_recorded)]
"""When footage was recorded: so far from the calendar's ends that days can be added and taken away."""


class Draft(BaseModel):
    """A body that people write: unknown fields are mistakes, but what a GET adds may be sent back as it came."""

    model_config = ConfigDict(extra="forbid")
    read_only: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _drop_read_only(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: each for name, each in value.items() if name not in cls.read_only}
