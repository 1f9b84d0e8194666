"""A backup is whole, or not there; what is not whole is not restored."""

import asyncio
import hashlib
import json
import sqlite3
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import select

from instantreact.errors import Conflict, InvalidInput, Misconfigured, NotFound, StorageFull
from instantreact.storage import passphrase
from instantreact.storage.backup import BackupManifest, write_backup
from instantreact.storage.bindings import MARKER
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.database import Database
from instantreact.storage.migrate import upgrade
from instantreact.storage.passphrase import unwrap_keys, wrap_keys
from instantreact.storage.removing import doom_files
from instantreact.storage.restore import open_backup, refuse_others, restore_files, restore_rows
from instantreact.storage.rows import RowDigest, list_shapes, read_rows
from instantreact.storage.tables import Alert, Binding
from tests.storage.factories import make_alert, make_event, make_recipient
from tests.storage.test_blobs import largest_file
from tests.storage.test_moving import filled, target

__all__ = ["filled", "target"]

PASSPHRASE = "correct horse battery"
KEYS = [Fernet.generate_key().decode(), Fernet.generate_key().decode()]


@pytest.fixture(autouse=True)
def _guess_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passphrase, "_COST", 2**4)


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "blobs")


def report(_what: str, _count: int) -> None:
    pass


async def back_up(url: str, blobs: LocalBlobs, path: Path) -> BackupManifest:
    return await write_backup(url, blobs, KEYS, path, passphrase=PASSPHRASE, report=report)


async def digest_all(url: str) -> dict[str, RowDigest]:
    database = Database(url)
    digests = {shape.name: RowDigest() for shape in list_shapes() if shape.name != "bindings"}
    async with database.reading() as session:
        for shape in list_shapes():
            if shape.name in digests:
                async for rows in read_rows(session, shape):
                    digests[shape.name].add(rows)
    await database.dispose()
    return digests


async def test_backup_of_one_database_is_restored_in_the_other(
    filled: str, target: str, database: Database, blobs: LocalBlobs, tmp_path: Path
) -> None:
    async with database.unit_of_work() as session:
        await make_event(session, snapshot_key="snapshots/a.jpg", evidence_key="evidence/a.mp4")
    blobs.put("snapshots/a.jpg", b"a picture")
    blobs.put("evidence/a.mp4", bytes(3_000_000))
    blobs.put("snapshots/b.jpg", b"that no row names")
    await back_up(filled, blobs, tmp_path / "a.backup")

    there = LocalBlobs(tmp_path / "there")
    with open_backup(tmp_path / "a.backup", PASSPHRASE) as opened:
        restore_files(opened, there, report)
        await restore_rows(opened, target, report, goes_on=False)

    assert opened.keys == KEYS
    assert await digest_all(target) == await digest_all(filled)
    assert there.read("snapshots/a.jpg") == b"a picture"
    assert there.size_bytes("evidence/a.mp4") == 3_000_000
    assert not there.exists("snapshots/b.jpg")
    restored = Database(target)
    async with restored.reading() as session:
        (bound,) = (await session.scalars(select(Binding))).all()
    await restored.dispose()
    assert (bound.value, bound.place) == ("the-service", "")
    assert there.read(MARKER) == b"the-service"
    refuse_others(opened, there)
    there.put(MARKER, b"another")
    with pytest.raises(Misconfigured, match="another service"):
        refuse_others(opened, there)


