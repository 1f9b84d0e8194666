"""Files in a bucket of S3, or of whatever speaks like it, through obstore.

What programs read (clips that are decoded) is copied into a folder of limited size first. Uploads are gathered there
too, so that a file is in the bucket as a whole or not at all.
"""

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from time import time
from typing import TYPE_CHECKING
from uuid import uuid4

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from instantreact.errors import FilesUnreachable, NotFound
from instantreact.storage.blobs import BlobWriter, FolderUsage, LocalBlobs, StoredFile

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig

_IN_USE = "in-use"
_FORGOTTEN_S = 24 * 3600.0
"""A link that a killed process has left in the cache goes after so long."""

_AGAIN_S = 10.0
_PIECE_BYTES = 1 << 20
_RETRIES: "RetryConfig" = {"max_retries": 2, "retry_timeout": timedelta(seconds=15)}
_TIMES: "ClientConfig" = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=60)}


def open_bucket(
    url: str, *, endpoint: str | None, region: str | None, key_id: str | None, secret: str | None
) -> S3Store:
    """The bucket of `s3://bucket/prefix`; without keys those that the machine has."""
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    given = {"endpoint": endpoint, "region": region, "access_key_id": key_id, "secret_access_key": secret}
    return S3Store(
        bucket,
        prefix=prefix.strip("/") or None,
        client_options={**_TIMES, "allow_http": (endpoint or "").startswith("http://")},
        retry_config=_RETRIES,
        **{name: value for name, value in given.items() if value is not None},  # type: ignore[arg-type]
    )


class S3Blobs:
    """A bucket. Implements BlobStore. Raises FilesUnreachable wherever it does not answer as it should."""

    def __init__(self, bucket: S3Store, cache: LocalBlobs, *, cache_bytes: int) -> None:
        self._bucket = bucket
        self._cache = cache
        self._cache_bytes = cache_bytes

    def new_key(self, folder: str, suffix: str) -> str:
        """A fresh key in `folder`."""
        return self._cache.new_key(folder, suffix)

    @contextmanager
    def writing(self, key: str, *, keep_reserve: bool = False) -> Iterator[BlobWriter]:
        """Gathered in the cache, where whoever wrote it may want to read it, then sent."""
        try:
            with self._cache.writing(key, keep_reserve=keep_reserve) as writer:
                yield writer
            with _explained():
                obstore.put(self._bucket, key, self._cache.path(key))
        except BaseException:
            self._cache.delete(key)
            raise
        self._make_room(but=key)

    def put(self, key: str, data: bytes, *, keep_reserve: bool = False) -> None:
        """Write a whole file: it is small, and not gathered first."""
        self._cache.path(key)
        with _explained():
            obstore.put(self._bucket, key, data)

    def find_shortage(self) -> str | None:
        """What is wrong, in words, when uploads find no room on their way, or the bucket does not answer."""
        try:
            with _explained():
                next(iter(obstore.list(self._bucket, chunk_size=1)), None)
        except FilesUnreachable as error:
            return str(error)
        return self._cache.find_shortage()

    def read(self, key: str) -> bytes:
        """The whole file. Raises NotFound."""
        self._cache.path(key)
        with _explained(key):
            return bytes(obstore.get(self._bucket, key).bytes())

    def exists(self, key: str) -> bool:
        return self.find_file(key) is not None

    def find_file(self, key: str) -> StoredFile | None:
        self._cache.path(key)
        try:
            with _explained(key):
                size_bytes = int(obstore.head(self._bucket, key)["size"])
        except NotFound:
            self._confirm_missing(key)
            return None
        return StoredFile(size_bytes, lambda start, end: self._read_part(key, start, end))

    def _confirm_missing(self, key: str) -> None:
        """An answer to HEAD does not say whether it is the file that is missing or the whole bucket."""
        with suppress(NotFound), _explained(key):
            obstore.get(self._bucket, key)

    def _read_part(self, key: str, start: int, end: int) -> Generator[bytes, None, None]:
        with _explained(key):
            if start < end:
                part = obstore.get(self._bucket, key, options={"range": (start, end)})
                for piece in part.stream(min_chunk_size=_PIECE_BYTES):
                    yield bytes(piece)

    @contextmanager
    def local_file(self, key: str) -> Iterator[Path]:
        """A copy, which stays during the block though others make room in the cache. Raises NotFound."""
        own = self._cache.path(f"{_IN_USE}/{uuid4().hex}")
        own.parent.mkdir(parents=True, exist_ok=True)
        self._link(key, own)
        try:
            yield own
        finally:
            own.unlink(missing_ok=True)

    def _link(self, key: str, own: Path) -> None:
        path = self._cache.path(key)
        while True:
            with suppress(FileNotFoundError):
                os.link(path, own)
                os.utime(path)
                return
            with _explained(key), self._cache.writing(key) as writer:
                for piece in obstore.get(self._bucket, key).stream(min_chunk_size=_PIECE_BYTES):
                    writer.write(bytes(piece))
            self._make_room(but=key)

    def _make_room(self, *, but: str) -> None:
        """Take from the cache what was not used for longest; the file that is wanted now may be larger than it."""
        kept = {self._cache.path(but)}
        found = []
        for key in list(self._cache.list_older(time() + 1)):
            path = self._cache.path(key)
            with suppress(FileNotFoundError):
                stat = path.stat()
                if not key.startswith(f"{_IN_USE}/"):
                    found.append((stat.st_mtime, stat.st_size, path))
                elif stat.st_mtime < time() - _FORGOTTEN_S:
                    path.unlink()
        excess = sum(size for _, size, _ in found) - self._cache_bytes
        for _, size, path in sorted(found):
            if excess > 0 and path not in kept and path.suffix != ".partial":
                path.unlink(missing_ok=True)
                excess -= size

    def delete(self, key: str) -> None:
        """Remove the file; one that is not there is no error."""
        self._cache.delete(key)
        with suppress(NotFound), _explained(key):
            obstore.delete(self._bucket, key)

    def list_older(self, than_s: float) -> Iterator[str]:
        """The keys of files that were last written before `than_s`; S3 shows none that is half-written."""
        with _explained():
            for batch in obstore.list(self._bucket):
                yield from (each["path"] for each in batch if each["last_modified"].timestamp() < than_s)

    def size_bytes(self, key: str) -> int:
        found = self.find_file(key)
        return found.size_bytes if found else 0

    def measure_folders(self) -> Mapping[str, FolderUsage]:
        """What lies in each folder."""
        usage: dict[str, FolderUsage] = {}
        with _explained():
            for each in (each for batch in obstore.list(self._bucket) for each in batch):
                folder, _, name = each["path"].partition("/")
                if name:
                    before = usage.get(folder, FolderUsage())
                    usage[folder] = FolderUsage(before.files + 1, before.size_bytes + each["size"])
        return usage


@contextmanager
def _explained(key: str | None = None) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        if key is None or "NoSuchBucket" in str(error):
            raise FilesUnreachable(
                "The bucket of INSTANTREACT_BLOBS_URL does not exist.", retry_after_s=_AGAIN_S
            ) from error
        raise NotFound("file", key) from error
    except (BaseError, PermissionError, TimeoutError, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        reason = str(error).partition("\n")[0]
        raise FilesUnreachable(f"The files in S3 cannot be reached: {reason}", retry_after_s=_AGAIN_S) from error
