"""A backup: one ZIP file with the rows of a database, the files that they name, and the secret keys under a passphrase.

rows/<table>.jsonl  a row a line, as `storage.rows` has it, whichever database it came from
files/<key>         as they lie in the blob store
manifest.json       what there is, with the SHA-256 of each
keys.json           the secret keys, sealed together with the manifest
"""

import hashlib
import json
import shutil
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from pydantic import TypeAdapter
from sqlalchemy import select, union

from instantreact import __version__
from instantreact.errors import NotFound
from instantreact.storage.blobs import BlobStore
from instantreact.storage.moving import DatabaseSource, Report, open_source
from instantreact.storage.passphrase import check_passphrase, wrap_keys
from instantreact.storage.private import written_whole
from instantreact.storage.removing import FILE_KEYS
from instantreact.storage.rows import ColumnKind, TableShape
from instantreact.storage.tables import Binding

FORMAT = 1
MANIFEST, KEYS = "manifest.json", "keys.json"
COPY_BYTES = 1 << 20


@dataclass(frozen=True)
class BackupManifest:
    """What a backup holds.

    format    of the backup; version, of InstantReact; revision, of the tables
    service   the id of the service whose files these are
    tables    of each, its columns and their kinds
    sha256    of each member
    missing   files that rows name and that were gone when they were to be copied
    """

    format: int
    version: str
    revision: str
    made_at: datetime
    service: str
    last_news: int
    tables: dict[str, dict[str, ColumnKind]]
    sha256: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    @property
    def shapes(self) -> list[TableShape]:
        return [TableShape(name, columns) for name, columns in self.tables.items()]


MANIFESTS = TypeAdapter(BackupManifest)


async def write_backup(
    url: str, blobs: BlobStore, keys: list[str], path: Path, *, passphrase: str, report: Report
) -> BackupManifest:
    """Write the backup of a database as it is now, while others write to it.

    The file is whole or not there. Raises Conflict when one is there, StorageFull, and as `open_source` does.
    """
    check_passphrase(passphrase)
    async with open_source(url, only_looks=False) as source:
        manifest = await _describe(source)
        with written_whole(path) as file, zipfile.ZipFile(file, "w") as archive:
            for shape in source.shapes:
                with _member(archive, manifest, f"rows/{shape.name}.jsonl", zipfile.ZIP_DEFLATED) as member:
                    await _write_rows(source, shape, member, report)
            async for number, key in _list_files(source):
                _write_file(archive, manifest, blobs, key)
                report("files", number)
            about = MANIFESTS.dump_json(manifest)
            archive.writestr(MANIFEST, about)
            archive.writestr(KEYS, wrap_keys(keys, passphrase, about=about))
    return manifest


async def _describe(source: DatabaseSource) -> BackupManifest:
    service = await source.session.get(Binding, "service")
    return BackupManifest(
        format=FORMAT,
        version=__version__,
        revision=source.revision,
        made_at=datetime.now(UTC),
        service=service.value if service else "",
        last_news=source.last_news,
        tables={shape.name: dict(shape.columns) for shape in source.shapes},
    )


async def _write_rows(source: DatabaseSource, shape: TableShape, member: "_Hashing", report: Report) -> None:
    count = 0
    async for rows in source.read(shape):
        member.write("".join(f"{json.dumps(row)}\n" for row in rows).encode())
        count += len(rows)
        report(shape.name, count)


async def _list_files(source: DatabaseSource) -> AsyncIterator[tuple[int, str]]:
    named = union(*(select(column).where(column.is_not(None)) for column in FILE_KEYS))
    keys = (await source.session.scalars(named)).all()  # a key has 60 letters: a million of them fit in memory
    for number, key in enumerate(filter(None, keys), start=1):
        yield number, key


def _write_file(archive: zipfile.ZipFile, manifest: BackupManifest, blobs: BlobStore, key: str) -> None:
    """One that retention has deleted meanwhile is noted: its row has let go of it by now."""
    try:
        with (
            blobs.local_file(key) as path,
            path.open("rb") as file,
            _member(archive, manifest, f"files/{key}", zipfile.ZIP_STORED) as member,
        ):
            shutil.copyfileobj(file, member, COPY_BYTES)
    except (NotFound, FileNotFoundError):
        manifest.missing.append(key)


class _Hashing:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self.digest.update(data)


@contextmanager
def _member(archive: zipfile.ZipFile, manifest: BackupManifest, name: str, method: int) -> Iterator[_Hashing]:
    described = zipfile.ZipInfo(name, date_time=datetime.now(UTC).timetuple()[:6])
    described.compress_type = method
    with archive.open(described, "w", force_zip64=True) as file:
        member = _Hashing(file)
        yield member
    manifest.sha256[name] = member.digest.hexdigest()
