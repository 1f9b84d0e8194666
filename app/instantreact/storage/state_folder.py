"""The state folder: made before anything is kept in it."""

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

from instantreact.errors import Misconfigured
from instantreact.storage.private import FOLDER, make_all_private, make_private

_DATABASE = "instantreact.sqlite3"
_INSTALLATION = ("blobs", "secret.key", _DATABASE, f"{_DATABASE}-wal")
_OURS = (*_INSTALLATION, "processes", "ports", "blob-cache", "serve.lock")
"""What this version and earlier ones keep in the folder; what else lies there is somebody's own."""

_RESTORING = "restoring"
_ASIDE = "aside "
"""Begins what the file `restoring` holds as long as what lay there before is still moved aside."""


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
    """Raises Misconfigured where nothing could be written in the folder, where it could not be made, and where it is
    half restored; only looks.
    """
    if (folder / _RESTORING).exists():
        raise Misconfigured(
            f"The state folder {folder.absolute()} is half restored: run `instantreact restore` again with the same "
            "backup, or with another and --replace."
        )
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not there.is_dir():
        raise _unusable(folder, f"{there.absolute()} is no folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise _unusable(folder, f"{there.absolute()} cannot be written")


def is_restoring(folder: Path, backup: str) -> bool:
    """Whether this very backup was begun to be restored, and nothing else is in the way."""
    marker = folder / _RESTORING
    return marker.exists() and marker.read_text() == backup


def begin_restoring(folder: Path, backup: str, *, replace: bool) -> Path | None:
    """Mark the folder as half restored from `backup`; where what lay in it has gone to, if anything did.

    With `replace` it is moved aside. Raises Misconfigured where something is there and it is not to be replaced.
    """
    folder.mkdir(FOLDER, parents=True, exist_ok=True)
    _close_to_others(folder)
    marker = folder / _RESTORING
    begun = marker.read_text() if marker.exists() else None
    if begun == backup:
        return None
    there = [name for name in (*_INSTALLATION, f"{_DATABASE}-shm") if _holds_anything(folder / name)]
    if there and not replace and begun != f"{_ASIDE}{backup}":
        what = "half of another backup" if begun else "an installation"
        raise Misconfigured(
            f"The state folder {folder.absolute()} holds {what} ({', '.join(there)}); nothing was changed. Name an "
            "empty one with --state-dir, or move what is there aside with --replace."
        )
    _write_whole(marker, f"{_ASIDE}{backup}")
    aside = _move_aside(folder, there) if there else None
    _write_whole(marker, backup)
    return aside


def end_restoring(folder: Path) -> None:
    """It is whole."""
    (folder / _RESTORING).unlink()


def _move_aside(folder: Path, names: list[str]) -> Path:
    aside = folder / f"replaced-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    aside.mkdir(FOLDER)
    for name in names:
        (folder / name).rename(aside / name)
    return aside


def _holds_anything(path: Path) -> bool:
    return any(path.iterdir()) if path.is_dir() else path.exists()


def _write_whole(path: Path, text: str) -> None:
    aside = path.with_suffix(".new")
    with aside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


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
