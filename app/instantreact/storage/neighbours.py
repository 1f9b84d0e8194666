"""The processes of this service that share a state folder, told to each other through files in it.

A process locks its file for as long as it lives, however it ends: a file without a lock tells of one that died without
putting its things away, and the others free what it held.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from instantreact.storage.private import FOLDER, open_private

_NAME = re.compile(r"(?P<port>\d+)-(?P<name>[0-9a-f]{32})")


class Neighbours:
    """The files below `folder`, which is made when it is needed. `own` is the name of this process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.own = uuid4().hex

    @contextmanager
    def join(self, port: int = 0) -> Iterator[None]:
        """This process lives during the block, and listens on `port` unless that is 0."""
        self._folder.mkdir(FOLDER, parents=True, exist_ok=True)
        path = self._folder / f"{port}-{self.own}"
        unlocked = path.with_suffix(".new")  # it gets its name once it is locked: until then it would pass for dead
        with open(unlocked, "wb", opener=open_private) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            unlocked.rename(path)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def list_ports(self) -> frozenset[int]:
        """The ports of every process that lives."""
        return frozenset(
            int(match["port"]) for path, match in self._find() if match["port"] != "0" and _is_locked(path)
        )

    def has_living(self) -> bool:
        """Whether any process lives."""
        return any(_is_locked(path) for path, _ in self._find())

    def list_dead(self) -> frozenset[str]:
        """The names of those that died, until they are forgotten."""
        return frozenset(match["name"] for path, match in self._find() if not _is_locked(path))

    def forget(self, name: str) -> None:
        """What this dead process held is free."""
        for path, match in self._find():
            if match["name"] == name:
                path.unlink(missing_ok=True)

    def _find(self) -> list[tuple[Path, re.Match[str]]]:
        paths = list(self._folder.iterdir()) if self._folder.is_dir() else []
        return [(path, match) for path in paths if (match := _NAME.fullmatch(path.name))]


def _is_locked(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("rb") as opened:  # it may end while we look
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False
    return True
