"""Reads a backup back: looked through as a whole before anything is touched."""

import hashlib
import json
import shutil
import zipfile
import zlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from instantreact.errors import Conflict, InvalidInput, Misconfigured, NotFound
from instantreact.storage.backup import COPY_BYTES, FORMAT, KEYS, MANIFEST, MANIFESTS, BackupManifest
from instantreact.storage.bindings import MARKER
from instantreact.storage.blobs import BlobStore
from instantreact.storage.migrate import upgrade
from instantreact.storage.moving import Report, fill_database
from instantreact.storage.passphrase import unwrap_keys
from instantreact.storage.revisions import known_revisions
from instantreact.storage.rows import BATCH_ROWS, Row, TableShape
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Binding

_FILES = "files/"
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, UnicodeDecodeError)


@dataclass(frozen=True)
class Backup:
    """A backup that was found whole. Implements RowSource.

    digest  of its manifest: which backup this is
    """

    archive: zipfile.ZipFile
    manifest: BackupManifest
    keys: Sequence[str] = field(repr=False)
    digest: str

    @property
    def revision(self) -> str:
        return self.manifest.revision

    @property
    def shapes(self) -> Sequence[TableShape]:
        return self.manifest.shapes

    @property
    def last_news(self) -> int:
        return self.manifest.last_news

    async def read(self, shape: TableShape) -> AsyncIterator[list[Row]]:
        """All rows of a table; where the files lie will be said by whoever serves them next."""
        with self.archive.open(f"rows/{shape.name}.jsonl") as lines:
            rows: list[Row] = []
            for line in lines:
                rows.append(_without_place(shape, json.loads(line)))
                if len(rows) == BATCH_ROWS:
                    yield rows
                    rows = []
            if rows:
                yield rows


@contextmanager
def open_backup(path: Path, passphrase: str) -> Iterator[Backup]:
    """The backup in this file. Raises InvalidInput for one that is damaged, not whole, of a newer version or of
    another passphrase.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from error
    except (*_BROKEN, OSError) as error:
        raise InvalidInput(f"{path} is no backup, or not a whole one: {error}. Nothing was changed.") from error
    with archive:
        try:
            yield _look_through(archive, passphrase)
        except _BROKEN as error:
            raise InvalidInput(f"The backup {path} is damaged: {error}. Nothing was changed.") from error


def restore_files(backup: Backup, blobs: BlobStore, report: Report) -> None:
    """Put the backup's files into the store, and the mark of the service that they belong to."""
    names = [name for name in backup.manifest.sha256 if name.startswith(_FILES)]
    if backup.manifest.service:
        blobs.put(MARKER, backup.manifest.service.encode())
    for number, name in enumerate(names, start=1):
        with backup.archive.open(name) as file, blobs.writing(name.removeprefix(_FILES)) as writer:
            shutil.copyfileobj(file, writer, COPY_BYTES)
        report("files", number)


async def restore_rows(backup: Backup, url: str, report: Report, *, goes_on: bool) -> None:
    """Fill the database. Rows come all at once: where a restore `goes_on` that was killed, what is there stays."""
    box = SecretBox(backup.keys)
    try:
        await fill_database(url, backup, report=report, box=box)
    except Conflict:
        if not goes_on:
            raise
        await upgrade(url, box=box)


def refuse_others(backup: Backup, blobs: BlobStore) -> None:
    """Raises Misconfigured where the store has files of another service."""
    try:
        marked = blobs.read(MARKER).decode().strip()
    except NotFound:
        return
    if marked != backup.manifest.service:
        raise Misconfigured("The files that are there belong to another service: name an empty folder or bucket.")


def _look_through(archive: zipfile.ZipFile, passphrase: str) -> Backup:
    about = archive.read(MANIFEST)
    _refuse_newer(about)
    try:
        manifest = MANIFESTS.validate_json(about)
    except ValidationError as error:
        raise InvalidInput("The backup is damaged: its manifest cannot be read. Nothing was changed.") from error
    keys = unwrap_keys(archive.read(KEYS), passphrase, about=about)
    if manifest.revision not in known_revisions():
        raise _newer(manifest.version)
    if {*archive.namelist()} != {*manifest.sha256, MANIFEST, KEYS}:
        raise InvalidInput("The backup is damaged: it does not hold what its manifest says. Nothing was changed.")
    for name, wanted in manifest.sha256.items():
        if ".." in PurePosixPath(name).parts or _hash(archive, name) != wanted:
            raise InvalidInput(f"The backup is damaged: {name} is not what was written. Nothing was changed.")
    return Backup(archive, manifest, keys, hashlib.sha256(about).hexdigest())


def _refuse_newer(about: bytes) -> None:
    try:
        described = json.loads(about)
        form, version = int(described["format"]), str(described["version"])
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidInput("The backup is damaged: its manifest cannot be read. Nothing was changed.") from error
    if form > FORMAT:
        raise _newer(version)


def _newer(version: str) -> InvalidInput:
    return InvalidInput(
        f"The backup was made by a newer version of InstantReact ({version}): restore it with that one. Nothing was "
        "changed."
    )


def _hash(archive: zipfile.ZipFile, name: str) -> str:
    digest = hashlib.sha256()
    with archive.open(name) as file:
        while piece := file.read(COPY_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def _without_place(shape: TableShape, row: Row) -> Row:
    if shape.name != Binding.__tablename__:
        return row
    return ["" if name == "place" else value for name, value in zip(shape.columns, row, strict=True)]
