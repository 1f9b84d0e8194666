import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.messenger.webhook import parse_webhook, read_item
from instantreact.channels.receiver import Delivered, Echo, Incoming, Invited, Read, Wrote
from instantreact.domain.alert import Answer, AnswerKind
from instantreact.errors import InvalidInput, NotFound
from instantreact_demo.graph import events

PSID, PAGE = "4242", "1000"
AT_MS = 1_700_000_000_123
AT = datetime(2023, 11, 14, 22, 13, 20, 123_000, tzinfo=UTC)
TOKEN = "dGhpcyBpcyBhIHRva2Vu-_"
SHORTLINK = {"ref": TOKEN, "source": "SHORTLINK", "type": "OPEN_THREAD"}


def make_item(content: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**events.from_person(PSID, PAGE, AT_MS, content), **changes}


def make_body(*entries: dict[str, Any], about: str = "page") -> bytes:
    return json.dumps({"object": about, "entry": list(entries)}).encode()


def parse_one(item: events.Event) -> Incoming:
    (incoming,) = parse_webhook(events.encode_body(PAGE, [item], AT_MS))
    return incoming


MESSAGE = {"message": {"mid": "m_1", "text": "hello"}}
QUICK_REPLY = {"message": {"mid": "m_1", "text": "Acknowledge", "quick_reply": {"payload": "ACK:0f6c"}}}
POSTBACK = {"postback": {"mid": "m_2", "title": "False alarm", "payload": "FALSE:0f6c"}}


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (QUICK_REPLY, Answer(AnswerKind.ACKNOWLEDGE, "0f6c")),
        (POSTBACK, Answer(AnswerKind.DISMISS, "0f6c")),
        ({"postback": {"title": "Acknowledge", "payload": "ACK:0f6c"}}, Answer(AnswerKind.ACKNOWLEDGE, "0f6c")),
        ({"postback": {"mid": "m_3", "payload": "GET_STARTED", "referral": SHORTLINK}}, Invited(TOKEN)),
        ({"postback": {"mid": "m_3", "payload": "GET_STARTED", "referral": {"ref": "tok_abc"}}}, Wrote("start")),
        ({"postback": {"mid": "m_3", "payload": "GET_STARTED"}}, Wrote("start")),
        ({"postback": {"mid": "m_3", "title": "Stop alerts", "payload": "STOP"}}, Wrote("stop")),
        ({"postback": {"mid": "m_3", "title": "Mute", "payload": "SAY:mute alert 0f6c"}}, Wrote("mute alert 0f6c")),
        ({"message": {"mid": "m_1", "text": "1 h", "quick_reply": {"payload": "SAY:mute 1h"}}}, Wrote("mute 1h")),
        ({"postback": {"mid": "m_3", "title": "of another app"}}, None),
        ({"message": {"mid": "m_1", "text": "ACK:0f6c"}}, Wrote("ACK:0f6c")),
        ({"message": {"mid": "m_1", "text": "hi", "referral": SHORTLINK}}, Invited(TOKEN)),
        ({"referral": SHORTLINK}, Invited(TOKEN)),
    ],
)
def test_parse_webhook_finds_the_answer_when_a_button_of_ours_is_tapped(
    content: dict[str, Any], answer: Answer | Invited | Wrote | None
) -> None:
    incoming = parse_one(make_item(content))
    assert (incoming.content, incoming.address, incoming.occurred_at) == (answer, PSID, AT)
    assert incoming.opens_chat_window


@pytest.mark.parametrize(
    ("content", "opens_chat_window"),
    [
        (MESSAGE, True),
        ({"message": {"mid": "m_1", "attachments": [{"type": "sticker"}]}}, True),
        (QUICK_REPLY, True),
        (POSTBACK, True),
        ({"postback": {"mid": "m_3", "payload": "GET_STARTED"}}, True),
        ({"referral": SHORTLINK}, True),
        ({"referral": {"source": "ADS", "type": "OPEN_THREAD", "ad_id": "1"}}, False),
        ({"optin": {"ref": "send-to-messenger"}}, True),
        ({"optin": {"type": "notification_messages", "payload": "p", "notification_messages_token": "t"}}, False),
        ({"optin": {"type": "one_time_notif_req", "payload": "p", "one_time_notif_token": "t"}}, False),
        ({"reaction": {"reaction": "love", "emoji": "x", "action": "react", "mid": "m_1"}}, True),
        ({"reaction": {"action": "unreact", "mid": "m_1"}}, False),
        ({"message_edit": {"mid": "m_1", "text": "new", "num_edit": 1}}, False),
        ({"delivery": {"watermark": AT_MS}}, False),
        ({"read": {"watermark": AT_MS}}, False),
        ({"account_linking": {"status": "linked"}}, False),
        ({"pass_thread_control": {"new_owner_app_id": "1"}}, False),
        ({"response_feedback": {"feedback": "Good response"}}, False),
    ],
)
def test_parse_webhook_opens_the_window_for_the_actions_that_the_contract_lists(
    content: dict[str, Any], opens_chat_window: bool
) -> None:
    assert parse_one(make_item(content)).opens_chat_window is opens_chat_window


