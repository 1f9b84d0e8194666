"""What channels bring back, as values, and the one shape of whoever takes it in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from instantreact.domain.alert import Answer
from instantreact.domain.language import Language

Json = Mapping[str, object]


@dataclass(frozen=True)
class Delivered:
    """Messages reached the person's device: those named, and all sent before the watermark."""

    mids: tuple[str, ...]
    watermark: datetime | None


@dataclass(frozen=True)
class Read:
    """The person has seen everything sent up to the watermark."""

    watermark: datetime | None


@dataclass(frozen=True)
class Echo:
    """A message of ours, with the metadata it was sent with: proof that it was accepted."""

    mid: str
    metadata: str | None


@dataclass(frozen=True)
class Invited:
    """Somebody followed the link of an invitation."""

    token: str


@dataclass(frozen=True)
class Wrote:
    """Somebody wrote a text, or tapped what stands for one; in a group perhaps to others than us."""

    text: str
    is_to_us: bool = True


Content = Answer | Delivered | Read | Echo | Invited | Wrote

_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,64}", re.ASCII)


def find_invited(token: str | None) -> Invited | None:
    """What a link brought; None where it can be no invitation of ours."""
    return Invited(token) if token is not None and _TOKEN.fullmatch(token) else None


@dataclass(frozen=True)
class Incoming:
    """One thing that a channel brought.

    dedupe_key    the same for the same thing brought again, at most 80 ASCII characters, the channel's own
    address       whom it concerns, None where it concerns nobody
    occurred_at   when, by the channel's clock; None where it does not say. Items arrive late and out of order
    opens_chat_window  whether it is an action of the person, who can be reached from `occurred_at` on
    content       what is to be done about it, None for nothing
    body          the thing itself, from which `read_item` makes this value again
    alias         another address that may be meant, such as a name beside a number
    language      of the person, where the channel tells one that we speak
    """

    dedupe_key: str
    address: str | None
    occurred_at: datetime | None
    opens_chat_window: bool
    content: Content | None
    body: Json
    alias: str | None = None
    language: Language | None = None


@dataclass(frozen=True)
class Call:
    """A call of a channel's to its webhook: the bytes as they came, and the headers, in lower case."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Receiver(Protocol):
    """Takes in what a channel brings to its webhook. Pure: what is stored and done about it is the pipeline's.

    reply   what a call is answered with once it is stored
    """

    @property
    def reply(self) -> str: ...

    def missing_settings(self) -> tuple[str, ...]:
        """What must be set before anything can be received, as settings are named in the environment."""
        ...

    def greet(self, query: Mapping[str, str]) -> str:
        """The answer to a channel that asks, before it brings anything, whether this is the right place.

        Raises NotAllowed for a caller who does not know what was agreed upon, Misconfigured where nothing was, and
        NotFound for a channel that does not ask.
        """
        ...

    def verify(self, call: Call) -> None:
        """Raises NotAllowed for a call that is not the channel's, and Misconfigured where that cannot be told."""
        ...

    def parse(self, body: bytes) -> tuple[Incoming, ...]:
        """Everything that a verified call brings, in order. Raises InvalidInput, or NotFound for another's."""
        ...

    def read_item(self, body: Json) -> Incoming:
        """What one of those bodies says."""
        ...
