"""Alerts through Facebook Messenger: the Send API, to the letter of its contract."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from instantreact.channels.catalogue import ACKNOWLEDGE, FALSE_ALARM, KEEP_ON, MUTE, OPEN
from instantreact.channels.messenger.graph import FailureReader, GraphClient, MessengerAccount, Reply, holds_text
from instantreact.channels.messenger.graph_errors import error_for, template_error_for
from instantreact.channels.messenger.pacing import Pacer
from instantreact.channels.payloads import write_payload, write_words
from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatFile, ChatReply, Choice
from instantreact.channels.shortening import shorten
from instantreact.channels.words import compose_text
from instantreact.clock import Clock
from instantreact.domain.alert import Answer, AnswerKind, Picture, Receipt
from instantreact.domain.happening import Notice, Reminder, asks_for_answer
from instantreact.domain.rule import Severity

MESSAGE_UNITS = 640
"""The most that a message with buttons holds, in UTF-16 code units (contract, sections 1.2 and 2.2)."""

TEXT_UNITS = 1900
"""The most that a text without buttons holds."""


TITLE_UNITS, MAX_QUICK_REPLIES = 20, 13
"""Of what may be tapped below a message (contract, section 2.1)."""


_IS_RECEIPT = holds_text("message_id")


class MessengerChannel:
    """Sends alerts as messages of a Page. Implements Channel."""

    def __init__(self, account: MessengerAccount, *, clock: Clock, pacer: Pacer | None = None) -> None:
        self._graph = GraphClient(account)
        self._clock = clock
        self._pacer = pacer or Pacer()

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send a button template: Acknowledge, False alarm and, with a secure address, Open; or else Mute.

        Where there is nothing to answer, words alone; below a reminder, Keep alerts on.
        """
        if asks_for_answer(notice.happening) or isinstance(notice.happening, Reminder):
            message: dict[str, object] = {"attachment": _button_template(notice)}
        else:
            message = {"text": shorten(compose_text(notice.happening, language=notice.language), TEXT_UNITS)}
        body = _envelope(address, {**message, "metadata": metadata})
        return await self.send_message(address, body, is_urgent=notice.happening.severity is Severity.CRITICAL)

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Upload and send a JPEG in one call; with Mute below it where the text had no room for that."""
        message: dict[str, object] = {"metadata": metadata}
        if _leads_open(notice):
            message["quick_replies"] = [_quick_reply(_mute(notice))]
        return await self._upload(address, ChatFile(picture.jpeg, "image/jpeg", picture.filename), message)

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Messenger shows by itself that a button was tapped."""

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """Answer somebody who has just written: words with quick replies, then what is to be shown."""
        address = incoming.address or ""
        message: dict[str, object] = {"text": shorten(said.text, TEXT_UNITS)}
        if said.choices:
            message["quick_replies"] = [_quick_reply(choice) for choice in said.choices[:MAX_QUICK_REPLIES]]
        receipt = await self.send_message(address, _envelope(address, message, messaging_type="RESPONSE"))
        if said.file is not None:
            await self._upload(address, said.file, {}, messaging_type="RESPONSE")
        return receipt

    async def invitation_url(self, token: str) -> str:
        """An m.me link: Messenger brings the token with the person's first tap, or at once where they have written."""
        return f"https://m.me/{self._graph.account.page_id}?{urlencode({'ref': token})}"

    async def check(self) -> str:
        """Ask Graph for the Page's name; raises ChannelBroken or DeliveryDeferred where sending would."""
        page = await self._graph.get("", {"fields": "name"}, is_success=holds_text("id"))
        return f"Messenger accepts calls for the Page {page.get('name', '')!s} ({page['id']})"

    async def send_message(
        self, address: str, body: object, *, explain: FailureReader = error_for, is_urgent: bool = False
    ) -> Receipt:
        """Send a message as it stands, in the turn of whom it goes to; what is urgent waits for nobody else's."""
        async with self._pacer.urgent_turn(address) if is_urgent else self._pacer.turn(address):
            reply = await self._graph.post("/messages", json=body, is_success=_IS_RECEIPT, explain=explain)
        return self._write_receipt(reply)

    async def list_templates(self, name: str) -> Mapping[str, str]:
        """How a template stands, by its languages, such as APPROVED; raises as sending one does."""
        found = await self._graph.get(
            "/message_templates",
            {"name": name},
            is_success=lambda reply: isinstance(reply.get("data"), list),
            explain=template_error_for,
        )
        listed = found["data"]
        rows = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
        return {str(row.get("language")): str(row.get("status")) for row in rows if row.get("name") == name}

    async def close(self) -> None:
        await self._graph.close()

    async def _upload(
        self, address: str, file: ChatFile, message: Mapping[str, object], *, messaging_type: str = "UPDATE"
    ) -> Receipt:
        kind = "image" if file.is_picture else "video"
        attachment = {"type": kind, "payload": {"is_reusable": False}}
        body = _envelope(address, {"attachment": attachment, **message}, messaging_type=messaging_type)
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        files = {"filedata": (file.filename, file.data, file.media_type)}
        return await self._send_file(address, form, files, may_wait=messaging_type == "UPDATE")

    async def _send_file(
        self, address: str, form: Mapping[str, str], files: Mapping[str, tuple[str, bytes, str]], *, may_wait: bool
    ) -> Receipt:
        async with self._pacer.turn(address, may_wait=may_wait):
            reply = await self._graph.post("/messages", form=form, files=files, is_success=_IS_RECEIPT)
        return self._write_receipt(reply)

    def _write_receipt(self, reply: Reply) -> Receipt:
        return Receipt(message_id=str(reply["message_id"]), accepted_at=self._clock.now())


def _envelope(address: str, message: Mapping[str, object], *, messaging_type: str = "UPDATE") -> dict[str, object]:
    return {"recipient": {"id": address}, "messaging_type": messaging_type, "message": message}


def _button_template(notice: Notice) -> dict[str, object]:
    is_reminder = isinstance(notice.happening, Reminder)
    # A button stays, where a quick reply would go with the next alert.
    keep = [_postback(KEEP_ON.say(notice.language), write_words("keep"))]
    text = shorten(compose_text(notice.happening, language=notice.language), MESSAGE_UNITS)
    payload = {"template_type": "button", "text": text, "buttons": keep if is_reminder else _list_buttons(notice)}
    return {"type": "template", "payload": payload}


def _list_buttons(notice: Notice) -> list[dict[str, str]]:
    language, mute = notice.language, _mute(notice)
    buttons = [
        _postback(ACKNOWLEDGE.say(language), write_payload(Answer(AnswerKind.ACKNOWLEDGE, notice.alert_id))),
        _postback(FALSE_ALARM.say(language), write_payload(Answer(AnswerKind.DISMISS, notice.alert_id))),
    ]
    if _leads_open(notice):
        buttons.append({"type": "web_url", "title": OPEN.say(language), "url": notice.open_url or ""})
    else:
        buttons.append(_postback(mute.title, write_words(mute.words)))
    return buttons


def _postback(title: str, payload: str) -> dict[str, str]:
    return {"type": "postback", "title": title, "payload": payload}


def _quick_reply(choice: Choice) -> dict[str, str]:
    title = shorten(choice.title, TITLE_UNITS)
    return {"content_type": "text", "title": title, "payload": write_words(choice.words)}


def _mute(notice: Notice) -> Choice:
    return Choice(MUTE.say(notice.language), f"mute alert {notice.alert_id}")


def _leads_open(notice: Notice) -> bool:
    """The third button, and the last that there is room for."""
    return notice.open_url is not None and notice.open_url.startswith("https://")
