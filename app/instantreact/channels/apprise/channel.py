"""Alerts through Apprise: one message each, with the picture where the service takes any."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from apprise import (
    Apprise,
    AppriseAsset,
    AppriseAttachment,
    NotifyBase,
    NotifyFormat,
    NotifyType,
    PersistentStoreMode,
)
from apprise.attachment.memory import AttachMemory

from instantreact.channels.apprise.reasons import LogReader, explain
from instantreact.channels.receiver import Incoming
from instantreact.channels.replies import ChatReply
from instantreact.channels.shortening import shorten
from instantreact.channels.words import Room, compose_text, compose_title
from instantreact.clock import Clock
from instantreact.domain.alert import Picture, Receipt
from instantreact.domain.happening import Notice
from instantreact.domain.rule import Severity
from instantreact.errors import DeliveryDeferred, DeliveryRefused, Misconfigured, RecipientUnreachable

ROOM = Room(title=200, place=200, caption=1000, what=60, quote=150, reasons=10, digested=25)
THREADS = 4
"""Messages under way at once: Apprise blocks while it sends."""

_KINDS = {
    Severity.INFO: NotifyType.INFO,
    Severity.WARNING: NotifyType.WARNING,
    Severity.CRITICAL: NotifyType.FAILURE,
}


class AppriseChannel:
    """Sends alerts to addresses of Apprise's, which recipients know by name. Implements Channel."""

    def __init__(self, urls: Mapping[str, str], *, clock: Clock, timeout_s: float = 60.0) -> None:
        """`urls` by name; they hold secrets. Raises Misconfigured for one that Apprise does not know."""
        self._urls = urls
        self._clock = clock
        self._timeout_s = timeout_s
        self._asset = AppriseAsset(
            app_id="InstantReact",
            app_desc="InstantReact",
            storage_mode=PersistentStoreMode.MEMORY,
            image_url_mask="",
            image_url_logo="",
        )
        self._reader = LogReader()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")
        self._services = {name: str(self._open(name).service_name) for name in urls}

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send all of it in one message, the picture within."""
        return await self._send(address, notice, notice.picture, metadata)

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Send it with this picture."""
        return await self._send(address, notice, picture, metadata)

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Nothing comes back."""

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """Nothing comes back, so that there is nothing to answer."""
        raise DeliveryRefused("Apprise sends alerts alone.")

    async def invitation_url(self, token: str) -> None:
        """Addresses are in the settings."""

    async def check(self) -> str:
        """Name who can be told. Whether a service lets us in shows only when something is sent."""
        return f"Apprise knows {', '.join(f'{name} ({service})' for name, service in self._services.items())}"

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._reader.close()

    async def _send(self, address: str, notice: Notice, picture: Picture | None, metadata: str) -> Receipt:
        if address not in self._urls:
            known = ", ".join(self._urls)
            raise RecipientUnreachable(f"INSTANTREACT_APPRISE_URLS has no {address}; it has {known}.")
        service = f"{self._services[address]} ({address})"
        sending = asyncio.get_running_loop().run_in_executor(self._threads, self._notify, address, notice, picture)
        try:
            async with asyncio.timeout(self._timeout_s):
                lines = await sending
        except TimeoutError as error:
            text = f"{service} did not answer within {self._timeout_s:.0f} s, but may have acted."
            raise DeliveryDeferred(text, ambiguous=True) from error
        if lines is not None:
            raise explain(lines, self._urls[address], service)
        return Receipt(message_id=metadata, accepted_at=self._clock.now())

    def _notify(self, name: str, notice: Notice, picture: Picture | None) -> list[str] | None:
        """What Apprise said where it failed; None where it sent the message. Blocks."""
        plugin = self._open(name)
        attached = _attach(picture, self._asset) if picture is not None and plugin.attachment_support else None
        title = (
            shorten(compose_title(notice.happening, notice.language), plugin.title_maxlen)
            if plugin.title_maxlen > 0
            else ""
        )
        with self._reader.listening() as lines:
            try:
                is_sent = plugin.notify(
                    title=title,
                    body=_compose(notice, plugin.body_maxlen),
                    notify_type=_KINDS[notice.happening.severity],
                    body_format=NotifyFormat.TEXT,
                    attach=attached,
                )
            except Exception as error:  # a hundred plugins may raise anything, with anything in it
                return [*lines, f"Apprise itself failed with {type(error).__name__}."]
        return None if is_sent else lines

    def _open(self, name: str) -> NotifyBase:
        """What sends to this address: one for each message, since it keeps what became of it."""
        opened = Apprise.instantiate(self._urls[name], asset=self._asset)
        if opened is None:
            raise Misconfigured(
                f"INSTANTREACT_APPRISE_URLS: what stands behind {name}= is no address of a service that Apprise knows "
                "(https://appriseit.com/services)."
            )
        return opened


def _compose(notice: Notice, limit: int) -> str:
    """As much as the service takes, with the link where it leaves enough for words."""
    link = f"\nOpen: {notice.open_url}" if notice.open_url is not None else ""
    if len(link) > limit // 2:
        link = ""
    return shorten(compose_text(notice.happening, ROOM, notice.language), limit - len(link)) + link


def _attach(picture: Picture, asset: AppriseAsset) -> AppriseAttachment:
    attached = AppriseAttachment(asset=asset)
    memory = AttachMemory(content=picture.jpeg, name=picture.filename, mimetype="image/jpeg")  # type: ignore[no-untyped-call]
    attached.add(memory)
    return attached
