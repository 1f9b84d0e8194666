"""Alerts through Facebook Messenger: the Send API, to the letter of its contract."""

import json
from collections.abc import Mapping
from urllib.parse import urlencode

from instantreact.channels.messenger.graph import GraphClient, MessengerAccount, holds_text
from instantreact.channels.messenger.pacing import Pacer
from instantreact.channels.payloads import write_payload
from instantreact.channels.receiver import Incoming
from instantreact.channels.words import compose_text, shorten
from instantreact.clock import Clock
from instantreact.domain.alert import Answer, AnswerKind, Picture, Receipt
from instantreact.domain.happening import Notice

MESSAGE_UNITS = 640
"""The most that a message with buttons holds, in UTF-16 code units (contract, sections 1.2 and 2.2)."""

TEXT_UNITS = 1900
"""The most that a text without buttons holds."""


class MessengerChannel:
    """Sends alerts as messages of a Page. Implements Channel."""

    def __init__(self, account: MessengerAccount, *, clock: Clock, pacer: Pacer | None = None) -> None:
        self._graph = GraphClient(account)
        self._clock = clock
        self._pacer = pacer or Pacer()

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send a button template: Acknowledge, False alarm and, with a secure address to lead to, Open."""
        body = _envelope(address, {"attachment": _button_template(notice), "metadata": metadata})
        return await self._send(address, json=body)

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Upload and send a JPEG in one call."""
        attachment = {"type": "image", "payload": {"is_reusable": False}}
        body = _envelope(address, {"attachment": attachment, "metadata": metadata})
        form = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
        files = {"filedata": (picture.filename, picture.jpeg, "image/jpeg")}
        return await self._send(address, form=form, files=files, may_wait=True)

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Messenger shows by itself that a button was tapped."""

    async def reply(self, address: str, text: str) -> Receipt:
        """Answer somebody who has just written."""
        body = _envelope(address, {"text": shorten(text, TEXT_UNITS)}, messaging_type="RESPONSE")
        return await self._send(address, json=body)

    async def invitation_url(self, token: str) -> str:
        """An m.me link: Messenger brings the token with the person's first tap, or at once where they have written."""
        return f"https://m.me/{self._graph.account.page_id}?{urlencode({'ref': token})}"

    async def check(self) -> str:
        """Ask Graph for the Page's name; raises ChannelBroken or DeliveryDeferred where sending would."""
        page = await self._graph.get("", {"fields": "name"}, is_success=holds_text("id"))
        return f"Messenger accepts calls for the Page {page.get('name', '')!s} ({page['id']})"

    async def close(self) -> None:
        await self._graph.close()

    async def _send(
        self,
        address: str,
        *,
        json: object = None,
        form: Mapping[str, str] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        may_wait: bool = False,
    ) -> Receipt:
        async with self._pacer.turn(address, may_wait=may_wait):
            reply = await self._graph.post(
                "/messages", json=json, form=form, files=files, is_success=holds_text("message_id")
            )
        return Receipt(message_id=str(reply["message_id"]), accepted_at=self._clock.now())


def _envelope(address: str, message: Mapping[str, object], *, messaging_type: str = "UPDATE") -> dict[str, object]:
    return {"recipient": {"id": address}, "messaging_type": messaging_type, "message": message}


def _button_template(notice: Notice) -> dict[str, object]:
    buttons: list[dict[str, str]] = [
        _postback("Acknowledge", Answer(AnswerKind.ACKNOWLEDGE, notice.alert_id)),
        _postback("False alarm", Answer(AnswerKind.DISMISS, notice.alert_id)),
    ]
    if notice.open_url is not None and notice.open_url.startswith("https://"):
        buttons.append({"type": "web_url", "title": "Open", "url": notice.open_url})
    text = shorten(compose_text(notice.happening), MESSAGE_UNITS)
    payload = {"template_type": "button", "text": text, "buttons": buttons}
    return {"type": "template", "payload": payload}


def _postback(title: str, answer: Answer) -> dict[str, str]:
    return {"type": "postback", "title": title, "payload": write_payload(answer)}
