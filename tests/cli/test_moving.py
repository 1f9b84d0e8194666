"""`instantreact migrate --from --to`, as people call it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from instantreact.cli.app import app
from instantreact.errors import InstantReactError, Misconfigured
from instantreact.storage.neighbours import Neighbours


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert call().exit_code == 0


def call(*options: str) -> Result:
    return CliRunner().invoke(app, ["migrate", *options])


def test_migrate_moves_an_installation_to_another_database_and_says_what_stays() -> None:
    moved = call("--to", "sqlite:///other.db")
    assert moved.exit_code == 0, moved.output
    assert "cameras: 0 rows, the same in both" in moved.output
    assert "secret key stay where they are" in moved.output
    assert call("--from", "sqlite:///other.db", "--to", "sqlite:///third.db").exit_code == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--to", "sqlite:///state/instantreact.sqlite3"), "are the same database"),
        (("--to", "nonsense"), "^--to: the address is no address"),
        (("--from", "nonsense", "--to", "sqlite:///other.db"), "^--from: the address is no address"),
        (("--from", "sqlite:///nothing.db", "--to", "sqlite:///other.db"), "^--from: .*run `instantreact migrate` on"),
        (("--to", "postgresql://127.0.0.1:1/name"), "^--to: The database at the address cannot be reached"),
    ],
)
def test_migrate_says_which_of_the_two_is_wrong(options: tuple[str, ...], told: str, tmp_path: Path) -> None:
    with pytest.raises(InstantReactError, match=told):
        raise call(*options).exception or AssertionError("nothing was wrong")
    assert not (tmp_path / "other.db").exists()


def test_migrate_moves_nothing_while_the_service_runs(tmp_path: Path) -> None:
    with Neighbours(tmp_path / "state" / "processes").join(), pytest.raises(Misconfigured, match="The service runs on"):
        raise call("--to", "sqlite:///other.db").exception or AssertionError("it was moved")
    assert not (tmp_path / "other.db").exists()


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_migrate_moves_nothing_out_of_or_into_a_folder_whose_service_runs(option: str, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "instantreact.sqlite3"
    with (
        Neighbours(other.parent / "processes").join(),
        pytest.raises(Misconfigured, match=r"The service runs on .*else"),
    ):
        raise call(option, f"sqlite:///{other}").exception or AssertionError("it was moved")
