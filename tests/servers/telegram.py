"""A real local server that speaks the Bot API of Telegram (core.telegram.org/bots/api) as far as alerts need it.

It refuses what Telegram refuses, in Telegram's words, and brings updates to the webhook that was set.
In a test: `with FakeTelegram() as telegram: telegram.chats[7] = Chat()`.
"""

import json
import re
import threading
import time
from dataclasses import dataclass, field
from itertools import count
from types import TracebackType
from typing import Any, Self

import httpx
from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from instantreact_demo.local_server import LocalServer

TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass
class Chat:
    """A chat that knows the bot; of a group the id is below zero."""

    name: str | None = None
    blocked: bool = False


@dataclass(frozen=True)
class Sent:
    """A message that was accepted."""

    message_id: int
    chat_id: int
    text: str
    buttons: tuple[dict[str, str], ...] = ()
    picture: bytes | None = None


@dataclass(frozen=True)
class Fault:
    """What the next call gets instead of an answer; `accepted`: although the message was taken."""

    status: int
    description: str = ""
    parameters: dict[str, int] = field(default_factory=dict)
    page: bool = False
    accepted: bool = False


class Refusal(Exception):
    """What Telegram does not take."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters


class FakeTelegram:
    """One bot, the chats that know it, and what it said there."""

    def __init__(self, *, token: str = TOKEN) -> None:
        self.token = token
        self.chats: dict[int, Chat] = {}
        self.sent: list[Sent] = []
        self.confirmed: dict[str, str] = {}
        self.refused: list[str] = []
        self.webhook: tuple[str, str | None] | None = None
        self._open_taps: set[str] = set()
        self._faults: list[Fault] = []
        self._ids, self._updates = count(1), count(5000)
        self._changed = threading.Condition()
        self._server = LocalServer(
            Starlette(routes=[Route("/bot{token}/{method}", self._answer, methods=["GET", "POST"])]),
            name="fake-telegram",
        )
        self.url = self._server.url

    def reset(self) -> None:
        """As it was at the start, on the same port."""
        self.chats, self.webhook = {}, None
        for seen in (self.sent, self.confirmed, self.refused, self._open_taps, self._faults):
            seen.clear()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def script(self, *faults: Fault) -> None:
        """Let the next calls fail so."""
        self._faults.extend(faults)

    def wait_for(self, number: int, *, timeout_s: float = 20.0) -> list[Sent]:
        """What was sent, once there is so much; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(self.sent) >= number, timeout_s):
                raise TimeoutError(f"{len(self.sent)} of {number} messages; refused: {self.refused}")
        return list(self.sent)

    def wait_for_sign(self, tap_id: str, *, timeout_s: float = 20.0) -> str:
        """What was shown to who tapped; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: tap_id in self.confirmed, timeout_s):
                raise TimeoutError(f"{tap_id} was not answered; refused: {self.refused}")
        return self.confirmed[tap_id]

    def make_tap(self, message: Sent, title: str, *, chat_id: int | None = None) -> tuple[str, dict[str, Any]]:
        """What the bot is told of a tap on a button, and the id of the tap."""
        (button,) = [each for each in message.buttons if each["text"] == title]
        chat_id = message.chat_id if chat_id is None else chat_id
        name = self.chats[chat_id].name if chat_id in self.chats else None
        chat = {
            "id": chat_id,
            "type": "private" if chat_id > 0 else "supergroup",
            **({"username": name} if name else {}),
        }
        tap_id = f"tap-{next(self._ids)}"
        self._open_taps.add(tap_id)
        tap = {
            "id": tap_id,
            "from": {"id": abs(chat_id), "is_bot": False, "first_name": "Ana"},
            "message": {"message_id": message.message_id, "date": int(time.time()), "chat": chat, "text": message.text},
            "chat_instance": "1",
            "data": button["callback_data"],
        }
        return tap_id, {"update_id": next(self._updates), "callback_query": tap}

    def make_message(
        self, chat_id: int, text: str, *, language: str | None = None, kind: str = "private"
    ) -> dict[str, Any]:
        """What the bot is told when somebody writes to it."""
        person = {"id": abs(chat_id), "is_bot": False, "first_name": "Ana"}
        person |= {"language_code": language} if language else {}
        chat = {"id": chat_id, "type": kind}
        message = {"message_id": next(self._ids), "date": int(time.time()), "chat": chat, "from": person, "text": text}
        return {"update_id": next(self._updates), "message": message}

    def bring(self, update: dict[str, Any], *, secret: str | None = None) -> int:
        """Bring an update to the webhook, as often as this is called; the status of the answer."""
        assert self.webhook is not None, "no webhook is set"
        url, agreed = self.webhook
        shown = agreed if secret is None else secret
        return httpx.post(url, json=update, headers={SECRET_HEADER: shown} if shown else {}, timeout=10).status_code

    async def _answer(self, request: Request) -> Response:
        try:
            if request.path_params["token"] != self.token:
                raise Refusal(401, "Unauthorized")
            fault = self._faults.pop(0) if self._faults else None
            if fault is not None and not fault.accepted:
                return _fail(fault)
            result = await self._run(request)
            return JSONResponse({"ok": True, "result": result}) if fault is None else _fail(fault)
        except Refusal as refusal:
            self.refused.append(refusal.description)
            return _fail(Fault(refusal.status, refusal.description, refusal.parameters))

    async def _run(self, request: Request) -> Any:
        given = await _read(request)
        match request.path_params["method"]:
            case "getMe":
                return {"id": 123456, "is_bot": True, "first_name": "Alerts", "username": "alerts_bot"}
            case "setWebhook":
                return self._set_webhook(given)
            case "sendMessage":
                return self._send(given, _check_text(given, "text", 4096, "message is too long", is_needed=True))
            case "sendPhoto":
                return self._send(
                    given, _check_text(given, "caption", 1024, "message caption is too long"), _photo(given)
                )
            case "sendVideo":
                return self._send(
                    given, _check_text(given, "caption", 1024, "message caption is too long"), _video(given)
                )
            case "answerCallbackQuery":
                return self._confirm(given)
        raise Refusal(404, "Not Found")

    def _set_webhook(self, given: dict[str, Any]) -> bool:
        secret = given.get("secret_token")
        if secret is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
            raise Refusal(400, "Bad Request: secret token contains unallowed characters")
        self.webhook = (given["url"], secret)  # Telegram asks for https besides
        return True

    def _send(self, given: dict[str, Any], text: str, picture: bytes | None = None) -> dict[str, Any]:
        chat_id = self._find_chat(given.get("chat_id"))
        message = Sent(next(self._ids), chat_id, text, _check_buttons(given.get("reply_markup")), picture)
        with self._changed:
            self.sent.append(message)
            self._changed.notify_all()
        return {"message_id": message.message_id, "date": int(time.time()), "chat": {"id": chat_id}}

    def _find_chat(self, wanted: Any) -> int:
        if wanted in (None, ""):
            raise Refusal(400, "Bad Request: chat_id is empty")
        known = {str(chat_id): chat_id for chat_id in self.chats}
        known |= {f"@{chat.name}".lower(): chat_id for chat_id, chat in self.chats.items() if chat.name and chat_id < 0}
        chat_id = known.get(str(wanted).lower())
        if chat_id is None:
            raise Refusal(400, "Bad Request: chat not found")
        if self.chats[chat_id].blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        return chat_id

    def _confirm(self, given: dict[str, Any]) -> bool:
        tap_id, text = given.get("callback_query_id"), given.get("text", "")
        if tap_id not in self._open_taps:
            raise Refusal(400, "Bad Request: query is too old and response timeout expired or query ID is invalid")
        if len(text) > 200:
            raise Refusal(400, "Bad Request: MESSAGE_TOO_LONG")
        with self._changed:
            self._open_taps.discard(tap_id)
            self.confirmed[tap_id] = text
            self._changed.notify_all()
        return True


def _fail(fault: Fault) -> Response:
    if fault.page:
        return HTMLResponse("<h1>Somebody else's</h1>", fault.status)
    value = {"ok": False, "error_code": fault.status, "description": fault.description}
    return JSONResponse({**value, **({"parameters": fault.parameters} if fault.parameters else {})}, fault.status)


async def _read(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").startswith("application/json"):
        return dict(await request.json())
    async with request.form() as form:
        return {name: await value.read() if isinstance(value, UploadFile) else value for name, value in form.items()}


def _check_text(given: dict[str, Any], name: str, most: int, words: str, *, is_needed: bool = False) -> str:
    text: str = given.get(name, "")
    if is_needed and not text.strip():
        raise Refusal(400, "Bad Request: message text is empty")
    if len(text.encode("utf-16-le")) // 2 > most:
        raise Refusal(400, f"Bad Request: {words}")
    return text


def _video(given: dict[str, Any]) -> bytes:
    video = given.get("video")
    if not isinstance(video, bytes) or video[4:8] != b"ftyp":
        raise Refusal(400, "Bad Request: wrong file type")
    return video


def _photo(given: dict[str, Any]) -> bytes:
    photo = given.get("photo")
    if not isinstance(photo, bytes):
        raise Refusal(400, "Bad Request: there is no photo in the request")
    if not photo.startswith(b"\xff\xd8\xff"):
        raise Refusal(400, "Bad Request: IMAGE_PROCESS_FAILED")
    return photo


def _check_buttons(markup: Any) -> tuple[dict[str, str], ...]:
    if markup is None:
        return ()
    value = json.loads(markup) if isinstance(markup, str) else markup
    buttons = tuple(button for row in value["inline_keyboard"] for button in row)
    for button in buttons:
        if not button.get("text") or ("url" in button) == ("callback_data" in button):
            raise Refusal(400, "Bad Request: can't parse inline keyboard button: text buttons are unallowed")
        if "callback_data" in button and not 1 <= len(button["callback_data"].encode()) <= 64:
            raise Refusal(400, "Bad Request: BUTTON_DATA_INVALID")
        if "url" in button and not button["url"].startswith(("https://", "http://")):
            raise Refusal(400, "Bad Request: BUTTON_URL_INVALID")
    return buttons