def test_parse_webhook_opens_no_window_when_nobody_is_named() -> None:
    item = make_item({"optin": {"ref": "checkbox", "user_ref": "u1"}}, sender={})
    assert (parse_one(item).address, parse_one(item).opens_chat_window) == (None, False)


@pytest.mark.parametrize(
    ("event", "content"),
    [
        (events.delivery(PSID, PAGE, AT_MS, mids=["m_1", "m_2"]), Delivered(("m_1", "m_2"), AT)),
        (events.delivery(PSID, PAGE, AT_MS, mids=None), Delivered((), AT)),
        (make_item({"delivery": {"mids": "m_1"}}), Delivered((), None)),
        (events.read(PSID, PAGE, AT_MS), Read(AT)),
        (make_item({"read": {}}), Read(None)),
        (events.echo(PSID, PAGE, AT_MS, mid="m_1", metadata="part:1"), Echo("m_1", "part:1")),
        (events.echo(PSID, PAGE, AT_MS, mid="m_1", metadata=None), Echo("m_1", None)),
    ],
)
def test_parse_webhook_reads_what_became_of_a_message(event: events.Event, content: Delivered | Read | Echo) -> None:
    incoming = parse_one(event)
    assert (incoming.content, incoming.address, incoming.opens_chat_window) == (content, PSID, False)


def test_parse_webhook_takes_an_echo_for_no_answer_when_it_repeats_a_quick_reply() -> None:
    item = make_item({"message": {**QUICK_REPLY["message"], "is_echo": True}})
    incoming = parse_one({**item, "sender": {"id": PAGE}, "recipient": {"id": PSID}})
    assert (incoming.content, incoming.opens_chat_window, incoming.address) == (Echo("m_1", None), False, PSID)


def test_parse_webhook_knows_no_message_when_an_echo_names_none() -> None:
    incoming = parse_one(make_item({"message": {"is_echo": True, "metadata": "part:1"}}))
    assert incoming.content is None


def test_parse_webhook_takes_every_item_of_every_entry_in_order_when_they_are_batched() -> None:
    body = make_body(
        {"id": PAGE, "time": AT_MS, "messaging": [make_item(MESSAGE), make_item(POSTBACK)]},
        {"id": PAGE, "time": AT_MS, "standby": [make_item({"read": {"watermark": AT_MS}})]},
        {"id": PAGE, "time": AT_MS, "changes": [{"field": "messaging_postbacks", "value": make_item(QUICK_REPLY)}]},
        {"id": PAGE, "time": AT_MS, "changes": [{"field": "feed", "value": {"item": "comment"}}]},
    )
    first, second, third, fourth, fifth = parse_webhook(body)
    assert (first.content, first.address) == (Wrote("hello"), PSID)
    assert second.content == Answer(AnswerKind.DISMISS, "0f6c")
    assert (third.content, third.opens_chat_window) == (Read(AT), False)
    assert (fourth.content, fourth.address) == (Answer(AnswerKind.ACKNOWLEDGE, "0f6c"), PSID)
    assert (fifth.content, fifth.address, fifth.opens_chat_window) == (None, None, False)


def test_parse_webhook_finds_an_answer_in_standby_when_another_app_owns_the_thread() -> None:
    (incoming,) = parse_webhook(make_body({"standby": [make_item(POSTBACK)]}))
    assert incoming.content == Answer(AnswerKind.DISMISS, "0f6c")


