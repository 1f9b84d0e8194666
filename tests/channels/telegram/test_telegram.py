import logging
import socket
import traceback

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.telegram.channel import TelegramBot, TelegramChannel
from instantreact.channels.telegram.setup import find_address_fault, open_telegram
from instantreact.config import Settings
from instantreact.domain.alert import Picture
from instantreact.domain.happening import Notice, RuleMatched, Written
from instantreact.domain.rule import Evidence, Severity
from instantreact.errors import (
    ChannelBroken,
    DeliveryDeferred,
    DeliveryError,
    DeliveryRefused,
    Misconfigured,
    RecipientUnreachable,
)
from tests.channels.telegram.conftest import CHAT_ID, GROUP_ID
from tests.conftest import StoppedClock
from tests.servers.telegram import TOKEN, Chat, FakeTelegram, Fault
from tests.storage.factories import NOW

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
ALERT_ID = "0" * 32


def make_notice(text: str = "Fight · Front door", open_url: str | None = None) -> Notice:
    return Notice(ALERT_ID, Written("Fight", text, Severity.CRITICAL), open_url)


async def test_telegram_sends_a_message_with_its_buttons(
    telegram: FakeTelegram, bot: TelegramChannel, clock: StoppedClock
) -> None:
    receipt = await bot.send_text(str(CHAT_ID), make_notice(open_url="https://x.test/a/1"), metadata="part:1")
    (sent,) = telegram.sent
    assert (receipt.message_id, receipt.accepted_at) == (str(sent.message_id), clock.now())
    assert (sent.chat_id, sent.text) == (CHAT_ID, "Fight · Front door")
    assert sent.buttons == (
        {"text": "Acknowledge", "callback_data": f"ACK:{ALERT_ID}"},
        {"text": "False alarm", "callback_data": f"FALSE:{ALERT_ID}"},
        {"text": "Mute", "callback_data": f"SAY:mute alert {ALERT_ID}"},
        {"text": "Open", "url": "https://x.test/a/1"},
    )


@pytest.mark.parametrize("address", [str(GROUP_ID), "@night_shift"])
async def test_telegram_reaches_a_group_by_its_id_and_by_its_name(
    telegram: FakeTelegram, bot: TelegramChannel, address: str
) -> None:
    await bot.send_text(address, make_notice(open_url="http://localhost/a"), metadata="part:1")
    assert telegram.sent[0].chat_id == GROUP_ID
    assert [button["text"] for button in telegram.sent[0].buttons] == ["Acknowledge", "False alarm", "Mute"]


async def test_telegram_sends_the_picture_with_what_it_belongs_to(telegram: FakeTelegram, bot: TelegramChannel) -> None:
    await bot.send_picture(str(CHAT_ID), make_notice(), Picture(JPEG), metadata="part:2")
    assert (telegram.sent[0].picture, telegram.sent[0].text) == (JPEG, "Fight")


@pytest.mark.parametrize("word", ["word ", "🔥", "half a pair \ud83d and a bell \x07 ", "x"])
async def test_telegram_says_as_much_as_a_message_holds_and_no_more(
    telegram: FakeTelegram, bot: TelegramChannel, word: str
) -> None:
    long = word * 3000
    evidence = (Evidence("caption", long, 1.0, long + "y", 0.0, 2.0),) * 50
    held = RuleMatched(long, long, long, evidence, NOW, "UTC", Severity.CRITICAL)
    for happening in (held, Written(long, long, Severity.INFO)):
        await bot.send_text(str(CHAT_ID), Notice(ALERT_ID, happening), metadata="part:1")
        await bot.send_picture(str(CHAT_ID), Notice(ALERT_ID, happening), Picture(JPEG), metadata="part:2")
    assert telegram.refused == []
    assert len(telegram.sent[0].text) > 1000  # more than a message of Messenger's holds


@pytest.mark.parametrize(
    ("fault", "kind", "words", "retry_after_s", "ambiguous"),
    [
        (Fault(429, "Too Many Requests: retry after 7", {"retry_after": 7}), DeliveryDeferred, "limits", 7.0, False),
        (Fault(429, "Too Many Requests"), DeliveryDeferred, "limits", 60.0, False),
        (Fault(500, "Internal Server Error"), DeliveryDeferred, "for the moment", None, False),
        (Fault(502, page=True), DeliveryDeferred, "for the moment", None, False),
        (Fault(200, page=True, accepted=True), DeliveryDeferred, "not Telegram's answer", 30.0, True),
        (Fault(302, page=True), DeliveryDeferred, "not Telegram's answer", 30.0, True),
        (Fault(401, "Unauthorized"), ChannelBroken, "BotFather", None, None),
        (Fault(404, "Not Found"), ChannelBroken, "BotFather", None, None),
        (Fault(403, "Forbidden: bot was blocked by the user"), RecipientUnreachable, "blocked", None, None),
        (Fault(403, "Forbidden: bot was kicked from the group chat"), RecipientUnreachable, "kicked", None, None),
        (Fault(400, "Bad Request: chat not found"), RecipientUnreachable, "chat not found", None, None),
        (
            Fault(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1009}),
            RecipientUnreachable,
            "another id now: -1009",
            None,
            None,
        ),
        (Fault(400, "Bad Request: message is too long"), DeliveryRefused, "too long", None, None),
    ],
)
async def test_telegram_raises_what_a_refusal_asks_for_and_succeeds_the_next_time(
    telegram: FakeTelegram,
    bot: TelegramChannel,
    fault: Fault,
    kind: type[DeliveryError],
    words: str,
    retry_after_s: float | None,
    ambiguous: bool | None,
) -> None:
    telegram.script(fault)
    with pytest.raises(DeliveryError, match=words) as caught:
        await bot.send_text(str(CHAT_ID), make_notice(), metadata="part:1")
    assert type(caught.value) is kind
    if isinstance(caught.value, DeliveryDeferred):
        assert (caught.value.retry_after_s, caught.value.ambiguous) == (retry_after_s, ambiguous)
    await bot.send_text(str(CHAT_ID), make_notice(), metadata="part:1")


