"""Files: clips, snapshots, evidence. Whole or not there at all, whatever happens while they are written."""

import errno
import os
import shutil
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol
from uuid import uuid4

from instantreact.errors import InvalidInput, NotFound, StorageFull
from instantreact.storage.private import FOLDER, open_private

_PARTIAL = ".partial"
_PIECE_BYTES = 1 << 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@dataclass(frozen=True)
class FolderUsage:
    """How many files a folder has, and how large they are together."""

    files: int = 0
    size_bytes: int = 0


@dataclass(frozen=True)
class StoredFile:
    """A file as it is served: its bytes from one place to before another."""

    size_bytes: int
    read_part: Callable[[int, int], Generator[bytes, None, None]]


class BlobWriter(Protocol):
    """Takes the bytes of one file."""

    def write(self, data: bytes, /) -> int:
        """Append `data`. Raises StorageFull when there is no room left."""
        ...


class BlobStore(Protocol):
    """Files under keys such as `clips/4f/4f0c....mp4`. Every method blocks: call it in a worker thread."""

    def new_key(self, folder: str, suffix: str) -> str:
        """A fresh key in `folder`."""
        ...

    def writing(self, key: str, *, keep_reserve: bool = False) -> AbstractContextManager[BlobWriter]:
        """Write a file piece by piece; it is there, and survives a power cut, once the block ends without an error.

        Raises StorageFull when there is no room left, or with `keep_reserve` none but the reserve.
        """
        ...

    def find_shortage(self) -> str | None:
        """What is wrong, in words, when no room is left but the reserve."""
        ...

    def put(self, key: str, data: bytes, *, keep_reserve: bool = False) -> None:
        """Write a whole file. Raises StorageFull as `writing` does."""
        ...

    def read(self, key: str) -> bytes:
        """The whole file. Raises NotFound."""
        ...

    def exists(self, key: str) -> bool: ...

    def find_file(self, key: str) -> StoredFile | None:
        """What is served of it, if it is there."""
        ...

    def local_file(self, key: str) -> AbstractContextManager[Path]:
        """Where programs find the file during the block, whatever is deleted meanwhile. Raises NotFound."""
        ...

    def delete(self, key: str) -> None:
        """Remove the file; one that is not there is no error."""
        ...

    def list_older(self, than_s: float) -> Iterator[str]:
        """The keys of files, half-written ones too, that were last written before `than_s` (seconds since 1970)."""
        ...

    def size_bytes(self, key: str) -> int:
        """0 for a file that is not there."""
        ...

    def measure_folders(self) -> Mapping[str, FolderUsage]:
        """What lies in each folder: reads through all of it."""
        ...


