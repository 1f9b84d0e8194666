"""The ports that processes of this service listen on, told to each other through a folder that they share.

A process locks its file for as long as it lives, however it ends: a file without a lock tells of nobody.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

_NAME = re.compile(r"(?P<port>\d+)-[0-9a-f]{32}")


class OwnPorts:
    """The files below `folder`, which is made when it is needed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextmanager
    def hold(self, port: int) -> Iterator[None]:
        """This process listens on `port` during the block."""
        self._folder.mkdir(0o700, parents=True, exist_ok=True)
        path = self._folder / f"{port}-{uuid4().hex}"
        unlocked = path.with_suffix(".new")  # it gets its name once it is locked: until then it would pass for a relic
        with open(unlocked, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            unlocked.rename(path)
            try:
                yield
            finally:
                path.unlink(missing_ok=True)

    def list_ports(self) -> frozenset[int]:
        """The ports of every process that lives; what others left behind is removed."""
        if not self._folder.is_dir():
            return frozenset()
        found = [(path, match) for path in self._folder.iterdir() if (match := _NAME.fullmatch(path.name))]
        return frozenset(int(match["port"]) for path, match in found if _is_held(path))


def _is_held(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("rb") as opened:
        try:
            fcntl.flock(opened, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        path.unlink()
    return False
