"""Reads Wit.ai's answers: several JSON objects in one body, with CRLF, LF or nothing between them."""

import json
import re

JsonObject = dict[str, object]

MAX_BODY_BYTES = 4_000_000
"""What is longer is no answer to one utterance."""

_BEGINNING = re.compile(r"\s*\{")


def read_objects(body: bytes | bytearray) -> list[JsonObject]:
    """The objects of a body, in order, as far as it can be read: it may be cut off anywhere, or be no JSON."""
    text, decoder, found, at = body.decode("utf-8", "replace"), json.JSONDecoder(), list[JsonObject](), 0
    while start := _BEGINNING.match(text, at):
        try:
            item, at = decoder.raw_decode(text, start.end() - 1)
        except (json.JSONDecodeError, RecursionError):
            break
        found.append(dict(item))
    return found
