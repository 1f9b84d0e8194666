"""Reads Wit.ai's answers: several JSON objects in one body, in whatever pieces the network delivers them.

The objects follow one another with CRLF, LF or nothing between them, may be printed over several lines, and may be
split anywhere, inside a UTF-8 sequence too.
"""

import codecs
import json

JsonObject = dict[str, object]

MAX_PENDING_CHARS = 4_000_000
"""An object longer than this is no answer to one utterance."""


class JsonStream:
    """Fed with bytes as they come, it gives back the objects that are complete.

    What cannot be read is ignored from there on: `unread` says whether there was any.
    """

    def __init__(self) -> None:
        self._decode_text = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._decoder = json.JSONDecoder()
        self._text = ""
        self._broken = False

    def feed(self, data: bytes, *, last: bool = False) -> list[JsonObject]:
        """The objects that `data` completes, in order; `last` says that nothing follows."""
        self._text += self._decode_text(data, final=last)
        found: list[JsonObject] = []
        while (item := self._take()) is not None:
            found.append(item)
        return found

    @property
    def unread(self) -> bool:
        """Whether anything but white space is left that is no complete object."""
        return self._broken or bool(self._text.strip())

    def _take(self) -> JsonObject | None:
        self._text = self._text.lstrip()
        if self._broken or not self._text:
            return None
        if not self._text.startswith("{") or len(self._text) > MAX_PENDING_CHARS:
            self._broken, self._text = True, ""
            return None
        try:
            item, end = self._decoder.raw_decode(self._text)
        except (json.JSONDecodeError, RecursionError):
            return None  # unfinished so far: the next bytes decide
        self._text = self._text[end:]
        return dict(item)
