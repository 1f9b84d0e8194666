import resource
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.errors import InvalidInput, NotFound, StorageFull
from instantreact.storage.blobs import LocalBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> LocalBlobs:
    return LocalBlobs(tmp_path / "blobs")


def list_files(tmp_path: Path) -> list[Path]:
    return [path for path in tmp_path.rglob("*") if path.is_file()]


def break_off(blobs: LocalBlobs, key: str) -> None:
    with blobs.writing(key) as writer:
        writer.write(b"half")
        raise ZeroDivisionError


@contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """The kernel refuses to let any file of this process grow further, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_writing_stores_the_pieces_in_order(blobs: LocalBlobs) -> None:
    key = blobs.new_key("clips", ".mp4")
    with blobs.writing(key) as writer:
        for piece in (b"one ", b"two ", b"three"):
            writer.write(piece)
    assert blobs.read(key) == b"one two three"
    assert blobs.path(key).suffix == ".mp4"


def test_writing_leaves_nothing_behind_when_the_block_raises(blobs: LocalBlobs, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError):
        break_off(blobs, "clips/a")
    assert list_files(tmp_path) == []


def test_writing_keeps_what_lay_there_when_the_block_raises(blobs: LocalBlobs) -> None:
    blobs.put("clips/a", b"old")
    with pytest.raises(ZeroDivisionError):
        break_off(blobs, "clips/a")
    assert blobs.read("clips/a") == b"old"


def test_writing_shows_nothing_before_its_end(blobs: LocalBlobs) -> None:
    with blobs.writing("clips/a") as writer:
        writer.write(b"half")
        with pytest.raises(NotFound):
            blobs.read("clips/a")


def test_put_stores_one_of_them_whole_when_two_write_at_once(blobs: LocalBlobs, tmp_path: Path) -> None:
    wanted = [bytes([number]) * 300_000 for number in range(8)]
    threads = [threading.Thread(target=blobs.put, args=("clips/a", data)) for data in wanted]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert blobs.read("clips/a") in wanted
    assert len(list_files(tmp_path)) == 1


def test_put_raises_storage_full_and_leaves_nothing_when_the_file_cannot_grow(
    blobs: LocalBlobs, tmp_path: Path
) -> None:
    with largest_file(1_000_000), pytest.raises(StorageFull):
        blobs.put("clips/a", bytes(2_000_000))
    assert list_files(tmp_path) == []


def test_writing_raises_storage_full_when_only_the_flush_meets_the_limit(blobs: LocalBlobs, tmp_path: Path) -> None:
    with largest_file(100), pytest.raises(StorageFull), blobs.writing("clips/a") as writer:
        writer.write(bytes(200))  # stays in Python's buffer until the end
    assert list_files(tmp_path) == []


def test_writing_keeps_the_reserve_free_for_what_was_accepted_already(tmp_path: Path) -> None:
    free_bytes = shutil.disk_usage(tmp_path).free
    blobs = LocalBlobs(tmp_path, reserve_bytes=2 * free_bytes)
    with pytest.raises(StorageFull, match="kept for what was accepted"), blobs.writing("clips/a", keep_reserve=True):
        pass
    with pytest.raises(StorageFull):
        blobs.put("evidence/a", b"a clip", keep_reserve=True)
    blobs.put("snapshots/a", b"a picture")
    assert list_files(tmp_path) == [tmp_path / "snapshots" / "a"]
    assert blobs.find_shortage() is not None
    assert LocalBlobs(tmp_path, reserve_bytes=0).find_shortage() is None


def test_delete_is_content_when_nothing_is_there(blobs: LocalBlobs) -> None:
    blobs.put("clips/a", b"data")
    blobs.delete("clips/a")
    blobs.delete("clips/a")
    with pytest.raises(NotFound):
        blobs.read("clips/a")


def test_list_older_names_finished_and_half_written_files(blobs: LocalBlobs) -> None:
    blobs.put("clips/a", b"data")
    written_at = blobs.path("clips/a").stat().st_mtime
    with blobs.writing("clips/b") as writer:
        writer.write(b"half")
        assert len(list(blobs.list_older(written_at + 3600))) == 2
    assert sorted(blobs.list_older(written_at + 3600)) == ["clips/a", "clips/b"]
    assert list(blobs.list_older(written_at - 1)) == []


@pytest.mark.parametrize("key", ["../secret", "clips/../../secret", "/etc/passwd"])
def test_path_refuses_a_key_that_leads_out_of_the_folder(blobs: LocalBlobs, key: str) -> None:
    with pytest.raises(InvalidInput):
        blobs.path(key)


@given(data=st.binary(max_size=2000), cut=st.integers(0, 2000))
def test_writing_keeps_every_byte(tmp_path_factory: pytest.TempPathFactory, data: bytes, cut: int) -> None:
    blobs = LocalBlobs(tmp_path_factory.mktemp("blobs"))
    with blobs.writing("a") as writer:
        writer.write(data[:cut])
        writer.write(data[cut:])
    assert blobs.read("a") == data
