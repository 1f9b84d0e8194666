import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from instantreact.errors import Misconfigured
from instantreact.storage.state_folder import hold_folder, prepare_folder

NOBODY = 65_534


def test_hold_folder_refuses_a_second_process_and_says_what_to_do(tmp_path: Path) -> None:
    holding = "from instantreact.storage.state_folder import hold_folder; import sys, pathlib"
    script = f"{holding}\nwith hold_folder(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Misconfigured, match=r"another `instantreact serve`.*INSTANTREACT_STATE_DIR"):
            hold_folder(tmp_path).__enter__()
        other.kill()
    with hold_folder(tmp_path):  # a lock dies with its process
        pass


def test_hold_folder_lets_errors_of_the_block_through(tmp_path: Path) -> None:
    with pytest.raises(BlockingIOError), hold_folder(tmp_path):
        raise BlockingIOError


def test_prepare_folder_names_the_setting_where_the_folder_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(Misconfigured, match="INSTANTREACT_STATE_DIR"):
        prepare_folder(tmp_path / "state")


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
