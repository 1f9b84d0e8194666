"""From the JSON objects of a Wit.ai answer to a transcript: which object counts, its words, what it understood.

Lenient on purpose: every field but `text` is optional, and a strange one costs that field, not the transcript.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import isfinite

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing, Meaning, Transcript, Word
from instantreact.speech.transcriber import spread_words

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


ENGINE = "wit"


@dataclass(frozen=True)
class ReplyError:
    """An `{"error", "code"}` object, wherever it stood."""

    code: str | None
    message: str


def find_error(objects: Sequence[JsonObject]) -> ReplyError | None:
    """The first error object among `objects`."""
    for item in objects:
        if "error" in item or (isinstance(item.get("code"), str) and "text" not in item):
            return ReplyError(_text(item, "code") or None, _text(item, "error") or _text(item, "body"))
        if "body" in item and "text" not in item:
            return ReplyError(None, _text(item, "body"))
    return None


def select_final(objects: Sequence[JsonObject]) -> JsonObject | None:
    """The object of a /speech answer that counts; None without one that has text.

    The last final understanding, else the last with intents, else the last final, else the last.
    """
    said = [item for item in objects if isinstance(item.get("text"), str)]
    tests = (
        lambda item: item.get("type") == "FINAL_UNDERSTANDING",
        lambda item: "intents" in item,
        lambda item: item.get("is_final") is True,
        lambda item: True,
    )
    return next((item for test in tests for item in reversed(said) if test(item)), None)


def select_sentences(objects: Sequence[JsonObject]) -> list[JsonObject]:
    """The objects of a /dictation answer that count: every final one, and what was left unfinished after the last."""
    said = [item for item in objects if isinstance(item.get("text"), str)]
    finals = [item for item in said if item.get("is_final") is True]
    return finals if not said or said[-1] in finals else [*finals, said[-1]]


def read_speech(objects: Sequence[JsonObject], utterance: AudioTrack, language: str | None) -> Transcript:
    """The transcript in a /speech answer; truncated when nothing but unfinished text came."""
    final = select_final(objects)
    if final is None:
        return _transcript("", (), language)
    text = _text(final, "text").strip()
    timed = (_timed(_tokens(item), utterance) for item in (final, *_same_text(objects, text)))
    spread = spread_words(text, utterance.start_s, utterance.duration_s)
    words = next((found for found in timed if found), spread) if text else ()
    heard = replace(
        _transcript(text, words, language),
        intents=_placed(_intents(final), text, words),
        entities=_placed(_meanings(final, "entities"), text, words),
        traits=_placed(_meanings(final, "traits"), text, words),
    )
    return broken_off(heard) if final.get("is_final") is False else heard


def read_dictation(objects: Sequence[JsonObject], utterance: AudioTrack, language: str | None) -> Transcript:
    """The transcript in a /dictation answer: all its sentences in order; truncated when the last is unfinished."""
    sentences = [item for item in select_sentences(objects) if _text(item, "text").strip()]
    text = " ".join(_text(item, "text").strip() for item in sentences)
    timed = [_timed(_tokens(item), utterance) for item in sentences]
    words = tuple(word for found in timed for word in found)
    if not all(timed):
        words = spread_words(text, utterance.start_s, utterance.duration_s)
    heard = _transcript(text, words, language)
    return broken_off(heard) if sentences and sentences[-1].get("is_final") is False else heard


def broken_off(heard: Transcript, why: str = "Wit.ai broke off before the end.") -> Transcript:
    """The same transcript, marked as what was understood until something went wrong."""
    return replace(heard, truncated=True, reason=why)


def join_transcripts(parts: Sequence[Transcript]) -> Transcript:
    """One transcript for an utterance that had to be split: parts follow one another in time."""
    heard = [part for part in parts if part.hearing is Hearing.HEARD]
    return Transcript(
        hearing=Hearing.HEARD if heard else Hearing.SILENT,
        engine=ENGINE,
        text=" ".join(part.text for part in heard),
        language=parts[0].language,
        words=tuple(word for part in heard for word in part.words),
        intents=tuple(meaning for part in heard for meaning in part.intents),
        entities=tuple(meaning for part in heard for meaning in part.entities),
        traits=tuple(meaning for part in heard for meaning in part.traits),
        truncated=any(part.truncated for part in parts),
        reason=next((part.reason for part in parts if part.reason), None),
    )


def _transcript(text: str, words: tuple[Word, ...], language: str | None) -> Transcript:
    hearing = Hearing.HEARD if text else Hearing.SILENT
    return Transcript(hearing, ENGINE, text, language, words)


def _same_text(objects: Sequence[JsonObject], text: str) -> list[JsonObject]:
    """Objects with the same text, the last first: token times may stand beside the transcription only."""
    return [item for item in reversed(objects) if _text(item, "text").strip() == text]


def _timed(tokens: Sequence[JsonObject], utterance: AudioTrack) -> tuple[Word, ...]:
    """Tokens, with milliseconds from the start of the audio, as words on the footage's clock, inside the utterance."""
    end_s = utterance.start_s + utterance.duration_s
    words: list[Word] = []
    for token in tokens:
        begin_ms, finish_ms = _number(token, "start"), _number(token, "end")
        if begin_ms is None or finish_ms is None or not _text(token, "token").strip():
            continue
        begin_s = min(max(utterance.start_s + begin_ms / 1000, utterance.start_s), end_s)
        finish_s = min(max(utterance.start_s + finish_ms / 1000, begin_s), end_s)
        words.append(Word(_text(token, "token").strip(), begin_s, finish_s, _number(token, "confidence")))
    return tuple(words)


def _tokens(item: JsonObject) -> list[JsonObject]:
    speech = item.get("speech")
    return _objects(speech.get("tokens")) if isinstance(speech, dict) else []


def _meanings(final: JsonObject, field: str) -> Iterator[Meaning]:
    """Entities or traits: a dict of lists; an empty list, too, where there are none."""
    groups = final.get(field)
    for name, found in groups.items() if isinstance(groups, dict) else ():
        for item in _objects(found):
            value = item.get("value")
            said = _text(item, "body")
            named = str(value) if isinstance(value, str | int | float) else said or None
            yield Meaning(str(name), _number(item, "confidence") or 0.0, named, said)


def _intents(final: JsonObject) -> Iterator[Meaning]:
    for item in _objects(final.get("intents")):
        if name := _text(item, "name"):
            yield Meaning(name, _number(item, "confidence") or 0.0)


def _placed(meanings: Iterable[Meaning], text: str, words: tuple[Word, ...]) -> tuple[Meaning, ...]:
    """The same meanings, each with the utterance's time, and its words unless it brought its own."""
    if not words:
        return tuple(meanings)
    start_s, end_s = words[0].start_s, words[-1].end_s
    return tuple(replace(m, said=m.said or text, start_s=start_s, end_s=end_s) for m in meanings)


def _objects(value: object) -> list[JsonObject]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _text(item: JsonObject, field: str) -> str:
    value = item.get(field)
    return value if isinstance(value, str) else ""


def _number(item: JsonObject, field: str) -> float | None:
    value = item.get(field)
    return float(value) if isinstance(value, int | float) and isfinite(value) else None
