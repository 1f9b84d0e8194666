"""The state folder: made before anything is kept in it."""

import os
import stat
from pathlib import Path

from instantreact.errors import Misconfigured
from instantreact.storage.private import FOLDER, make_all_private, make_private

_OURS = ("blobs", "processes", "ports", "secret.key", "serve.lock", "instantreact.sqlite3", "instantreact.sqlite3-wal")
"""What this version and earlier ones keep in the folder; what else lies there is somebody's own."""


def prepare_folder(folder: Path) -> None:
    """Make the folder unless it is there, and take it from everybody else: footage and keys lie in it.

    Raises Misconfigured where nothing can be written in it.
    """
    try:
        folder.mkdir(FOLDER, parents=True, exist_ok=True)
        _close_to_others(folder)
    except OSError as error:
        raise _unusable(folder, error.strerror) from error
    check_folder(folder)


def check_folder(folder: Path) -> None:
    """Raises Misconfigured where nothing could be written in the folder, or where it could not be made; only looks."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise _unusable(folder, f"{there.absolute()} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _unusable(folder, f"{there.absolute()} cannot be written")


def _close_to_others(folder: Path) -> None:
    """Once for what lies below: afterwards nobody gets past the folder itself."""
    is_closed = stat.S_IMODE(folder.stat().st_mode) == FOLDER
    for path in (folder / name for name in _OURS if (folder / name).exists()):
        if path.is_file():
            make_private(path)
        elif not is_closed:
            make_all_private(path)
    make_private(folder)


def _unusable(folder: Path, reason: str | None) -> Misconfigured:
    return Misconfigured(
        f"The state folder {folder.absolute()} cannot be used: {reason}. "
        "Or choose another folder with --state-dir or INSTANTREACT_STATE_DIR."
    )
