import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from instantreact.errors import Misconfigured
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.database import Database
from instantreact.storage.migrate import upgrade
from instantreact.storage.neighbours import Neighbours
from instantreact.storage.secrets import load_or_create_key
from instantreact.storage.state_folder import prepare_folder

NOBODY = 65_534


def test_prepare_folder_names_the_setting_where_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(Misconfigured, match="INSTANTREACT_STATE_DIR"):
        prepare_folder(tmp_path / "state")


def modes_below(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


@pytest.fixture(params=[0o000, 0o022, 0o077], ids=oct)
def _umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("_umask")
async def test_whatever_is_kept_in_the_folder_is_for_nobody_else(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    url = f"sqlite+aiosqlite:///{folder / 'instantreact.sqlite3'}"
    prepare_folder(folder)
    load_or_create_key(folder / "secret.key")
    await upgrade(url)
    database = Database(url)
    async with database.unit_of_work() as session:
        await session.execute(text("CREATE TABLE a (b INTEGER)"))
        await session.execute(text("INSERT INTO a VALUES (1)"))
    LocalBlobs(folder / "blobs").put("clips/ab/ab.mp4", b"x")
    with LocalBlobs(folder / "blobs").writing("clips/cd/cd.mp4"), Neighbours(folder / "processes").join(8000):
        modes = modes_below(folder)
    await database.dispose()

    assert {path for path, mode in modes.items() if mode not in (0o600, 0o700)} == set()
    assert {"instantreact.sqlite3", "instantreact.sqlite3-wal", "secret.key"} <= modes.keys()
    assert modes["."] == modes["blobs/clips/ab"] == modes["processes"] == 0o700
    assert modes["blobs/clips/ab/ab.mp4"] == 0o600
    assert len(modes) == 13


def test_prepare_folder_mends_what_an_earlier_version_left_open(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    for name in ("blobs/clips/ab/ab.mp4", "ports/8000-x", "instantreact.sqlite3", "secret.key", "own/tool.sh"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.suffix == ".sh" else 0o644)

    prepare_folder(folder)

    modes = modes_below(folder)
    assert (modes.pop("own"), modes.pop("own/tool.sh")) == (0o755, 0o755)  # nothing of ours
    assert {path for path, mode in modes.items() if mode not in (0o600, 0o700)} == set()


def test_prepare_folder_mends_single_files_in_a_folder_that_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    prepare_folder(folder)
    (folder / "instantreact.sqlite3").touch()
    (folder / "instantreact.sqlite3").chmod(0o666)

    prepare_folder(folder)

    assert modes_below(folder) == {".": 0o700, "instantreact.sqlite3": 0o600}


def test_prepare_folder_follows_no_links(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o755)
    (elsewhere / "file").touch(0o644)
    folder = tmp_path / "state"
    (folder / "blobs").mkdir(parents=True)
    (folder / "blobs" / "link").symlink_to(elsewhere)
    (folder / "secret.key").symlink_to(elsewhere / "file")
    elsewhere.chmod(0o755)
    (elsewhere / "file").chmod(0o644)

    prepare_folder(folder)

    assert modes_below(elsewhere) == {".": 0o755, "file": 0o644}


@pytest.fixture
def _no_root() -> Iterator[None]:
    """Root may write everywhere; while this lasts, what may be written is asked as somebody else."""
    was_root = os.geteuid() == 0
    if was_root:
        os.setreuid(NOBODY, 0)
    yield
    if was_root:
        os.setreuid(0, 0)


@pytest.mark.usefixtures("_no_root")
def test_prepare_folder_names_the_setting_where_nothing_can_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    with pytest.raises(Misconfigured, match="INSTANTREACT_STATE_DIR"):
        prepare_folder(tmp_path)
