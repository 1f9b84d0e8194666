"""The JSON of a channel's call, read so that one damaged or hostile thing in it costs nothing that stands beside it.

What no program of ours could read again becomes null: nesting that is too deep, and numbers that are endless or none.
"""

import json
import re
from collections.abc import Iterator

from instantreact.errors import InvalidInput

MOST_DEEP = 64
"""Levels; what channels send has less than ten."""

_MOST_DIGITS = 40
_PARTS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def read_body(body: bytes) -> object:
    """What a channel sent. Raises InvalidInput for what is no JSON."""
    try:
        text = body.decode(json.detect_encoding(body), "replace")
        kept = "".join(_list_shallow(text))
        return json.loads(kept, parse_constant=_no_number, parse_float=_read_float, parse_int=_read_int)
    except ValueError as error:
        raise InvalidInput("The body is not JSON.") from error


def _list_shallow(text: str) -> Iterator[str]:
    """The pieces of `text`, with null in place of each list and object that lies too deep."""
    depth, kept_to = 0, 0
    for part in _PARTS.finditer(text):
        first = part[0][0]
        if first in "[{":
            depth += 1
            if depth == MOST_DEEP + 1:
                yield text[kept_to : part.start()] + "null"
        elif first in "]}":
            if depth == MOST_DEEP + 1:
                kept_to = part.end()
            depth -= 1
    yield text[kept_to:] if depth <= MOST_DEEP else ""


def _no_number(name: str) -> None:
    """NaN and Infinity are not JSON, and no database takes them."""


def _read_float(text: str) -> float | None:
    value = float(text)
    return value if abs(value) != float("inf") else None


def _read_int(text: str) -> int | None:
    return int(text) if len(text) <= _MOST_DIGITS else None