@pytest.mark.parametrize(("address", "chat"), [("5", None), ("6", Chat(blocked=True)), ("@nobody", None)])
async def test_telegram_tells_that_a_chat_cannot_be_reached(
    telegram: FakeTelegram, bot: TelegramChannel, address: str, chat: Chat | None
) -> None:
    if chat is not None:
        telegram.chats[int(address)] = chat
    with pytest.raises(RecipientUnreachable):
        await bot.send_text(address, make_notice(), metadata="part:1")
    with pytest.raises(RecipientUnreachable):
        await bot.send_picture(address, make_notice(), Picture(JPEG), metadata="part:2")


async def test_telegram_is_refused_when_the_message_is_none_that_it_takes(
    telegram: FakeTelegram, bot: TelegramChannel
) -> None:
    too_long = Notice("0" * 64, Written("Fight", "Fight", Severity.INFO))
    with pytest.raises(DeliveryRefused, match="empty"):
        await bot.send_text(str(CHAT_ID), make_notice(" "), metadata="part:1")
    with pytest.raises(DeliveryRefused, match="BUTTON_DATA_INVALID"):
        await bot.send_text(str(CHAT_ID), too_long, metadata="part:1")
    with pytest.raises(DeliveryRefused, match="IMAGE_PROCESS_FAILED"):
        await bot.send_picture(str(CHAT_ID), make_notice(), Picture(b"\x89PNG"), metadata="part:2")
    assert telegram.sent == []


async def test_telegram_defers_without_doubt_when_it_cannot_connect(clock: StoppedClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    channel = TelegramChannel(TelegramBot(TOKEN, f"http://127.0.0.1:{port}"), clock=clock)
    with pytest.raises(DeliveryDeferred) as caught:
        await channel.send_text("1", make_notice(), metadata="part:1")
    await channel.close()
    assert not caught.value.ambiguous


async def test_check_names_the_bot_and_says_what_to_repair(telegram: FakeTelegram, clock: StoppedClock) -> None:
    for token, said in ((TOKEN, "@alerts_bot"), ("1:expired", "BotFather")):
        channel = TelegramChannel(TelegramBot(token, telegram.url), clock=clock)
        try:
            line = await channel.check()
        except ChannelBroken as error:
            line = str(error)
        await channel.close()
        assert said in line
        assert len(line.splitlines()) == 1
    assert telegram.sent == []


@pytest.mark.parametrize("fault", [None, Fault(401, "Unauthorized"), Fault(500, "Internal")])
async def test_telegram_shows_its_token_in_no_log_error_or_repr(
    telegram: FakeTelegram, bot: TelegramChannel, caplog: pytest.LogCaptureFixture, fault: Fault | None
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [repr(bot), repr(TelegramBot(TOKEN))]
    telegram.script(*([fault] if fault else []))
    try:
        await bot.send_text(str(CHAT_ID), make_notice(), metadata="part:1")
    except DeliveryError as error:
        shown.extend(traceback.format_exception(error))
        if isinstance(error.__cause__, httpx.RequestError):
            shown.append(str(error.__cause__.request.url))
    shown.append(caplog.text)
    assert TOKEN not in "\n".join(shown)


@pytest.mark.parametrize("address", ["1", "4242", "-1001234567890", "@night_shift", "@abcd"])
def test_address_may_be_a_chat_id_or_a_name(address: str) -> None:
    assert find_address_fault(address) is None


@pytest.mark.parametrize("address", ["0", "-", "+49170", "night_shift", "@", "@Night", "t.me/x", "1.5", "1" * 17])
def test_address_that_is_no_chat_says_what_to_give(address: str) -> None:
    assert "@name" in (find_address_fault(address) or "")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"telegram_token": "not a token"}, "INSTANTREACT_TELEGRAM_TOKEN is none"),
        ({"telegram_token": "1/../2:x"}, "INSTANTREACT_TELEGRAM_TOKEN is none"),
        (
            {"telegram_token": TOKEN, "telegram_webhook_secret": "with spaces"},
            "INSTANTREACT_TELEGRAM_WEBHOOK_SECRET may",
        ),
        ({"telegram_webhook_secret": "alone"}, "needs INSTANTREACT_TELEGRAM_TOKEN"),
    ],
)
def test_open_says_which_setting_is_wrong_and_never_its_value(
    clock: StoppedClock, changes: dict[str, str], words: str
) -> None:
    with pytest.raises(Misconfigured, match=words) as caught:
        open_telegram(Settings(**changes), clock)  # type: ignore[arg-type]
    assert not any(value in str(caught.value) for value in changes.values())


def test_open_sends_nothing_where_nothing_is_set(clock: StoppedClock) -> None:
    ends = open_telegram(Settings(), clock)
    assert ends.sender is None
    assert ends.receiver is not None
    assert ends.receiver.missing_settings() == ("INSTANTREACT_TELEGRAM_WEBHOOK_SECRET",)


@given(st.text(max_size=40))
def test_find_address_fault_takes_any_text(address: str) -> None:
    fault = find_address_fault(address)
    assert fault is None or "\n" not in fault
