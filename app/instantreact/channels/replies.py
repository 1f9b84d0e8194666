"""What we answer somebody who has just written or tapped, before a channel has a form for it."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Choice:
    """Something to tap, which writes `words` in the person's name.

    title  at most 20 letters
    words  at most 60 letters, ASCII; with its prefix it is what a button of Telegram's holds
    """

    title: str
    words: str


@dataclass(frozen=True)
class ChatFile:
    """A picture or a clip to be shown."""

    data: bytes = field(repr=False)
    media_type: str
    filename: str

    @property
    def is_picture(self) -> bool:
        """Otherwise it is a clip."""
        return self.media_type.startswith("image/")


@dataclass(frozen=True)
class ChatReply:
    """Words, what may be tapped below them, and what is shown with them.

    is_news  says more than that a tap counts: a message of its own, where a channel shows by itself that it does
    """

    text: str
    choices: tuple[Choice, ...] = ()
    file: ChatFile | None = None
    is_news: bool = False
