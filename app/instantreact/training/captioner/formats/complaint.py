"""How the readers of annotations complain."""

from pathlib import Path

from instantreact.domain.mention import tokenize
from instantreact.errors import InvalidInput


def complain(path: Path, line: int, reason: str) -> InvalidInput:
    """The error for a wrong line, counted from 1."""
    return InvalidInput(f"{path}, line {line}: {reason}")


def check_captions(path: Path, line: int, captions: list[str]) -> None:
    """Raise InvalidInput when there is no caption, or one says nothing."""
    if not captions:
        raise complain(path, line, "there is no caption; add one, or take the line out")
    if any(is_empty(caption) for caption in captions):
        raise complain(path, line, "a caption is empty, or has no word; take it out")


def is_empty(caption: str) -> bool:
    """Whether a caption has no word, but at most punctuation."""
    return not tokenize(caption)


def read_lines(path: Path) -> list[tuple[int, str]]:
    """The lines of a text that hold something, with their numbers from 1. Raises InvalidInput when it is no UTF-8."""
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    return [(number, _decode(path, number, line)) for number, line in enumerate(lines, start=1) if line.strip()]


def _decode(path: Path, number: int, line: bytes) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
    except UnicodeDecodeError as error:
        raise complain(path, number, "the text is not UTF-8; save the file as UTF-8") from error


def check_file(path: Path, line: int, clip: Path) -> None:
    """Raise InvalidInput when a clip that an annotation names is not there."""
    if not clip.is_file():
        raise complain(path, line, f"the clip {clip} does not exist; put it there, or take the line out")
