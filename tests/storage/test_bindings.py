from pathlib import Path

import pytest

from instantreact.errors import Misconfigured
from instantreact.storage.bindings import bind_files, find_marker
from instantreact.storage.database import Database


async def test_bind_files_takes_the_same_folder_again(database: Database, tmp_path: Path) -> None:
    for _ in range(2):
        await bind_files(database, tmp_path / "a")
    assert find_marker(tmp_path / "a").read_text()


async def test_bind_files_refuses_another_folder_and_says_where_the_files_are(
    database: Database, tmp_path: Path
) -> None:
    await bind_files(database, tmp_path / "a")
    with pytest.raises(Misconfigured, match=str(tmp_path / "a")):
        await bind_files(database, tmp_path / "b")


async def test_bind_files_follows_a_folder_that_was_moved(database: Database, tmp_path: Path) -> None:
    await bind_files(database, tmp_path / "a" / "blobs")
    (tmp_path / "a").rename(tmp_path / "b")
    await bind_files(database, tmp_path / "b" / "blobs")


async def test_bind_files_marks_again_what_was_cut_off_before_its_mark(database: Database, tmp_path: Path) -> None:
    await bind_files(database, tmp_path / "a")
    find_marker(tmp_path / "a").unlink()
    await bind_files(database, tmp_path / "a")
    assert find_marker(tmp_path / "a").exists()