async def test_backup_that_is_made_while_others_write_is_of_one_moment(
    filled: str, target: str, database: Database, blobs: LocalBlobs, tmp_path: Path
) -> None:
    written, begun = 0, asyncio.Event()

    async def write_on() -> None:
        nonlocal written
        while True:
            async with database.unit_of_work() as session:
                await make_alert(session, await make_recipient(session))
            written += 1
            begun.set()

    writing = asyncio.create_task(write_on())
    await begun.wait()
    before = written
    await back_up(filled, blobs, tmp_path / "a")
    at_the_end = written
    writing.cancel()
    await asyncio.gather(writing, return_exceptions=True)
    with open_backup(tmp_path / "a", PASSPHRASE) as opened:  # a row that refers to none would not go in
        await restore_rows(opened, target, report, goes_on=False)
    restored = await digest_all(target)
    assert restored["alerts"].rows == restored["deliveries"].rows == restored["recipients"].rows
    assert before < restored["alerts"].rows <= at_the_end + 1  # one alert was there already
    assert before < at_the_end


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_write_backup_notes_a_file_that_is_deleted_while_it_runs(
    filled: str, database: Database, blobs: LocalBlobs, tmp_path: Path
) -> None:
    async with database.unit_of_work() as session:
        await make_event(session, snapshot_key="snapshots/a.jpg", evidence_key="evidence/a.mp4")
    for key in ("snapshots/a.jpg", "evidence/a.mp4"):
        blobs.put(key, b"data")

    def delete_one(_what: str, _count: int) -> None:
        blobs.delete("snapshots/a.jpg")

    manifest = await write_backup(filled, blobs, KEYS, tmp_path / "a", passphrase=PASSPHRASE, report=delete_one)
    assert "snapshots/a.jpg" in manifest.missing
    with open_backup(tmp_path / "a", PASSPHRASE) as opened:
        assert "files/evidence/a.mp4" in opened.manifest.sha256


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_write_backup_leaves_nothing_when_the_disk_is_full(
    filled: str, database: Database, blobs: LocalBlobs, tmp_path: Path
) -> None:
    async with database.unit_of_work() as session:
        await make_event(session, snapshot_key="snapshots/a.jpg")
    blobs.put("snapshots/a.jpg", bytes(2_000_000))
    folder = tmp_path / "backups"
    folder.mkdir()
    with largest_file(1_000_000), pytest.raises(StorageFull, match="nothing was written"):
        await back_up(filled, blobs, folder / "a")
    assert list(folder.iterdir()) == []
    (folder / "b").write_text("mine")
    with pytest.raises(Conflict, match="is there already"):
        await back_up(filled, blobs, folder / "b")
    with pytest.raises(InvalidInput, match="at least 12"):
        await write_backup(filled, blobs, KEYS, folder / "c", passphrase="short", report=report)
    with pytest.raises(Conflict, match="cannot be written"):
        await back_up(filled, blobs, tmp_path / "nowhere" / "a")
    assert [path.name for path in folder.iterdir()] == ["b"]


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def cut_in_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path) -> None:
    path.write_bytes(b"")


