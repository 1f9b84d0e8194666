"""`instantreact users` on a state folder, as people call it."""

import asyncio
import json
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner, Result

from instantreact.cli.app import app
from instantreact.storage import passwords
from instantreact.storage.database import Database
from instantreact.storage.migrate import upgrade
from instantreact.storage.passwords import is_password
from instantreact.storage.sites import insert_site
from instantreact.storage.users import get_user_called
from tests.storage.factories import NOW

PASSWORD = "four wörds one remembers"


@pytest.fixture(autouse=True)
def _cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(1, 8, 1))


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of a database in a state folder, with a site."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'instantreact.sqlite3'}"

    async def prepare() -> None:
        await upgrade(url)
        database = Database(url)
        async with database.unit_of_work() as session:
            await insert_site(session, {"name": "Shop", "time_zone": None}, now=NOW)
        await database.dispose()

    asyncio.run(prepare())
    return url


def call(folder: Path, *arguments: str, given: str = f"{PASSWORD}\n") -> Result:
    return CliRunner().invoke(app, ["users", *arguments, "--state-dir", str(folder)], input=given)


def stored_password(url: str, name: str) -> str | None:
    async def read() -> str | None:
        database = Database(url)
        async with database.reading() as session:
            password = (await get_user_called(session, name)).password
        await database.dispose()
        return password

    return asyncio.run(read())


def test_user_is_added_listed_given_a_password_and_removed(tmp_path: Path, url: str) -> None:
    added = call(tmp_path, "add", "Zoë", "--role", "operator", "--site", "Shop")
    listed = call(tmp_path, "list")
    first = stored_password(url, "Zoë")
    changed = call(tmp_path, "password", "zoë", given="another password\n")
    second = stored_password(url, "Zoë")
    dropped, removed = call(tmp_path, "drop-totp", "ZOË"), call(tmp_path, "remove", "Zoë")

    assert [each.exit_code for each in (added, changed, dropped, removed)] == [0] * 4
    assert listed.stdout == added.stdout == "Zoë: operator; only sites Shop; never signed in\n"
    assert is_password(PASSWORD, first)
    assert is_password("another password", second)
    assert not is_password(PASSWORD, second)
    assert "There are no users yet" in call(tmp_path, "list").stdout
    exported = CliRunner().invoke(app, ["audit", "export", "--state-dir", str(tmp_path)]).stdout
    routes = [json.loads(line)["route"] for line in exported.splitlines()]
    assert routes == ["users add", "users password", "users drop-totp", "users remove"]
    assert PASSWORD not in exported + added.stdout


@pytest.mark.parametrize(
    ("arguments", "given", "said"),
    [
        (("add", "Ana"), "short\n", "10 to 1024"),
        (("add", "Ana"), "", "10 to 1024"),
        (("add", "\u200b"), f"{PASSWORD}\n", "can be seen"),
        (("add", "Ana", "--site", "Moon"), f"{PASSWORD}\n", "There is no site called Moon."),
        (("add", "Ana", "--role", "owner"), f"{PASSWORD}\n", "owner"),
        (("password", "Nobody"), f"{PASSWORD}\n", "Nobody"),
        (("remove", "Nobody"), "", "Nobody"),
    ],
)
def test_what_cannot_be_is_told(tmp_path: Path, url: str, arguments: tuple[str, ...], given: str, said: str) -> None:
    ran = call(tmp_path, *arguments, given=given)

    assert ran.exit_code != 0
    assert said in f"{ran.output} {ran.exception}"
    assert "There are no users yet" in call(tmp_path, "list").stdout


def test_last_administrator_stays_and_a_second_one_of_the_name_is_refused(tmp_path: Path, url: str) -> None:
    call(tmp_path, "add", "Ana", "--role", "administrator")

    assert "last administrator" in str(call(tmp_path, "remove", "Ana").exception)
    assert "already a user called" in str(call(tmp_path, "add", "ANA").exception)
