"""A database and its files are found together, by whichever process and path, or not at all."""

import asyncio
import shutil
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from instantreact.errors import Misconfigured
from instantreact.storage.bindings import MARKER, bind_blobs, bind_secret, find_service_id
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.database import Database
from instantreact.storage.s3 import S3Blobs
from instantreact.storage.secrets import SecretBox
from tests.servers.s3 import S3Server, s3

__all__ = ["s3"]

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


async def bind(database: Database, folder: Path) -> None:
    await bind_blobs(database, LocalBlobs(folder), folder)


async def test_blobs_that_lie_elsewhere_are_refused_with_the_place_where_they_lie(
    database: Database, tmp_path: Path
) -> None:
    await bind(database, tmp_path / "a")
    await bind(database, tmp_path / "a")
    with pytest.raises(Misconfigured, match=rf"lie in .*{tmp_path}/a, not in .*INSTANTREACT_BLOBS_DIR"):
        await bind(database, tmp_path / "b")
    assert not (tmp_path / "b").exists()


async def test_blobs_that_were_moved_with_their_marker_are_found_under_their_new_path(
    database: Database, tmp_path: Path
) -> None:
    await bind(database, tmp_path / "a")
    shutil.move(tmp_path / "a", tmp_path / "b")
    await bind(database, tmp_path / "b")


async def test_files_that_came_back_from_a_backup_are_where_the_first_process_finds_their_marker(
    database: Database, tmp_path: Path
) -> None:
    service = await find_service_id(database)
    LocalBlobs(tmp_path / "restored").put(MARKER, service.encode())
    await bind(database, tmp_path / "restored")
    with pytest.raises(Misconfigured, match=r"lie in .*restored"):
        await bind(database, tmp_path / "empty")


async def test_blobs_in_a_bucket_are_bound_by_its_address(database: Database, s3: S3Server, tmp_path: Path) -> None:
    one, other = s3.create_bucket(), s3.create_bucket()

    async def bind_bucket(url: str) -> None:
        await bind_blobs(database, S3Blobs(s3.open(url), LocalBlobs(tmp_path / "cache"), cache_bytes=1000), url)

    await bind_bucket(one)
    await bind_bucket(one)
    with pytest.raises(Misconfigured, match=rf"lie in {one}, not in {other}: .*INSTANTREACT_BLOBS_URL must name"):
        await bind_bucket(other)
    S3Blobs(s3.open(other), LocalBlobs(tmp_path / "cache"), cache_bytes=1000).put(MARKER, b"another")
    with pytest.raises(Misconfigured, match=rf"{other} holds the files of another database.*INSTANTREACT_BLOBS_URL"):
        await bind_bucket(other)


async def test_blobs_of_another_database_are_refused(database: Database, tmp_path: Path) -> None:
    LocalBlobs(tmp_path / "a").put(MARKER, b"another")
    with pytest.raises(Misconfigured, match=r"another database.*INSTANTREACT_BLOBS_DIR"):
        await bind(database, tmp_path / "a")
    (tmp_path / "a" / MARKER).unlink()
    await bind(database, tmp_path / "a")


async def test_blobs_are_bound_to_one_of_two_folders_when_two_processes_start_at_once(
    database: Database, url: str, tmp_path: Path
) -> None:
    other = Database(url)
    folders = [tmp_path / "a", tmp_path / "b"]
    done = await asyncio.gather(bind(database, folders[0]), bind(other, folders[1]), return_exceptions=True)
    assert await find_service_id(database) == await find_service_id(other)
    await other.dispose()
    refused = [isinstance(outcome, Misconfigured) for outcome in done]
    assert sorted(refused) == [False, True]
    assert [(folder / MARKER).exists() for folder in folders] == [not each for each in refused]


async def test_blobs_are_bound_again_where_a_crash_came_before_their_marker(database: Database, tmp_path: Path) -> None:
    await bind(database, tmp_path / "a")
    (tmp_path / "a" / MARKER).unlink()
    await bind(database, tmp_path / "a")
    assert (tmp_path / "a" / MARKER).read_text() == await find_service_id(database)


async def test_secret_key_that_others_did_not_seal_with_is_refused(database: Database) -> None:
    await bind_secret(database, SecretBox([OLD]))
    with pytest.raises(Misconfigured, match=r"another secret key.*INSTANTREACT_SECRET_KEYS"):
        await bind_secret(database, SecretBox([NEW]))
    await bind_secret(database, SecretBox([OLD]))


async def test_secret_key_is_bound_anew_when_it_is_rotated(database: Database) -> None:
    await bind_secret(database, SecretBox([OLD]))
    await bind_secret(database, SecretBox([NEW, OLD]))
    await bind_secret(database, SecretBox([NEW]))
    with pytest.raises(Misconfigured):
        await bind_secret(database, SecretBox([OLD]))