@pytest.mark.parametrize(
    ("timestamp", "occurred_at"),
    [
        (AT_MS, AT),
        (AT_MS // 1000, AT.replace(microsecond=0)),
        (float(AT_MS), AT),
        (None, None),
        ("1700000000123", None),
        (True, None),
        (1e300, None),
        (10**400, None),
        ([], None),
    ],
)
def test_parse_webhook_reads_milliseconds_and_knows_no_time_when_there_is_none(
    timestamp: Any, occurred_at: datetime | None
) -> None:
    incoming = parse_one(make_item(MESSAGE, timestamp=timestamp))
    assert incoming.occurred_at == occurred_at or (
        occurred_at is not None
        and incoming.occurred_at is not None
        and abs(incoming.occurred_at - occurred_at) < timedelta(milliseconds=1)
    )


LATER = {"timestamp": AT_MS + 1}
ANOTHER = {"sender": {"id": "7"}}
REACTION = {"reaction": {"action": "react", "mid": "m_1"}}


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        # (kind, mid): the time does not matter, an echo shares the mid of its message
        (make_item(MESSAGE), make_item(MESSAGE, **LATER), True),
        (make_item(MESSAGE), make_item({"message": {"mid": "m_9", "text": "hello"}}), False),
        (make_item(MESSAGE), make_item({"message": {"mid": "m_1", "is_echo": True}}), False),
        # postback: mid, else (psid, timestamp, payload)
        (make_item(POSTBACK), make_item(POSTBACK, **LATER), True),
        (make_item({"postback": {"payload": "ACK:1"}}), make_item({"postback": {"payload": "ACK:1"}}), True),
        (make_item({"postback": {"payload": "ACK:1"}}), make_item({"postback": {"payload": "ACK:2"}}), False),
        (make_item({"postback": {"payload": "ACK:1"}}), make_item({"postback": {"payload": "ACK:1"}}, **LATER), False),
        (
            make_item({"postback": {"payload": "ACK:1"}}),
            make_item({"postback": {"payload": "ACK:1"}}, **ANOTHER),
            False,
        ),
        # delivery and read: (psid, kind, watermark)
        (make_item({"read": {"watermark": 1}}), make_item({"read": {"watermark": 1}}, **LATER), True),
        (make_item({"read": {"watermark": 1}}), make_item({"read": {"watermark": 2}}), False),
        (make_item({"read": {"watermark": 1}}), make_item({"read": {"watermark": 1}}, **ANOTHER), False),
        (make_item({"read": {"watermark": 1}}), make_item({"delivery": {"watermark": 1}}), False),
        # referral, optin, reaction: (psid, timestamp, kind, hash)
        (make_item({"referral": SHORTLINK}), make_item({"referral": SHORTLINK}), True),
        (make_item({"referral": SHORTLINK}), make_item({"referral": SHORTLINK}, **LATER), False),
        (make_item({"referral": SHORTLINK}), make_item({"referral": {**SHORTLINK, "ref": "x"}}), False),
        (make_item({"referral": SHORTLINK}), make_item({"optin": SHORTLINK}), False),
        (make_item(REACTION), make_item(REACTION), True),
        (make_item(REACTION), make_item(REACTION, **ANOTHER), False),
        # what is not known: the whole item
        (make_item({"game_play": {}}), make_item({"game_play": {}}), True),
        (make_item({"game_play": {}}), make_item({"game_play": {}}, **LATER), False),
    ],
)
def test_dedupe_key_is_the_same_only_when_the_item_is(
    one: dict[str, Any], other: dict[str, Any], is_same: bool
) -> None:
    assert (parse_one(one).dedupe_key == parse_one(other).dedupe_key) is is_same


def test_read_item_makes_the_same_value_again_when_it_was_stored() -> None:
    body = make_body(
        {"messaging": [make_item(POSTBACK), make_item({"read": {"watermark": 1}})]},
        {"changes": [{"field": "messages", "value": make_item(QUICK_REPLY)}]},
    )
    for incoming in parse_webhook(body):
        assert read_item(json.loads(json.dumps(incoming.body))) == incoming


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"[" * 100_000, b'{"object":"page","entry":' + b"[" * 100_000])
def test_parse_webhook_refuses_what_is_no_json(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_webhook(body)


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'"page"', b'{"object":"instagram","entry":[]}'])
def test_parse_webhook_finds_no_page_in_what_is_about_something_else(body: bytes) -> None:
    with pytest.raises(NotFound):
        parse_webhook(body)


@pytest.mark.parametrize("entry", [b"NaN", b"Infinity", b"9" * 5000])
def test_parse_webhook_takes_numbers_that_are_none_for_nothing(entry: bytes) -> None:
    assert parse_webhook(b'{"object":"page","entry":[' + entry + b"]}") == ()


@pytest.mark.parametrize("entry", [None, {}, "x", [], [None], [{"messaging": "x"}], [{"messaging": [1, None]}]])
def test_parse_webhook_finds_nothing_when_the_entries_are_damaged(entry: object) -> None:
    assert parse_webhook(json.dumps({"object": "page", "entry": entry}).encode()) == ()


def test_policy_enforcement_concerns_nobody_in_particular() -> None:
    incoming = parse_one({"recipient": {"id": PAGE}, "timestamp": AT_MS, "policy_enforcement": {"action": "block"}})
    assert (incoming.address, incoming.opens_chat_window, incoming.content) == (None, False, None)


KINDS = ("message", "postback", "delivery", "read", "reaction", "referral", "optin", "echo")
FIELDS = ("sender", "recipient", "timestamp", "id", "mid", "mids", "payload", "watermark", "quick_reply", "is_echo")
NAMES = st.sampled_from([*KINDS, *FIELDS, "metadata", "action", "source", "ref", "type", "field", "value"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
ANY_JSON = st.recursive(
    LEAVES | st.sampled_from(["ACK:1", "react", "SHORTLINK", "m_1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=5),
    max_leaves=12,
)


@given(
    entries=st.lists(
        st.dictionaries(st.sampled_from(["messaging", "standby", "changes"]), st.lists(ANY_JSON, max_size=2)),
        max_size=2,
    )
)
def test_parse_webhook_reads_items_of_any_shape_the_same_twice(entries: list[Any]) -> None:
    body = json.dumps({"object": "page", "entry": entries}).encode()
    for incoming in parse_webhook(body):
        assert len(incoming.dedupe_key) <= 80
        assert incoming.dedupe_key.isascii()
        assert not incoming.opens_chat_window or incoming.address
        assert read_item(incoming.body) == incoming


@given(body=st.binary(max_size=200) | ANY_JSON.map(lambda value: json.dumps(value).encode()))
def test_parse_webhook_raises_nothing_else_for_any_bytes(body: bytes) -> None:
    with pytest.raises((InvalidInput, NotFound)):
        parse_webhook(body)
