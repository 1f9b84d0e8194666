"""Alerts through a Telegram bot: a thin client of the Bot API."""

import json
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from instantreact.channels.catalogue import ACKNOWLEDGE, FALSE_ALARM, MUTE, OPEN
from instantreact.channels.payloads import write_payload, write_words
from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatFile, ChatReply
from instantreact.channels.shortening import shorten
from instantreact.channels.telegram.failures import AMBIGUOUS_WAIT_S, error_for, read_reply
from instantreact.channels.telegram.receiver import find_callback_id
from instantreact.channels.transport import explain_transport
from instantreact.channels.words import Room, compose_text, compose_title
from instantreact.clock import Clock
from instantreact.domain.alert import Answer, AnswerKind, Picture, Receipt
from instantreact.domain.happening import Notice, asks_for_answer
from instantreact.errors import DeliveryRefused

TEXT_UNITS, CAPTION_UNITS, SIGN_UNITS = 4096, 1024, 200
"""The most that a message, a picture's caption and the sign after a tap hold (Bot API)."""

ROOM = Room(title=200, place=200, caption=1000, what=60, quote=150, reasons=10, digested=25)


@dataclass(frozen=True)
class TelegramBot:
    """The bot that alerts come from, and how to reach it."""

    token: str = field(repr=False)
    base_url: str = "https://api.telegram.org"
    connect_timeout_s: float = 5.0
    reply_timeout_s: float = 20.0


class TelegramChannel:
    """Sends alerts as messages of a bot. Implements Channel."""

    def __init__(self, bot: TelegramBot, *, clock: Clock) -> None:
        self._bot = bot
        self._clock = clock
        self._client = httpx.AsyncClient(
            transport=_Authorised(bot.token),
            timeout=httpx.Timeout(bot.reply_timeout_s, connect=bot.connect_timeout_s),
        )

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send a message with its buttons: Acknowledge, False alarm, Mute and, with a secure address, Open.

        Where there is nothing to answer there are none.
        """
        text = shorten(compose_text(notice.happening, ROOM, notice.language), TEXT_UNITS)
        call: dict[str, object] = {"chat_id": address, "text": text}
        if asks_for_answer(notice.happening):
            call["reply_markup"] = _keyboard(notice)
        return self._receipt(await self._call("sendMessage", json.dumps(call).encode()))

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Upload and send a JPEG, which says what it belongs to."""
        caption = shorten(compose_title(notice.happening, notice.language), CAPTION_UNITS)
        form = {"chat_id": address, "caption": caption}
        file = (picture.filename, picture.jpeg, "image/jpeg")
        return self._receipt(await self._call("sendPhoto", form=form, files={"photo": file}))

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """End the waiting of a button that was tapped, and show what became of it."""
        callback_id = find_callback_id(incoming.body)
        if callback_id is not None:
            call = {"callback_query_id": callback_id, "text": shorten(said, SIGN_UNITS)}
            await self._call("answerCallbackQuery", json.dumps(call).encode())

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """End the waiting of what was tapped, and send a message, with choices in rows of three."""
        if find_callback_id(incoming.body) is not None:
            with suppress(DeliveryRefused):  # a tap of a quarter of an hour ago waits no more
                await self.confirm(incoming, "")
        call: dict[str, object] = {"chat_id": incoming.address, "text": shorten(said.text, TEXT_UNITS)}
        if said.choices:
            buttons = [{"text": each.title, "callback_data": write_words(each.words)} for each in said.choices]
            call["reply_markup"] = {
                "inline_keyboard": [buttons[start : start + 3] for start in range(0, len(buttons), 3)]
            }
        receipt = self._receipt(await self._call("sendMessage", json.dumps(call).encode()))
        if said.file is not None:
            await self._show(incoming.address or "", said.file)
        return receipt

    async def invitation_url(self, token: str) -> str:
        """A deep link: Telegram brings the token with the person's tap on Start."""
        bot = await self._call("getMe")
        return f"https://t.me/{bot.get('username', '')!s}?start={token}"

    async def check(self) -> str:
        """Ask for the bot's name."""
        bot = await self._call("getMe")
        return f"Telegram accepts calls of the bot @{bot.get('username', '')!s}"

    async def close(self) -> None:
        await self._client.aclose()

    async def _show(self, address: str, file: ChatFile) -> None:
        method, name = ("sendPhoto", "photo") if file.is_picture else ("sendVideo", "video")
        await self._call(method, form={"chat_id": address}, files={name: (file.filename, file.data, file.media_type)})

    def _receipt(self, message: dict[str, object]) -> Receipt:
        return Receipt(message_id=str(message.get("message_id", "")), accepted_at=self._clock.now())

    async def _call(
        self,
        method: str,
        body: bytes | None = None,
        *,
        form: dict[str, str] | None = None,
        files: dict[str, tuple[str, bytes, str]] | None = None,
    ) -> dict[str, object]:
        """The object that a method gives, empty where it gives none; whatever else comes back is raised."""
        address = f"{self._bot.base_url.rstrip('/')}/{method}"
        headers = {"Content-Type": "application/json"} if body is not None else None
        try:
            response = await self._client.post(address, content=body, data=form, files=files, headers=headers)
        except httpx.RequestError as error:
            raise explain_transport(error, "Telegram", wait_s=AMBIGUOUS_WAIT_S) from error
        reply = read_reply(response.status_code, response.content)
        if not response.is_success or reply.value.get("ok") is not True:
            raise error_for(reply)
        result = reply.value.get("result")
        return result if isinstance(result, dict) else {}


class _Authorised(httpx.AsyncBaseTransport):
    """Puts the token into the path below httpx's own logging and exceptions, which therefore never see it."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._inner = httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a copy of the request to the bot's own address."""
        folder, _, method = request.url.path.rpartition("/")
        url = request.url.copy_with(path=f"{folder}/bot{self._token}/{method}")
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


def _keyboard(notice: Notice) -> dict[str, object]:
    language = notice.language
    answers = ((ACKNOWLEDGE, AnswerKind.ACKNOWLEDGE), (FALSE_ALARM, AnswerKind.DISMISS))
    first = [
        {"text": saying.say(language), "callback_data": write_payload(Answer(kind, notice.alert_id))}
        for saying, kind in answers
    ]
    second = [{"text": MUTE.say(language), "callback_data": write_words(f"mute alert {notice.alert_id}")}]
    if notice.open_url is not None and notice.open_url.startswith("https://"):
        second.append({"text": OPEN.say(language), "url": notice.open_url})
    rows = [first, second]
    return {"inline_keyboard": rows}
