"""What models answer, and what is made of it: one object counts, wherever it stands; prose alone decides nothing."""

import json
import unicodedata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instantreact.domain.second_look import LookState, Opinion
from instantreact.errors import VisionFailed
from instantreact.vision.reply import SENTENCE_CHARS, clean_sentence, find_error, find_models, read_reply

HUGGING = "two people are hugging"
NO = json.dumps({"answer": "no", "sentence": HUGGING})
REJECTED = (LookState.REJECTED, HUGGING)
CONFIRMED = (LookState.CONFIRMED, None)


def body(message: dict[str, Any], finish_reason: str = "stop", **more: Any) -> bytes:
    return json.dumps({"choices": [{"message": message, "finish_reason": finish_reason}], **more}).encode()


def read(content: Any, **message: Any) -> tuple[LookState, str | None]:
    opinion = read_reply(body({"content": content, **message}))
    return opinion.state, opinion.sentence


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (NO, REJECTED),
        (f"```json\n{NO}\n```", REJECTED),
        (f"Here is my answer:\n\n{NO}\n\nLet me know!", REJECTED),
        (f"<think>It might be {{a fight}}: {json.dumps({'answer': 'yes'})}?</think>{NO}", REJECTED),
        ([{"type": "text", "text": NO}], REJECTED),
        ('{"answer": "Yes.", "sentence": ""}', CONFIRMED),
        ('{"answer": true}', CONFIRMED),
        ('{"answer": false, "sentence": 7}', (LookState.REJECTED, None)),
        ('{"answer": null}', (LookState.UNSURE, None)),
        ('{"answer": "unsure", "sentence": "it is too dark"}', (LookState.UNSURE, "it is too dark")),
        ('{"note": 1} {"answer": "yes"}', CONFIRMED),
        ('{"answer": "yes"} {"answer": "no"}', (LookState.UNSURE, None)),
        (" **No.** ", (LookState.REJECTED, None)),
    ],
)
def test_one_answer_is_found_wherever_it_stands(content: Any, found: tuple[LookState, str | None]) -> None:
    assert read(content) == found


def test_call_of_a_tool_that_nobody_offered_is_read_as_the_answer() -> None:
    call = {"type": "function", "function": {"name": "second_look", "arguments": NO}}
    assert read(None, tool_calls=[call]) == REJECTED
    assert read("", tool_calls=[{"function": {"arguments": json.loads(NO)}}]) == REJECTED


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "said nothing"),
        (None, "said nothing"),
        ("No problem! I see two men.", "cannot be read"),
        ("There is no fight in this picture.", "cannot be read"),
        ('{"answer": "maybe"}', "cannot be read"),
        ('{"answer": "no", "sentence": "two peo', "cannot be read"),
        ("<think>Let me look at the picture. There are two", "said nothing"),
        ("[" * 100_000, "cannot be read"),
        ('{"answer":' * 2000, "cannot be read"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(content: Any, why: str) -> None:
    with pytest.raises(VisionFailed, match=why):
        read(content)


def test_answer_that_was_cut_off_and_a_refusal_are_named() -> None:
    with pytest.raises(VisionFailed, match="cut off"):
        read_reply(body({"content": "<think>Let me"}, "length"))
    with pytest.raises(VisionFailed, match="refuses"):
        read_reply(body({"content": None, "refusal": "I cannot help with people."}))
    assert read_reply(body({"content": NO}, "length")).state is LookState.REJECTED  # it is whole all the same


@pytest.mark.parametrize(
    "answer",
    [b"", b"<html>", b"[]", b"{}", b'{"choices": []}', b'{"choices": [1]}', b'{"choices": [{"text": "yes"}]}', b"\xff"],
)
def test_body_that_is_no_chat_is_said_to_be_none(answer: bytes) -> None:
    with pytest.raises(VisionFailed, match="is its address right"):
        read_reply(answer)


def test_tokens_are_counted_as_the_endpoint_counts_them_where_it_does() -> None:
    usage = {"prompt_tokens": 700, "completion_tokens": 12}
    counted = read_reply(body({"content": NO}, usage=usage))
    assert counted == Opinion(LookState.REJECTED, HUGGING, 700, 12)
    oddities: tuple[Any, ...] = ({"prompt_tokens": "many", "completion_tokens": -1}, [], None, {"prompt_tokens": True})
    for odd in oddities:
        assert read_reply(body({"content": NO}, usage=odd)).prompt_tokens == 0


@pytest.mark.parametrize(
    "sentence",
    [
        "Ring +49 170 1234567 at once",
        "see https://evil.example/login",
        "see evil.example for more",
        "write to @somebody",
        "log in at www.bank",
    ],
)
def test_sentence_with_an_address_or_a_number_to_call_is_not_shown(sentence: str) -> None:
    assert read(json.dumps({"answer": "no", "sentence": sentence})) == (LookState.REJECTED, None)


def test_sentence_is_one_short_line_without_characters_that_steer() -> None:
    assert clean_sentence("two\n\nmen\x1b[31m\u202e fight\u200b \ud800") == "two men [31m fight"
    assert clean_sentence("a 12 year old boy and 3 dogs on 2026-11-27") == "a 12 year old boy and 3 dogs on 2026-11-27"


@given(st.text(st.characters(), max_size=3000))
def test_no_text_makes_a_sentence_long_or_steer_anything(text: str) -> None:
    sentence = clean_sentence(text)
    assert len(sentence) <= SENTENCE_CHARS
    assert not [each for each in sentence if unicodedata.category(each)[0] == "C"]


NAMES = (
    "choices",
    "message",
    "content",
    "answer",
    "tool_calls",
    "function",
    "arguments",
    "usage",
    "data",
    "id",
    "error",
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.sampled_from(NAMES), each),
    max_leaves=20,
)


@settings(max_examples=50)
@given(ANY_JSON)
def test_any_json_gives_an_opinion_or_an_explanation(value: Any) -> None:
    said: list[str] = []
    for wrapped in (value, {"choices": [{"message": {"content": value}}]}, {"choices": [{"message": value}]}):
        written = json.dumps(wrapped).encode()
        for read_it in (read_reply, find_models):
            try:
                read_it(written)
            except VisionFailed as error:
                said.append(str(error))
        find_error(written)
    assert all(said)
