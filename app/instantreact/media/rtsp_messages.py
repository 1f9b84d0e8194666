"""RTSP as it lies on the wire (RFC 2326): messages and, between them, interleaved frames of media.

Read strictly and written anew, so that whoever reads what we wrote reads the same messages as we did.
"""

import re
from dataclasses import dataclass, replace
from typing import Self

from instantreact.errors import StreamLost

_START = re.compile(r"RTSP/1\.\d +(?P<status>\d{3})(?: .*)?|(?P<method>[A-Z_]+) (?P<url>\S+) RTSP/1\.\d")
_HEADER = re.compile(r"([A-Za-z0-9!#%&'*+.^_`|~-]+)[ \t]*:[ \t]*(.*)")
_BLANK_LINE = re.compile(rb"\r?\n\r?\n")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_DOLLAR = 0x24
_FRAME_HEAD = 4
_LONGEST_HEAD = 65_536
_LONGEST_BODY = 1 << 20


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
    """Cuts what one side sends into messages and interleaved frames; the frames stay as they are."""

    def __init__(self) -> None:
        self._rest = b""

    def split(self, received: bytes) -> list[Message | bytes]:
        """What is complete by now. Raises StreamLost for what is no RTSP."""
        data = self._rest + received
        pieces: list[Message | bytes] = []
        at = 0
        while at < len(data):
            if data[at] == _DOLLAR:
                stop = _find_end_of_frames(data, at)
                if stop == at:
                    break
                pieces.append(data[at:stop])
            elif data[at] in b"\r\n":
                stop = at + 1
            else:
                found = _read_message(data, at)
                if found is None:
                    break
                message, stop = found
                pieces.append(message)
            at = stop
        self._rest = data[at:]
        return pieces


def _find_end_of_frames(data: bytes, at: int) -> int:
    """Where the last complete frame of those that begin at `at` ends."""
    while len(data) >= at + _FRAME_HEAD and data[at] == _DOLLAR:
        stop = at + _FRAME_HEAD + (data[at + 2] << 8 | data[at + 3])
        if stop > len(data):
            break
        at = stop
    return at


def _read_message(data: bytes, at: int) -> tuple[Message, int] | None:
    """The message that begins at `at`, and where it ends; None while it is incomplete."""
    end = _BLANK_LINE.search(data, at)
    head = data[at : end.start() if end else len(data)]
    if _CONTROL.search(head) or len(head) > _LONGEST_HEAD:
        raise _no_rtsp()
    if end is None:
        return None
    message = _parse_head(head)
    length_text = message.find("Content-Length") or "0"
    if not (length_text.isascii() and length_text.isdigit()) or int(length_text) > _LONGEST_BODY:
        raise _no_rtsp()
    stop = end.end() + int(length_text)
    if stop > len(data):
        return None
    return replace(message, body=data[end.end() : stop]), stop


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
