"""How the decoding child talks to its parent: a length, a JSON header, then raw bytes. Never pickle: the child has
touched a hostile file, and what it says is data to be checked.
"""

import json
import struct
from collections.abc import Mapping
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from instantreact.errors import UnreadableMedia

LENGTH = struct.Struct(">I")
MAX_HEADER_BYTES = 16_384
_LARGEST = 1e15

Field = str | float | bool | None


def write_message(pipe: BinaryIO, kind: str, fields: Mapping[str, Field], *parts: memoryview) -> None:
    """Send a header of `kind` with `fields`, then the parts, whose sizes the reader knows or finds in the fields."""
    header = json.dumps({"kind": kind, **fields}).encode()
    pipe.write(LENGTH.pack(len(header)) + header)
    pipe.writelines(part.cast("B") for part in parts)
    pipe.flush()


def raw_bytes(array: NDArray[np.generic]) -> memoryview:
    """The bytes of a contiguous array, shared with it; empty arrays too, which a memoryview cannot cast."""
    return array.reshape(-1).view(np.uint8).data


class Header:
    """The fields of a message, each checked as it is read; UnreadableMedia where one is not what it must be."""

    def __init__(self, encoded: bytes) -> None:
        try:
            fields = json.loads(encoded)
        except (ValueError, RecursionError) as error:
            raise _broken("the header") from error
        if not isinstance(fields, dict):
            raise _broken("the header")
        self._fields: dict[str, object] = fields

    def text(self, name: str) -> str:
        value = self._fields.get(name)
        if not isinstance(value, str):
            raise _broken(name)
        return value

    def optional_text(self, name: str) -> str | None:
        return None if self._fields.get(name) is None else self.text(name)

    def number(self, name: str) -> float:
        """A finite number."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
            raise _broken(name)
        return float(value)

    def count(self, name: str, *, most: int, least: int = 0) -> int:
        """A whole number from `least` to `most`."""
        value = self._fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise _broken(name)
        return value

    def flag(self, name: str) -> bool:
        value = self._fields.get(name)
        if not isinstance(value, bool):
            raise _broken(name)
        return value


def _broken(what: str) -> UnreadableMedia:
    return UnreadableMedia(f"The decoder's answer makes no sense ({what}); the clip may have taken it over.")