def flip_a_bit(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[data.index(b"a picture") + 2] ^= 1
    path.write_bytes(data)


def rewrite(path: Path, change: Callable[[dict[str, bytes]], object]) -> None:
    """Make the archive anew, as somebody would who wants to change it unseen."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def change_manifest(path: Path, **values: object) -> None:
    def change(members: dict[str, bytes]) -> None:
        members["manifest.json"] = json.dumps(json.loads(members["manifest.json"]) | values).encode()
        keys = unwrap_keys(members["keys.json"], PASSPHRASE, about=about)
        members["keys.json"] = wrap_keys(keys, PASSPHRASE, about=members["manifest.json"])

    with zipfile.ZipFile(path) as archive:
        about = archive.read("manifest.json")
    rewrite(path, change)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "its end is missing": (cut, "not a whole one"),
    "half is missing": (cut_in_half, "not a whole one"),
    "it is empty": (empty, "not a whole one"),
    "a bit is wrong": (flip_a_bit, "damaged"),
    "a member is gone": (lambda path: rewrite(path, lambda members: members.pop("files/snapshots/a.jpg")), "damaged"),
    "a member was added": (lambda path: rewrite(path, lambda members: members.update(other=b"")), "damaged"),
    "a picture was changed": (
        lambda path: rewrite(path, lambda members: members.update({"files/snapshots/a.jpg": b"another"})),
        "damaged: files/snapshots/a.jpg",
    ),
    "the manifest was changed": (
        lambda path: rewrite(
            path,
            lambda members: members.update(
                {"manifest.json": members["manifest.json"].replace(b"the-service", b"a-service")}
            ),
        ),
        "or the backup was changed",
    ),
    "the manifest is none": (
        lambda path: rewrite(path, lambda members: members.update({"manifest.json": b"[]"})),
        "damaged",
    ),
    "the key is none": (lambda path: rewrite(path, lambda members: members.update({"keys.json": b"[]"})), "damaged"),
    "the format is newer": (lambda path: change_manifest(path, format=2, version="9.1"), r"newer version.*9\.1"),
    "the tables are newer": (
        lambda path: change_manifest(path, revision="9999", version="9.1"),
        r"newer version.*9\.1",
    ),
}


@pytest.fixture
async def good(filled: str, database: Database, blobs: LocalBlobs, tmp_path: Path) -> Path:
    async with database.unit_of_work() as session:
        await make_event(session, snapshot_key="snapshots/a.jpg")
    blobs.put("snapshots/a.jpg", b"a picture")
    await back_up(filled, blobs, tmp_path / "good")
    return tmp_path / "good"


@pytest.mark.parametrize("engine", ["sqlite"])
def test_open_backup_refuses_what_is_not_whole(good: Path) -> None:
    whole = good.read_bytes()
    for what, (damage, told) in DAMAGES.items():
        good.write_bytes(whole)
        damage(good)
        with pytest.raises(InvalidInput, match=told), open_backup(good, PASSPHRASE):
            pytest.fail(f"opened although {what}")
    good.write_bytes(whole)
    with pytest.raises(InvalidInput, match="passphrase is not the one"), open_backup(good, "another passphrase"):
        pass
    with pytest.raises(InvalidInput, match="cannot be read"), open_backup(good.with_name("nowhere"), PASSPHRASE):
        pass
    with open_backup(good, PASSPHRASE) as opened:
        assert opened.keys == KEYS


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_restore_files_writes_nothing_outside_of_its_folder(
    good: Path, blobs: LocalBlobs, tmp_path: Path
) -> None:
    def lead_out(members: dict[str, bytes]) -> None:
        members["files/../../secret"] = members.pop("files/snapshots/a.jpg")

    with zipfile.ZipFile(good) as archive:
        sha256 = json.loads(archive.read("manifest.json"))["sha256"]
    sha256["files/../../secret"] = sha256.pop("files/snapshots/a.jpg")
    change_manifest(good, sha256=sha256)
    rewrite(good, lead_out)
    with pytest.raises(InvalidInput, match="damaged"), open_backup(good, PASSPHRASE):
        pass


async def test_backup_of_an_earlier_version_is_brought_to_this_ones_tables(
    good: Path, target: str, tmp_path: Path
) -> None:
    await upgrade(f"sqlite+aiosqlite:///{tmp_path / 'old.db'}", "0018")
    make_earlier(good, "0018", tmp_path / "old.db")
    with open_backup(good, PASSPHRASE) as opened:
        assert "doomed_files" not in opened.manifest.tables
        await restore_rows(opened, target, report, goes_on=False)
    restored = Database(target)
    async with restored.unit_of_work() as session:
        assert len((await session.scalars(select(Alert))).all()) == 1
        await doom_files(session, ["snapshots/a.jpg"])
    await restored.dispose()


def make_earlier(path: Path, revision: str, database: Path) -> None:
    """As the version wrote it that had the tables of `database`."""
    with closing(sqlite3.connect(database)) as old, zipfile.ZipFile(path) as archive:
        manifest = json.loads(archive.read("manifest.json"))
        rows = {name: archive.read(f"rows/{name}.jsonl").splitlines() for name in manifest["tables"]}
        known = {name: {row[1] for row in old.execute(f"PRAGMA table_info({name})")} for name in rows}
    tables, members = {}, {}
    for name, columns in manifest["tables"].items():
        kept = [at for at, column in enumerate(columns) if column in known[name]]
        if kept:
            tables[name] = {column: kind for column, kind in columns.items() if column in known[name]}
            lines = [json.dumps([json.loads(line)[at] for at in kept]).encode() + b"\n" for line in rows[name]]
            members[f"rows/{name}.jsonl"] = b"".join(lines)
    sha256 = {name: wanted for name, wanted in manifest["sha256"].items() if name.startswith("files/")}
    sha256 |= {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    change_manifest(path, revision=revision, tables=tables, sha256=sha256)
    rewrite(path, lambda all_of_it: exchange_rows(all_of_it, members))


def exchange_rows(members: dict[str, bytes], rows: dict[str, bytes]) -> None:
    for name in [name for name in members if name.startswith("rows/")]:
        del members[name]
    members.update(rows)


async def test_restore_rows_goes_on_only_where_it_was_begun(good: Path, target: str) -> None:
    with open_backup(good, PASSPHRASE) as opened:
        await restore_rows(opened, target, report, goes_on=False)
        await restore_rows(opened, target, report, goes_on=True)
        with pytest.raises(Conflict, match="has rows in"):
            await restore_rows(opened, target, report, goes_on=False)


def test_local_file_says_so_when_there_is_none(blobs: LocalBlobs) -> None:
    with pytest.raises(NotFound), blobs.local_file("clips/a"):
        pass
