"""Folders and files for nobody but the user that the service runs as, whatever its umask."""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from uuid import uuid4

from instantreact.errors import Conflict, StorageFull

FOLDER, FILE = 0o700, 0o600


def open_private(path: str, flags: int) -> int:
    """For `open(..., opener=open_private)`."""
    return os.open(path, flags, FILE)


def make_private_file(path: Path) -> None:
    """An empty file, unless one is there: that one is taken from everybody else."""
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT, FILE))
    make_private(path)


def make_private(path: Path) -> None:
    """Take a file or folder from everybody else; what is not ours stays as it is, and so does a link."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return
    wanted = FOLDER if stat.S_ISDIR(mode) else FILE
    if stat.S_IMODE(mode) != wanted:
        with suppress(PermissionError):
            path.chmod(wanted)


def make_all_private(path: Path) -> None:
    """Take it, and all that lies in it, from everybody else; the folder itself last, as the sign that it is done."""
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            with suppress(FileNotFoundError):  # deleted meanwhile
                make_private(Path(folder, name))
    make_private(path)


@contextmanager
def written_whole(path: Path) -> Iterator[IO[bytes]]:
    """A new file that is whole or not there. Raises Conflict when one is there, or none can be; StorageFull."""
    if path.exists():
        raise Conflict(f"{path} is there already, and stays as it is: name another file.")
    aside = path.with_name(f".{path.name}.{uuid4().hex}.partial")
    try:
        with open(aside, "wb", opener=open_private) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.rename(path)
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise Conflict(f"{path} cannot be written: {error.strerror or error}.") from error
        raise StorageFull(f"There is no room for {path}: nothing was written.") from error
    finally:
        aside.unlink(missing_ok=True)
