"""How the readers of annotations complain."""

from pathlib import Path

from instantreact.errors import InvalidInput


def complain(path: Path, line: int, reason: str) -> InvalidInput:
    """The error for a wrong line, counted from 1."""
    return InvalidInput(f"{path}, line {line}: {reason}")


def check_captions(path: Path, line: int, captions: list[str]) -> None:
    """Raise InvalidInput when there is no caption, or one says nothing."""
    if not captions:
        raise complain(path, line, "there is no caption")
    if any(not caption.strip() for caption in captions):
        raise complain(path, line, "a caption is empty")


def check_file(path: Path, line: int, clip: Path) -> None:
    """Raise InvalidInput when a clip that an annotation names is not there."""
    if not clip.is_file():
        raise complain(path, line, f"the clip {clip} does not exist")
