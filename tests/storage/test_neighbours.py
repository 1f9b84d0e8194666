"""Processes that share a folder know who lives and who died."""

import subprocess
import sys
from pathlib import Path

from instantreact.storage.neighbours import Neighbours

SCRIPT = """
import pathlib, sys
from instantreact.storage.neighbours import Neighbours
neighbours = Neighbours(pathlib.Path(sys.argv[1]))
with neighbours.join(8123):
    print(neighbours.own, flush=True)
    sys.stdin.read()
"""


def test_neighbour_that_was_killed_is_dead_until_it_is_forgotten_and_one_that_ended_is_not(tmp_path: Path) -> None:
    own = Neighbours(tmp_path)
    command = [sys.executable, "-c", SCRIPT, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other, own.join():
        assert other.stdout is not None
        name = other.stdout.readline().strip()
        assert own.list_dead() == frozenset()
        assert own.list_ports() == {8123}
        other.kill()
        other.wait()
        assert own.list_dead() == {name}
        assert own.list_ports() == frozenset()
        own.forget(name)
        assert own.list_dead() == frozenset()
    assert Neighbours(tmp_path).list_dead() == frozenset()
    assert list(tmp_path.iterdir()) == []


def test_neighbours_of_a_folder_that_is_not_there_are_none(tmp_path: Path) -> None:
    neighbours = Neighbours(tmp_path / "nowhere")
    assert neighbours.list_dead() == frozenset()
    assert neighbours.list_ports() == frozenset()