class LocalBlobs:
    """A folder on a local disk. Implements BlobStore.

    The last `reserve_bytes` of the disk are kept from new clips, so that what was accepted before can be analyzed, told
    and deleted: all of that writes, too, into the database at least.
    """

    def __init__(self, folder: Path, *, reserve_bytes: int = 0) -> None:
        self._folder = folder.resolve()
        self._reserve_bytes = reserve_bytes

    def new_key(self, folder: str, suffix: str) -> str:
        """A fresh key in `folder`; two letters of it spread the files over sub-folders."""
        name = uuid4().hex
        return f"{folder}/{name[:2]}/{name}{suffix}"

    @contextmanager
    def writing(self, key: str, *, keep_reserve: bool = False) -> Iterator[BlobWriter]:
        """Written aside, flushed to the disk, then renamed into place."""
        path = self.path(key)
        aside = path.with_name(f"{path.name}.{uuid4().hex}{_PARTIAL}")
        with _told_when_full():
            _make_folders(path.parent)
        try:
            # A full disk may also show when the file is closed.
            with _told_when_full(), open(aside, "wb", opener=open_private) as file:
                check = self._check_reserve if keep_reserve else _accept
                check()
                yield _Guarded(file, check)
                file.flush()
                os.fsync(file.fileno())
            aside.replace(path)
            _sync_folder(path.parent)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise

    def find_shortage(self) -> str | None:
        """What is wrong, in words, when no room is left but the reserve."""
        free_bytes, _ = self.measure_disk()
        if free_bytes >= self._reserve_bytes:
            return None
        return (
            f"The disk is nearly full: the {free_bytes >> 20} MB that are left are kept for what was accepted "
            "already. Nothing new is stored until somebody makes room."
        )

    def measure_disk(self) -> tuple[int, int]:
        """Bytes of the disk that are free, and all of them."""
        there = next(folder for folder in (self._folder, *self._folder.parents) if folder.exists())
        usage = shutil.disk_usage(there)
        return usage.free, usage.total

    def _check_reserve(self) -> None:
        shortage = self.find_shortage()
        if shortage is not None:
            raise StorageFull(shortage)

    def put(self, key: str, data: bytes, *, keep_reserve: bool = False) -> None:
        """Write a whole file. Raises StorageFull as `writing` does."""
        with self.writing(key, keep_reserve=keep_reserve) as writer:
            writer.write(data)

    def read(self, key: str) -> bytes:
        """The whole file. Raises NotFound."""
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError as error:
            raise NotFound("file", key) from error

    def exists(self, key: str) -> bool:
        return self.path(key).is_file()

    def path(self, key: str) -> Path:
        """Where the file lies. Raises InvalidInput for a key that leads out of the folder."""
        path = (self._folder / key).resolve()
        if not path.is_relative_to(self._folder):
            raise InvalidInput("A file's key leads out of its folder.")
        return path

    def find_file(self, key: str) -> StoredFile | None:
        """What is served of it, if it is there."""
        path = self.path(key)
        return (
            StoredFile(path.stat().st_size, lambda start, end: _read_part(path, start, end)) if path.is_file() else None
        )

    @contextmanager
    def local_file(self, key: str) -> Iterator[Path]:
        """Where the file lies. Raises NotFound."""
        path = self.path(key)
        if not path.is_file():
            raise NotFound("file", key)
        yield path

    def delete(self, key: str) -> None:
        """Remove the file; one that is not there is no error."""
        self.path(key).unlink(missing_ok=True)

    def list_older(self, than_s: float) -> Iterator[str]:
        """The keys of files, half-written ones too, that were last written before `than_s` (seconds since 1970)."""
        for path in self._folder.rglob("*"):
            with suppress(FileNotFoundError):  # deleted while we look
                if path.is_file() and path.stat().st_mtime < than_s:
                    yield path.relative_to(self._folder).as_posix()

    def size_bytes(self, key: str) -> int:
        with suppress(FileNotFoundError):
            return self.path(key).stat().st_size
        return 0

    def measure_folders(self) -> Mapping[str, FolderUsage]:
        """What lies in each folder."""
        return {folder.name: _measure(folder) for folder in self._folder.glob("*") if folder.is_dir()}


def _read_part(path: Path, start: int, end: int) -> Generator[bytes, None, None]:
    with path.open("rb") as file:
        file.seek(start)
        while start < end and (piece := file.read(min(_PIECE_BYTES, end - start))):
            start += len(piece)
            yield piece


def _measure(folder: Path) -> FolderUsage:
    sizes: list[int] = []
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(FileNotFoundError):  # deleted while we look
                sizes.append(Path(place, name).stat().st_size)
    return FolderUsage(len(sizes), sum(sizes))


class _Guarded:
    """A file that says in our words when the disk is full; `check` does so before."""

    def __init__(self, file: BinaryIO, check: Callable[[], None]) -> None:
        self._file = file
        self._check = check

    def write(self, data: bytes, /) -> int:
        self._check()
        with _told_when_full():
            return self._file.write(data)


def _accept() -> None:
    """The reserve may be used."""


@contextmanager
def _told_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_ROOM:
            raise
        raise StorageFull from error


def _make_folders(folder: Path) -> None:
    if not folder.is_dir():
        _make_folders(folder.parent)
        folder.mkdir(FOLDER, exist_ok=True)
        _sync_folder(folder.parent)  # or a power cut could take the folder, and with it what is stored in it


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
