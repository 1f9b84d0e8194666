"""What every blob store promises, and what the bucket promises beyond."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from instantreact.errors import FilesUnreachable, InvalidInput, NotFound, StorageFull
from instantreact.storage.blobs import BlobStore, FolderUsage, LocalBlobs
from instantreact.storage.s3 import S3Blobs
from tests.servers.s3 import S3Server, s3
from tests.storage.test_blobs import largest_file

__all__ = ["s3"]


def open_s3(server: S3Server, tmp_path: Path, url: str, *, cache_bytes: int = 10_000_000) -> S3Blobs:
    return S3Blobs(server.open(url), LocalBlobs(tmp_path / "cache"), cache_bytes=cache_bytes)


@pytest.fixture(params=["folder", "bucket"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "folder":
        return LocalBlobs(tmp_path / "blobs")
    server: S3Server = request.getfixturevalue("s3")
    return open_s3(server, tmp_path, server.create_bucket())


def read_part(blobs: BlobStore, key: str, start: int, end: int) -> bytes:
    found = blobs.find_file(key)
    assert found is not None
    return b"".join(found.read_part(start, end))


def break_off(blobs: BlobStore, key: str) -> None:
    with blobs.writing(key) as writer:
        writer.write(b"half")
        raise ZeroDivisionError


def test_store_keeps_a_file_that_is_written_in_pieces(blobs: BlobStore) -> None:
    key = blobs.new_key("clips", "")
    with blobs.writing(key) as writer:
        for piece in (b"one ", bytes(6_000_000), b" three"):
            writer.write(piece)
        assert not blobs.exists(key)
    assert blobs.read(key) == b"one " + bytes(6_000_000) + b" three"
    assert blobs.size_bytes(key) == 6_000_010
    assert read_part(blobs, key, 2, 6) == b"e \0\0"
    assert read_part(blobs, key, 6_000_003, 6_000_010) == b"\0 three"
    assert read_part(blobs, key, 5, 5) == b""
    with blobs.local_file(key) as path:
        assert path.stat().st_size == 6_000_010
        blobs.delete(key)
    assert not blobs.exists(key)


def test_store_keeps_what_lay_there_when_a_write_breaks_off(blobs: BlobStore) -> None:
    blobs.put("clips/a", b"old")
    with pytest.raises(ZeroDivisionError):
        break_off(blobs, "clips/a")
    with pytest.raises(ZeroDivisionError):
        break_off(blobs, "clips/b")
    assert blobs.read("clips/a") == b"old"
    assert not blobs.exists("clips/b")
    with blobs.local_file("clips/a") as path:
        assert path.read_bytes() == b"old"


def test_store_says_so_when_there_is_no_such_file(blobs: BlobStore) -> None:
    blobs.delete("clips/a")
    assert blobs.find_file("clips/a") is None
    assert blobs.size_bytes("clips/a") == 0
    with pytest.raises(NotFound):
        blobs.read("clips/a")
    with pytest.raises(NotFound), blobs.local_file("clips/a"):
        pass


def test_store_counts_and_lists_what_it_keeps(blobs: BlobStore) -> None:
    for key, data in (("clips/aa/a", b"12"), ("clips/bb/b", b"3"), ("snapshots/cc/c.jpg", b""), ("service.id", b"x")):
        blobs.put(key, data)
    assert blobs.measure_folders() == {"clips": FolderUsage(2, 3), "snapshots": FolderUsage(1, 0)}
    assert set(blobs.list_older(time.time() + 3600)) == {"clips/aa/a", "clips/bb/b", "snapshots/cc/c.jpg", "service.id"}
    assert list(blobs.list_older(time.time() - 3600)) == []
    assert blobs.find_shortage() is None


def test_store_refuses_a_key_that_leads_out(blobs: BlobStore) -> None:
    for use in (blobs.read, blobs.exists, blobs.delete, blobs.size_bytes, lambda key: blobs.put(key, b"")):
        with pytest.raises(InvalidInput):
            use("clips/../../secret")


def test_store_keeps_nothing_of_a_file_that_found_no_room(blobs: BlobStore) -> None:
    with largest_file(1_000_000), pytest.raises(StorageFull), blobs.writing("clips/a", keep_reserve=True) as writer:
        writer.write(bytes(3_000_000))
    assert not blobs.exists("clips/a")


def test_bucket_keeps_its_copies_within_their_room(s3: S3Server, tmp_path: Path) -> None:
    blobs = open_s3(s3, tmp_path, s3.create_bucket(), cache_bytes=2_500_000)
    for number in range(4):
        with blobs.writing(f"clips/{number}") as writer:
            writer.write(bytes([number]) * 1_000_000)
    copies = sum(path.stat().st_size for path in (tmp_path / "cache").rglob("*") if path.is_file())
    assert copies <= 2_500_000
    with blobs.local_file("clips/0") as first:  # which had to go, and comes again
        for number in (1, 2, 3):
            with blobs.local_file(f"clips/{number}") as path:
                assert path.read_bytes() == bytes([number]) * 1_000_000
        assert first.read_bytes() == bytes(1_000_000)
    with blobs.writing("clips/large") as writer:
        writer.write(bytes(4_000_000))
    with blobs.local_file("clips/large") as path:
        assert path.stat().st_size == 4_000_000
    assert [path.name for path in (tmp_path / "cache" / "in-use").iterdir()] == []


UNREACHABLE: dict[str, Callable[[BlobStore], object]] = {
    "read": lambda blobs: blobs.read("clips/a"),
    "exists": lambda blobs: blobs.exists("clips/a"),
    "size": lambda blobs: blobs.size_bytes("clips/a"),
    "put": lambda blobs: blobs.put("clips/b", b"data"),
    "delete": lambda blobs: blobs.delete("clips/a"),
    "list": lambda blobs: list(blobs.list_older(time.time())),
    "measure": lambda blobs: blobs.measure_folders(),
    "local": lambda blobs: blobs.local_file("clips/a").__enter__(),
    "write": lambda blobs: write(blobs, "clips/c"),
}


def write(blobs: BlobStore, key: str) -> None:
    with blobs.writing(key) as writer:
        writer.write(b"data")


def refuses_everything(blobs: BlobStore) -> None:
    for what, use in UNREACHABLE.items():
        with pytest.raises(FilesUnreachable, match=r"S3|bucket"):
            pytest.fail(f"{what} gave {use(blobs)}")
    assert blobs.find_shortage() is not None


def test_bucket_says_that_it_cannot_be_reached_and_has_lost_nothing_once_it_can(s3: S3Server, tmp_path: Path) -> None:
    blobs = open_s3(s3, tmp_path, s3.create_bucket())
    blobs.put("clips/a", b"data")
    s3.stop()
    try:
        refuses_everything(blobs)
    finally:
        s3.start()
    assert blobs.read("clips/a") == b"data"
    assert not blobs.exists("clips/c")
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_bucket_that_does_not_exist_is_told_from_a_file_that_does_not(s3: S3Server, tmp_path: Path) -> None:
    refuses_everything(open_s3(s3, tmp_path, "s3://no-such-bucket/prefix"))
