"""The one shape of every channel, and its two ends."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from instantreact.channels.receiver import Incoming, Receiver
from instantreact.channels.replies import ChatReply
from instantreact.clock import Clock
from instantreact.domain.alert import Picture, Receipt
from instantreact.domain.camera import CameraStanding
from instantreact.domain.happening import Notice
from instantreact.domain.language import Language
from instantreact.hosts import HostPolicy


class Channel(Protocol):
    """Takes the parts of a delivery, one call a part, puts them into its own words, and answers with a receipt.

    `address` says whom on this channel. `metadata` names the part, travels with it, and comes back in an echo where
    the channel sends any, so that a part whose receipt was lost can be recognised.

    Sending raises DeliveryDeferred, ChatWindowClosed, DeliveryRefused or ChannelBroken (see errors.py), nothing else.
    """

    async def send_text(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send the first part, with its buttons."""
        ...

    async def send_picture(self, address: str, notice: Notice, picture: Picture, *, metadata: str) -> Receipt:
        """Send the second part."""
        ...

    async def confirm(self, incoming: Incoming, said: str) -> None:
        """Show who answered what became of it, where the channel keeps them waiting for that; raises as sending does.

        What was answered is stored before.
        """
        ...

    async def reply(self, incoming: Incoming, said: ChatReply) -> Receipt:
        """Answer somebody who has just written or tapped; raises as sending does.

        What is to be shown goes after the words; see `max_file_bytes` in registry.py.
        """
        ...

    async def invitation_url(self, token: str) -> str | None:
        """A link that brings the token back with the person who opens it; None where there are none; raises likewise.

        The token is of letters, digits, `-` and `_`, 64 at most.
        """
        ...

    async def check(self) -> str:
        """Say in a line what the channel is ready for, without notifying anybody; raises as sending does."""
        ...

    async def close(self) -> None:
        """Let go of connections; the channel is not used afterwards."""
        ...


class Board(Protocol):
    """Shows how things stand, where a channel has a place for that beside its alerts."""

    async def show(self, cameras: Sequence[CameraStanding], addresses: Collection[str]) -> None:
        """Show these cameras and no others, and that alerts come to these addresses; raises as sending does.

        Called again and again: what is shown already costs nothing.
        """
        ...


class Template(Protocol):
    """Reaches somebody whose chat window is shut, in words that were approved before: the values of an alert in them.

    It is closed with its channel.
    """

    def name(self, language: Language) -> str:
        """What is approved, or refused, for somebody of this language."""
        ...

    async def send(self, address: str, notice: Notice, *, metadata: str) -> Receipt:
        """Send the first part so; raises TemplateRefused where none would be taken, and as sending does otherwise."""
        ...

    async def check(self) -> str:
        """Say in a line that it is approved; raises as sending does."""
        ...


@dataclass(frozen=True)
class ChannelEnds:
    """A channel as it is configured: no sender where it is not, no receiver where nothing can come back.

    board     where it has one; it is closed with the sender
    template  where it has chat windows, and one is set
    """

    sender: Channel | None
    receiver: Receiver | None = None
    board: Board | None = None
    template: Template | None = None


class ChannelSafe(Protocol):
    """Keeps what a channel must know and nobody is to read: sealed, with everything else that is kept."""

    async def find(self, name: str) -> str | None:
        """The secret of this name; None where there is none, or whoever it belongs to may not be told any more."""
        ...

    async def find_or_make(self, name: str, make: Callable[[], str]) -> str:
        """The secret of this name, for good the one that was made first."""
        ...

    async def forget(self, name: str) -> None:
        """Whether it is there or not."""
        ...


class EmptySafe:
    """Where nothing is kept, as when a channel is only looked at. Implements ChannelSafe."""

    async def find(self, name: str) -> None:
        """There is nothing."""

    async def find_or_make(self, name: str, make: Callable[[], str]) -> str:
        """Another each time."""
        return make()

    async def forget(self, name: str) -> None:
        """There is nothing."""


@dataclass(frozen=True)
class ChannelTools:
    """What a channel is opened with, beside its settings.

    hosts   which hosts may be called, where recipients choose what is
    safe    keeps its secrets, where it has any beside those of the settings
    """

    clock: Clock
    hosts: HostPolicy = field(default_factory=HostPolicy)
    safe: ChannelSafe = field(default_factory=EmptySafe)
