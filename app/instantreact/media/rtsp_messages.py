"""RTSP as it lies on the wire (RFC 2326): messages and, between them, interleaved frames of media.

Read strictly and written anew, so that whoever reads what we wrote reads the same messages as we did.
"""

import re
from dataclasses import dataclass, replace
from typing import Self

from instantreact.errors import StreamLost

_START = re.compile(r"RTSP/1\.\d +(?P<status>[1-9]\d\d)(?: .*)?|(?P<method>[A-Z_]+) (?P<url>\S+) RTSP/1\.\d", re.ASCII)
_HEADER = re.compile(r"([A-Za-z0-9!#%&'*+.^_`|~-]+)[ \t]*:[ \t]*(.*)")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DOLLAR = 0x24
_FRAME_HEAD = 4
_LONGEST_HEAD = 65_536
_LONGEST_BODY = 1 << 20
_MOST_DIGITS = 18


@dataclass(frozen=True)
class Message:
    """A request or a response. `method` and `url` are empty in a response, `status` is 0 in a request."""

    start: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    status: int = 0
    method: str = ""
    url: str = ""

    def list_values(self, name: str) -> list[str]:
        """The values of every header of this name."""
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def find(self, name: str) -> str | None:
        """The value of the first header of this name."""
        return next(iter(self.list_values(name)), None)

    def having(self, name: str, value: str | None) -> Self:
        """This message with one header of this name, or none."""
        at = next((i for i, each in enumerate(self.headers) if each[0].lower() == name.lower()), len(self.headers))
        after = tuple(each for each in self.headers[at:] if each[0].lower() != name.lower())
        given = () if value is None else ((name, value),)
        return replace(self, headers=(*self.headers[:at], *given, *after))

    def asking_for(self, url: str) -> Self:
        """This request for another URL."""
        return replace(self, start=f"{self.method} {url} RTSP/1.0", url=url)

    def encode(self) -> bytes:
        """As it is sent."""
        headers = self.having("Content-Length", str(len(self.body)) if self.body else None).headers
        lines = [self.start, *(f"{name}: {value}" for name, value in headers)]
        return "".join(f"{line}\r\n" for line in lines).encode(errors="surrogateescape") + b"\r\n" + self.body


class MessageSplitter:
    """Cuts what one side sends into messages and interleaved frames; the frames stay as they are.

    Each byte is looked at once, however few come at a time.
    """

    def __init__(self) -> None:
        self._rest = bytearray()
        self._searched = 0
        self._head: tuple[Message, int, int] | None = None
        """A message without its body, where that begins and where it ends."""

    def split(self, received: bytes) -> list[Message | bytes]:
        """What is complete by now. Raises StreamLost for what is no RTSP."""
        self._rest += received
        pieces: list[Message | bytes] = []
        while self._rest and (stop := self._find_end(pieces)):
            del self._rest[:stop]
            self._searched, self._head = 0, None
        return pieces

    def _find_end(self, pieces: list[Message | bytes]) -> int:
        """Where the piece ends that comes first, which is added to `pieces`; 0 while it is incomplete."""
        if self._rest[0] == _DOLLAR:
            stop = _find_end_of_frames(self._rest)
            pieces += [bytes(self._rest[:stop])] if stop else []
            return stop
        if self._rest[0] in b"\r\n":
            return 1
        self._head = self._head or self._read_head()
        if self._head is None:
            return 0
        message, start, stop = self._head
        if stop > len(self._rest):
            return 0
        pieces.append(replace(message, body=bytes(self._rest[start:stop])))
        return stop

    def _read_head(self) -> tuple[Message, int, int] | None:
        end = _BLANK_LINE.search(self._rest, max(0, self._searched - 3))
        stop = end.start() if end else len(self._rest)
        if _CONTROL.search(self._rest, self._searched, stop) or stop > _LONGEST_HEAD:
            raise _no_rtsp()
        self._searched = stop
        if end is None:
            return None
        message = _parse_head(bytes(self._rest[:stop]))
        length = read_count(message.find("Content-Length") or "0")
        if length is None or length > _LONGEST_BODY:
            raise _no_rtsp()
        return message, end.end(), end.end() + length


def _find_end_of_frames(data: bytearray) -> int:
    """Where the last complete frame of those at the beginning ends; 0 where none is complete."""
    at = 0
    while len(data) >= at + _FRAME_HEAD and data[at] == _DOLLAR:
        stop = at + _FRAME_HEAD + (data[at + 2] << 8 | data[at + 3])
        if stop > len(data):
            break
        at = stop
    return at


def read_count(text: str) -> int | None:
    """A whole number as headers write it; None for any other text, and for more digits than anything has here."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS else None


def _parse_head(head: bytes) -> Message:
    text = re.sub(r"\r?\n[ \t]+", " ", head.decode(errors="surrogateescape"))
    start, *lines = [line.strip() for line in text.split("\n")]
    if "\r" in start or not (found := _START.fullmatch(start)):
        raise _no_rtsp()
    headers = tuple((line[1], line[2]) for each in lines if "\r" not in each and (line := _HEADER.fullmatch(each)))
    return Message(
        start, headers, status=int(found["status"] or 0), method=found["method"] or "", url=found["url"] or ""
    )


def _no_rtsp() -> StreamLost:
    return StreamLost("What answers there does not speak RTSP.")
