"""Kinds of text and time that many requests share."""

from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from fastapi import Path
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, StringConstraints, model_validator

ID_PATTERN = r"^[0-9A-Za-z_-]{1,64}$"
_PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

Id = Annotated[str, StringConstraints(pattern=ID_PATTERN)]
"""An id in a body or a query."""

PathId = Annotated[str, Path(pattern=ID_PATTERN, description="The id, as the service gave it.")]
"""An id in a path."""

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120, pattern=_PRINTABLE)]
"""A short line of text, perhaps empty, without control characters."""

Name = Annotated[Line, StringConstraints(min_length=1)]
"""A short line of text that says something."""

SearchText = Annotated[str, StringConstraints(max_length=200, pattern=_PRINTABLE)]
"""What to look for, a space at its end included."""

Source = Annotated[str, StringConstraints(pattern=r"^[^\s\x00-\x1f\x7f]{1,2000}$")]
"""The address of a camera, its user and password in clear."""


Username = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=_PRINTABLE)]
"""Who may watch a camera, as it is, not escaped."""

Password = Annotated[str, StringConstraints(max_length=256, pattern=_PRINTABLE)]
"""As it is, not escaped; an empty one is one."""


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error


Moment = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A point in time with its zone, taken to UTC."""

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
