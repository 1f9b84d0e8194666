"""What a Wit.ai answer looks like on the wire."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Separator(StrEnum):
    """What stands between two objects of one answer."""

    CRLF = "\r\n"
    LF = "\n"
    NOTHING = ""


@dataclass(frozen=True)
class Reply:
    """What to answer to one request.

    text               what was said; sentences end with ". " and are one final each in a dictation
    error              (status, code, message): an error instead of an answer
    error_after_finals (code, message): an error object after the finals, in a stream that began with 200
    html_status        a proxy's page with this status
    cut_after          how many objects to send before the connection breaks; None: all of them
    piece_bytes        how many bytes to a TCP chunk; 0: one object to a chunk
    pause_s            before each chunk
    """

    text: str = ""
    intents: Sequence[Mapping[str, Any]] = ()
    entities: Mapping[str, Any] | Sequence[Any] = ()
    traits: Mapping[str, Any] | Sequence[Any] = ()
    error: tuple[int, str, str] | None = None
    error_after_finals: tuple[str, str] | None = None
    html_status: int | None = None
    retry_after_s: int | None = None
    cut_after: int | None = None
    piece_bytes: int = 0
    pause_s: float = 0.0
    separator: Separator = Separator.CRLF
    pretty: bool = False
    tokens: bool = True


_NOTHING: Mapping[str, Any] = {"entities": {}, "intents": [], "traits": {}}


def speech_objects(reply: Reply, duration_s: float) -> list[dict[str, Any]]:
    """A /speech answer: two partials, a final transcription, a partial and a final understanding."""
    speech = _speech(reply, reply.text, 0.0, duration_s)
    meaning = {"intents": list(reply.intents), "entities": reply.entities or {}, "traits": reply.traits or {}}
    words = reply.text.split()
    partials = [" ".join(words[: len(words) // 2]), reply.text] if words else []
    return [
        *({"is_final": False, **speech, "text": text, "type": "PARTIAL_TRANSCRIPTION"} for text in partials),
        {"is_final": True, **speech, "text": reply.text, "type": "FINAL_TRANSCRIPTION"},
        {**_NOTHING, "is_final": False, "text": reply.text, "type": "PARTIAL_UNDERSTANDING"},
        {**meaning, "is_final": True, **speech, "text": reply.text, "type": "FINAL_UNDERSTANDING"},
        *_errors(reply),
    ]  # fmt: skip


def dictation_objects(reply: Reply, duration_s: float) -> list[dict[str, Any]]:
    """A /dictation answer: a partial and a final for each sentence."""
    sentences = [sentence for sentence in reply.text.split(". ") if sentence]
    objects: list[dict[str, Any]] = []
    for at, text in enumerate(sentences):
        speech = _speech(reply, text, at * duration_s / len(sentences), duration_s / len(sentences))
        partial = " ".join(text.split()[:1])
        objects.append({"is_final": False, **speech, "text": partial, "type": "PARTIAL_TRANSCRIPTION"})
        objects.append({"is_final": True, **speech, "text": text, "type": "FINAL_TRANSCRIPTION"})
    return [*objects, *_errors(reply)] or [{"is_final": True, "text": "", "type": "FINAL_TRANSCRIPTION"}]


def chunks(reply: Reply, objects: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The bytes of an answer, chunk by chunk."""
    sent = objects[: reply.cut_after]
    indent = 2 if reply.pretty else None
    texts = [json.dumps(item, ensure_ascii=False, indent=indent) + reply.separator for item in sent]
    if not reply.piece_bytes:
        return [text.encode() for text in texts]
    data = "".join(texts).encode()
    return [data[at : at + reply.piece_bytes] for at in range(0, len(data), reply.piece_bytes)]


def _speech(reply: Reply, text: str, start_s: float, duration_s: float) -> dict[str, Any]:
    if not reply.tokens:
        return {}
    words = text.split()
    step_ms = 1000 * duration_s / max(1, len(words))
    tokens = [
        {"token": word, "start": _ms(start_s, at * step_ms), "end": _ms(start_s, (at + 1) * step_ms), "confidence": 0.9}
        for at, word in enumerate(words)
    ]
    return {"speech": {"confidence": 0.9, "tokens": tokens}}


def _ms(start_s: float, offset_ms: float) -> int:
    return round(1000 * start_s + offset_ms)


def _errors(reply: Reply) -> list[dict[str, str]]:
    if reply.error_after_finals is None:
        return []
    code, message = reply.error_after_finals
    return [{"code": code, "error": message}]
