"""Reads what an endpoint answered. Pure.

Endpoints that ignore `response_format` wrap the object in prose, a code fence or thoughts; some models call a tool
that nobody offered. One object with an `answer` is looked for; prose alone confirms and rejects nothing.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from instantreact.domain.second_look import LookState, Opinion
from instantreact.errors import VisionFailed

SENTENCE_CHARS = 200
_MOST_OBJECTS = 50
_THOUGHTS = re.compile(r"<think(ing)?>.*?(</think(ing)?>|\Z)", re.DOTALL | re.IGNORECASE)
_LONE_WORD = re.compile(r"[\s\"'*.`]*(yes|no|unsure)[\s\"'*.!`]*", re.IGNORECASE)
_ANSWERS = {"yes": LookState.CONFIRMED, "no": LookState.REJECTED, "unsure": LookState.UNSURE}
_TRUTHS = {True: "yes", False: "no", None: "unsure"}
# What a chat makes a link of, or what somebody might call: nobody reads that in a picture for us.
_CONTACT = re.compile(r"://|www\.|@|\b[\w-]+\.[a-z]{2,}\b|(?:\d[\s./()-]?){6,}", re.IGNORECASE)


@dataclass(frozen=True)
class ModelReply:
    """What a model wrote, whether it was cut off, and what the endpoint counts of it."""

    text: str
    was_cut: bool
    usage: Mapping[str, Any]


def read_reply(body: bytes) -> Opinion:
    """The opinion in the body of an answer with status 200. Raises VisionFailed, which says why there is none."""
    said = find_said(body)
    state, sentence = _read_text(said.text, was_cut=said.was_cut)
    return Opinion(state, sentence, _count(said.usage, "prompt_tokens"), _count(said.usage, "completion_tokens"))


def find_said(body: bytes) -> ModelReply:
    """What the model wrote, without its thoughts. Raises VisionFailed where it did not, or would not."""
    answer = _load(body)
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    if not isinstance(choice, dict) or not isinstance(choice.get("message"), dict):
        raise VisionFailed("The endpoint's answer is not one of a chat: is its address right?")
    message = choice["message"]
    if message.get("refusal"):
        raise VisionFailed("The model refuses to answer.")
    usage = answer.get("usage")
    return ModelReply(
        _THOUGHTS.sub("", _find_text(message)),
        choice.get("finish_reason") == "length",
        usage if isinstance(usage, dict) else {},
    )


def find_error(body: bytes) -> str:
    """What an endpoint says that went wrong, in its words, cut; empty where it does not say."""
    try:
        answer = _load(body)
    except VisionFailed:
        return ""
    error = answer.get("error", answer)
    said = error.get("message") if isinstance(error, dict) else error
    return clean_sentence(said) if isinstance(said, str) else ""


def clean_sentence(text: str) -> str:
    """One line without characters that steer a terminal or a chat, and not long."""
    shown = "".join(each if unicodedata.category(each)[0] != "C" else " " for each in text[: 10 * SENTENCE_CHARS])
    line = " ".join(shown.split())
    return line if len(line) <= SENTENCE_CHARS else f"{line[: SENTENCE_CHARS - 1].rstrip()}…"


def _load(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise VisionFailed("The endpoint's answer is no JSON: is its address right?") from error
    if not isinstance(answer, dict):
        raise VisionFailed("The endpoint's answer is not one of a chat: is its address right?")
    return answer


def _find_text(message: dict[str, Any]) -> str:
    """What the model wrote, or with what it called a tool."""
    content = message.get("content")
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    if isinstance(content, str) and content.strip():
        return content
    calls = message.get("tool_calls")
    for call in calls if isinstance(calls, list) else []:
        function = call.get("function") if isinstance(call, dict) else None
        arguments = function.get("arguments") if isinstance(function, dict) else None
        if arguments:
            return arguments if isinstance(arguments, str) else json.dumps(arguments)
    return ""


def _read_text(text: str, *, was_cut: bool) -> tuple[LookState, str | None]:
    found = [(state, each) for each in find_objects(text) if (state := _find_state(each)) is not None]
    if len({state for state, _ in found}) > 1:
        return LookState.UNSURE, None  # it contradicts itself
    if found:
        return found[-1][0], _find_sentence(found[-1][1])
    if lone := _LONE_WORD.fullmatch(text):
        return _ANSWERS[lone[1].lower()], None
    if was_cut:
        raise VisionFailed("The model's answer was cut off before it said anything.")
    raise VisionFailed("The model said nothing." if not text.strip() else "The model's answer cannot be read.")


def find_objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects within a text, outermost ones, the first few."""
    decoder, at = json.JSONDecoder(), text.find("{")
    for _ in range(_MOST_OBJECTS):
        if at < 0:
            return
        try:
            found, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            yield found
        at = text.find("{", end)


def _find_state(found: dict[str, Any]) -> LookState | None:
    said = found.get("answer", "")
    if said is None or isinstance(said, bool):
        said = _TRUTHS[said]
    return _ANSWERS.get(said.strip().strip(".!").lower()) if isinstance(said, str) else None


def _find_sentence(found: dict[str, Any]) -> str | None:
    said = found.get("sentence")
    sentence = clean_sentence(said) if isinstance(said, str) else ""
    return sentence if sentence and not has_contact(sentence) else None


def has_contact(sentence: str) -> bool:
    """Whether somebody could follow or call what it says."""
    return _CONTACT.search(sentence) is not None


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return min(value, 10_000_000) if type(value) is int and value > 0 else 0


def find_models(body: bytes) -> set[str]:
    """The names of the models that an endpoint lists. Raises VisionFailed."""
    listed = _load(body).get("data")
    if not isinstance(listed, list):
        raise VisionFailed("The endpoint lists no models: is its address right? Most end in /v1.")
    return {str(each["id"]) for each in listed if isinstance(each, dict) and "id" in each}
