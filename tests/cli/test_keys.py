"""`instantreact keys` on a state folder, as people call it."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from instantreact.cli.app import app
from instantreact.errors import Misconfigured
from instantreact.storage.database import Database
from instantreact.storage.migrate import upgrade
from instantreact.storage.sites import insert_site
from instantreact.storage.tables import Camera
from tests.storage.factories import NOW


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder whose database has a site and a camera."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'state' / 'instantreact.sqlite3'}"

    async def prepare() -> None:
        await upgrade(url)
        database = Database(url)
        async with database.unit_of_work() as session:
            await insert_site(session, {"name": "Shop", "time_zone": None}, now=NOW)
            session.add(Camera(name="Door", source="sealed", created_at=NOW, zones=(), masks=()))
        await database.dispose()

    (tmp_path / "state").mkdir(mode=0o700)
    asyncio.run(prepare())
    return tmp_path


def shown_key(output: str) -> str:
    found = re.search(r"shown this once: (ir_\S+)", output)
    assert found, output
    return found[1]


def call(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, ["keys", *arguments, "--state-dir", str(folder / "state")])


def test_key_is_made_listed_rotated_and_revoked(folder: Path) -> None:
    made = call(folder, "create", "Wall", "--scope", "read", "--site", "Shop", "--days", "30")
    listed = call(folder, "list")
    rotated = call(folder, "rotate", "Wall", "--overlap-hours", "2")
    revoked = call(folder, "revoke", "Wall")

    assert made.exit_code == 0, made.output
    assert re.fullmatch(r"Wall: read; only sites Shop; expires \d{4}-\S+ \S+ UTC; never used", listed.stdout.strip())
    assert shown_key(made.stdout) not in listed.stdout
    assert shown_key(rotated.stdout) != shown_key(made.stdout)
    assert revoked.stdout.strip() == "The key Wall opens nothing any more."
    assert "There are no keys yet" in call(folder, "list").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("create", "A", "--site", "Moon"), "There is no site called Moon."),
        (("create", "A", "--camera", "Door", "--camera", "Moon"), "There is no camera called Moon."),
        (("create", "A", "--scope", "read", "--scope", "read", "--days", "1e-9"), "0.001"),
        (("rotate", "Nobody"), "Nobody"),
        (("revoke", "Nobody"), "Nobody"),
    ],
)
def test_what_is_not_there_is_named(folder: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = call(folder, *arguments)

    assert ran.exit_code != 0
    assert said in f"{ran.output} {ran.exception}"


def test_folder_without_a_database_is_told_what_to_do(tmp_path: Path) -> None:
    ran = call(tmp_path, "create", "A")

    assert isinstance(ran.exception, Misconfigured)
    assert "run `instantreact migrate`" in str(ran.exception)
    assert not (tmp_path / "state").exists()


def test_commands_stand_in_the_exported_audit_log(folder: Path) -> None:
    made = call(folder, "create", "Wall")
    call(folder, "rotate", "Wall")
    call(folder, "revoke", "Wall")
    call(folder, "revoke", "Nobody")

    exported = CliRunner().invoke(app, ["audit", "export", "--state-dir", str(folder / "state")])
    later = CliRunner().invoke(app, ["audit", "export", "--since", "2200-01-01", "--state-dir", str(folder / "state")])

    entries = [json.loads(line) for line in exported.stdout.splitlines()]
    assert [entry["route"] for entry in entries] == ["keys create", "keys rotate", "keys revoke"]
    assert {(entry["principal_kind"], entry["action"], entry["subject"]) for entry in entries} == {
        ("command", "changed", "Wall")
    }
    assert shown_key(made.stdout) not in exported.stdout
    assert later.stdout == ""
