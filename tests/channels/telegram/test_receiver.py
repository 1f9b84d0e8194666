import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.receiver import Call, Incoming, Invited, Wrote
from instantreact.channels.telegram.receiver import TelegramReceiver, find_callback_id
from instantreact.domain.alert import Answer, AnswerKind
from instantreact.domain.language import Language
from instantreact.errors import InvalidInput, Misconfigured, NotAllowed, NotFound

RECEIVER = TelegramReceiver("a-secret")
PERSON = {"id": 7, "is_bot": False, "first_name": "Ana"}
CHAT = {"id": 7, "type": "private", "username": "Ana_B"}
MESSAGE = {"message_id": 1, "date": 1_764_000_000, "chat": CHAT, "from": PERSON, "text": "/start"}


def parse_one(**update: Any) -> Incoming:
    (incoming,) = RECEIVER.parse(json.dumps({"update_id": 5, **update}).encode())
    assert RECEIVER.read_item(incoming.body) == incoming
    return incoming


@pytest.mark.parametrize(
    ("data", "content"),
    [
        ("ACK:0f6c", Answer(AnswerKind.ACKNOWLEDGE, "0f6c")),
        ("FALSE:0f6c", Answer(AnswerKind.DISMISS, "0f6c")),
        ("SAY:mute all 15min", Wrote("mute all 15min")),
        ("ACK:", None),
        ("", None),
        (7, None),
        (None, None),
    ],
)
def test_tap_is_an_answer_or_words_when_its_data_is_ours(data: object, content: Answer | Wrote | None) -> None:
    incoming = parse_one(callback_query={"id": "t1", "from": PERSON, "message": MESSAGE, "data": data})
    assert (incoming.content, incoming.address, incoming.alias) == (content, "7", "@ana_b")
    assert (incoming.opens_chat_window, incoming.dedupe_key, incoming.occurred_at) == (True, "update:5", None)
    assert find_callback_id(incoming.body) == "t1"


def test_message_tells_who_is_there_again_and_when() -> None:
    incoming = parse_one(message=MESSAGE)
    assert (incoming.content, incoming.address, incoming.opens_chat_window) == (Wrote("start"), "7", True)
    assert incoming.occurred_at == datetime.fromtimestamp(1_764_000_000, UTC)


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("/start dGhpcyBpcyBhIHRva2Vu-_", Invited("dGhpcyBpcyBhIHRva2Vu-_")),
        ("/start", Wrote("start")),
        ("/stop", Wrote("stop")),
        ("stop", Wrote("stop")),
        ("/start short", None),
        (7, None),
    ],
)
def test_command_is_a_word_or_the_link_of_an_invitation(text: object, content: object) -> None:
    assert parse_one(message={**MESSAGE, "text": text}).content == content


def test_language_is_told_where_it_is_one_that_we_speak() -> None:
    for tag, language in (("fr-CA", Language.FRENCH), ("EN", Language.ENGLISH), ("ja", None), (7, None)):
        assert parse_one(message={**MESSAGE, "from": {**PERSON, "language_code": tag}}).language is language


def test_in_a_group_only_commands_are_said_to_us() -> None:
    group = {**MESSAGE, "chat": {"id": -9, "type": "group"}}
    assert parse_one(message={**group, "text": "/status@alerts_bot"}).content == Wrote("status@alerts_bot")
    assert parse_one(message={**group, "text": "ok"}).content == Wrote("ok", is_to_us=False)


@pytest.mark.parametrize(
    ("status", "opens"), [("member", True), ("administrator", True), ("kicked", False), ("left", False)]
)
def test_member_is_there_again_when_the_bot_is_let_in(status: str, opens: bool) -> None:
    member = {"chat": {"id": -9, "type": "group"}, "date": 1, "from": PERSON, "new_chat_member": {"status": status}}
    incoming = parse_one(my_chat_member=member)
    assert (incoming.address, incoming.opens_chat_window) == ("-9", opens)


@pytest.mark.parametrize("update", [{}, {"poll": {}}, {"message": {}}, {"message": []}, {"callback_query": {"id": 1}}])
def test_update_that_is_not_known_or_damaged_asks_for_nothing(update: dict[str, Any]) -> None:
    incoming = parse_one(**update)
    assert (incoming.address, incoming.opens_chat_window, incoming.content) == (None, False, None)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b'{"update_id": "5"}', b'{"update_id": true}', b"[" * 100_000]
)
def test_body_that_is_no_update_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        RECEIVER.parse(body)


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=9)
)
NAMES = st.sampled_from(
    ["callback_query", "message", "my_chat_member", "chat", "id", "date", "data", "username", "from"]
)
JSON = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5), max_leaves=20
)


@given(st.dictionaries(NAMES, JSON, max_size=4), st.integers(0, 2**40))
def test_update_of_any_shape_can_be_read_and_stored(update: dict[str, Any], number: int) -> None:
    incoming = RECEIVER.read_item({**update, "update_id": number})
    assert len(incoming.dedupe_key) <= 80
    assert not incoming.opens_chat_window or incoming.address
    find_callback_id(incoming.body)


@pytest.mark.parametrize("given_secret", [None, "", "another", "ä-secret", "a-secre"])
def test_call_without_the_right_secret_is_refused(given_secret: str | None) -> None:
    headers = {} if given_secret is None else {"x-telegram-bot-api-secret-token": given_secret}
    with pytest.raises(NotAllowed):
        RECEIVER.verify(Call(b"{}", headers))


def test_call_with_the_secret_is_taken_and_without_one_set_the_webhook_is_closed() -> None:
    call = Call(b"{}", {"x-telegram-bot-api-secret-token": "a-secret"})
    RECEIVER.verify(call)
    with pytest.raises(Misconfigured, match="INSTANTREACT_TELEGRAM_WEBHOOK_SECRET"):
        TelegramReceiver().verify(call)
    with pytest.raises(NotFound):
        RECEIVER.greet({})
