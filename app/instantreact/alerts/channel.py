"""The one shape of every channel: Messenger and the console today."""

from typing import Protocol

from instantreact.domain.alert import AlertText, Picture, Receipt


class Channel(Protocol):
    """Takes the parts of a delivery, one call a part, and answers with a receipt.

    `address` says whom on this channel. `metadata` names the part, travels with it, and comes back in an echo where
    the channel sends any, so that a part whose receipt was lost can be recognised.

    Sending raises DeliveryDeferred, WindowClosed, DeliveryRefused or ChannelBroken (see errors.py), nothing else.
    """

    async def send_text(self, address: str, text: AlertText, *, metadata: str) -> Receipt:
        """Send the first part, with its buttons."""
        ...

    async def send_picture(self, address: str, picture: Picture, *, metadata: str) -> Receipt:
        """Send the second part."""
        ...

    async def check(self) -> str:
        """Say in a line what the channel is ready for, without notifying anybody; raises as sending does."""
        ...

    async def close(self) -> None:
        """Let go of connections; the channel is not used afterwards."""
        ...
