"""Alerts on a stream of text: what happens when no channel is configured."""

import asyncio
from typing import TextIO

from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatReply
from instantreact.channels.shortening import clean
from instantreact.channels.words import compose_text
from instantreact.clock import Clock
from instantreact.domain.alert import Picture, Receipt
from instantreact.domain.happening import Notice
from instantreact.errors import DeliveryDeferred


class ConsoleChannel:
    """Prints alerts to `stream`. Implements Channel."""

    def __init__(self, stream: TextIO, *, clock: Clock) -> None:
        self._stream = stream
        self._clock = clock

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Print the text, and where it can be answered."""
        happening = notice.happening
        text = clean(compose_text(happening, language=notice.language))
        lines = [f"Alert for {address} ({happening.severity}), {notice.alert_id}", text]
        if notice.open_url is not None:
            lines.append(f"Open: {notice.open_url}")
        return await self._print("\n".join(lines), metadata)

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Print that there is a picture, and its size."""
        return await self._print(f"Picture for {address}: {picture.filename}, {len(picture.jpeg)} bytes", metadata)

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Nothing is answered on a console."""

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """Print it."""
        return await self._print(f"To {incoming.address}: {clean(said.text)}", "")

    async def invitation_url(self, token: str) -> None:
        """Nobody writes to a console."""

    async def check(self) -> str:
        """Alerts can always be printed."""
        return "alerts for recipients on the console are printed"

    async def close(self) -> None:
        """The stream belongs to the caller and stays open."""

    async def _print(self, text: str, metadata: str) -> Receipt:
        try:
            await asyncio.to_thread(self._write, text)
        except OSError as error:
            raise DeliveryDeferred(f"The console does not take text: {error}") from error
        return Receipt(message_id=metadata, accepted_at=self._clock.now())

    def _write(self, text: str) -> None:
        self._stream.write(f"\n{text}\n")
        self._stream.flush()
