"""`instantreact erase` and `instantreact export` on a state folder, as people call them."""

import asyncio
import json
import sqlite3
import zipfile
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from typer.testing import CliRunner, Result

from instantreact.cli.app import app
from instantreact.domain.alert import ChannelKind
from instantreact.domain.erasure import Span
from instantreact.domain.user import Role
from instantreact.errors import InstantReactError
from instantreact.pipeline import erase
from instantreact.storage import cameras, rules, scrubbing, users
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.database import Database
from instantreact.storage.erasures import insert_span
from instantreact.storage.migrate import upgrade
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Alert, Erasure, Event, Recipient, User
from instantreact.storage.users import UserChanges
from tests.storage.factories import NOW, make_alert, make_event, make_recipient, make_rule

T = TypeVar("T")
SPAN = ("--from", "2026-11-22T11:00:00", "--to", "2026-11-22T13:00:00+00:00")


@pytest.fixture(autouse=True)
def _in_no_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erase, "LATE_S", 0.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A state folder: a camera with an event in the span and one after it, and Ana, twice told and once signing in."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'instantreact.sqlite3'}"
    LocalBlobs(tmp_path / "blobs").put("snapshots/a.jpg", b"a picture")

    async def fill(session: AsyncSession) -> None:
        box = SecretBox([Fernet.generate_key().decode()])
        door = await cameras.insert_camera(session, box, CameraSettings("Front door", "push:"), now=NOW)
        seen = {"camera_id": door.id, "connection": "c"}
        event = await make_event(session, **seen, snapshot_key="snapshots/a.jpg")
        await make_event(session, **seen, window_index=1, occurred_at=NOW + timedelta(hours=1))
        told = [await make_recipient(session, name=name, address=f"10{name}") for name in ("Ana", "ANA", "Ben")]
        rule = await make_rule(session, recipient_ids=[each.id for each in told])
        await make_alert(session, *told, event_id=event.id, camera_id=door.id, rule_id=rule.id, answered_by="Ana")
        await users.create_user(session, UserChanges("Ana", Role.OPERATOR), now=NOW)

    asyncio.run(upgrade(url))
    do(tmp_path, fill)
    return tmp_path


def do(folder: Path, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(f"sqlite+aiosqlite:///{folder / 'instantreact.sqlite3'}")
        try:
            async with database.unit_of_work() as session:
                return await work(session)
        finally:
            await database.dispose()

    return asyncio.run(run())


def count(folder: Path, *tables: type[Event | Alert | Recipient | User | Erasure]) -> list[int]:
    async def look(session: AsyncSession) -> list[int]:
        return [await session.scalar(select(func.count()).select_from(table)) or 0 for table in tables]

    return do(folder, look)


def call(folder: Path, *arguments: str) -> Result:
    result = CliRunner().invoke(app, [*arguments, "--state-dir", str(folder)])
    if isinstance(result.exception, InstantReactError):  # which `main` tells
        result.stdout_bytes = result.output_bytes = str(result.exception).encode()
    return result


def list_routes(folder: Path) -> list[tuple[str, str, str]]:
    lines = call(folder, "audit", "export").stdout.splitlines()
    return [(entry["action"], entry["route"], entry["subject"]) for entry in map(json.loads, lines)]


def test_span_is_counted_first_and_erased_when_told_so(folder: Path) -> None:
    asked = call(folder, "erase", "camera", "Front door", *SPAN)
    assert asked.exit_code == 0, asked.output
    assert (
        "Front door from 2026-11-22 11:00:00 to before 2026-11-22 13:00:00 UTC: 1 events, 1 pictures, " in asked.stdout
    )
    assert "1 of them unanswered, 3 deliveries, 3 of them not sent" in asked.stdout
    assert "Nothing is erased yet" in asked.stdout
    assert (count(folder, Event, Alert, Erasure), list_routes(folder)) == ([2, 1, 0], [])

    done = call(folder, "erase", "camera", "Front door", *SPAN, "--yes")

    assert done.exit_code == 0, done.output
    assert "): 1 events, 1 pictures, 1 alerts, 1 of them unanswered, 3 deliveries, 3 of them not sent" in done.stdout
    assert "Backups that were made before hold all of it" in done.stdout
    assert count(folder, Event, Alert, Recipient) == [1, 0, 3]
    assert not LocalBlobs(folder / "blobs").exists("snapshots/a.jpg")
    ((_, route, subject),) = list_routes(folder)
    assert (route, f"Erased ({subject})" in done.stdout) == ("erase camera", True)
    assert ": nothing\n" in call(folder, "erase", "camera", "Front door", *SPAN).stdout


def test_person_is_erased_on_all_channels_and_as_a_user(folder: Path) -> None:
    asked = call(folder, "erase", "person", "ana")
    assert asked.stdout.count("recipient") == 4
    assert "1 rules that name them" in asked.stdout
    assert count(folder, Recipient, User) == [3, 1]

    done = call(folder, "erase", "person", "ana", "--yes")

    assert done.exit_code == 0, done.output
    assert count(folder, Recipient, User, Alert) == [1, 0, 1]
    assert done.stdout.count("erased person ") == 3
    assert [route for _, route, _ in list_routes(folder)] == ["erase person"] * 3
    again = call(folder, "erase", "person", "Ana", "--yes")
    assert (again.exit_code, "Nobody is called Ana" in again.output) == (1, True)


def test_person_is_erased_by_id_alone(folder: Path) -> None:
    async def find(session: AsyncSession) -> str:
        return (await session.scalars(select(User.id))).one()

    assert call(folder, "erase", "person", "Ana", "--user", do(folder, find), "--yes").exit_code == 0
    assert count(folder, Recipient, User) == [3, 0]
    assert "or has such an id" in call(folder, "erase", "person", "Ana", "--recipient", "nobody").output


def test_what_stands_in_the_way_of_an_erasure_is_told_beforehand(folder: Path) -> None:
    async def change(session: AsyncSession) -> None:
        (rule,) = await rules.list_rules(session)
        people = await session.scalars(select(Recipient).where(Recipient.name != "Ben"))
        rule.recipient_ids = [each.id for each in people]

    do(folder, change)
    for more in ((), ("--yes",)):
        refused = call(folder, "erase", "person", "Ana", *more)
        assert refused.exit_code == 1
        assert "would tell nobody" in refused.output
    assert count(folder, Recipient, User, Erasure) == [3, 1, 0]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("erase", "camera", "Nowhere", *SPAN), "There is no camera called Nowhere."),
        (("erase", "camera", "Front door", "--from", "2026-11-22", "--to", "2026-11-22"), "--from must be before --to"),
        (("erase", "camera", "Front door", "--from", "2026-11-22", "--to", "2990-01-01"), "future"),
        (("erase", "camera", "Front door", "--from", "2026-11-22"), "--to"),
        (("erase", "camera", "Front door", "--from", "0001-01-01", "--to", "2026-11-22"), "between 1970 and 3000"),
        (("export", "camera", "Front door", "a.zip", "--to", "9999-12-31"), "between 1970 and 3000"),
        (("export", "camera", "Front door", "a.zip", "--from", "0001-01-01T00:00:00+0100"), "outside the calendar"),
        (("erase", "person", "Nobody"), "Nobody is called Nobody"),
        (("export", "camera", "Nowhere", "a.zip"), "There is no camera called Nowhere."),
        (("export", "person", "Nobody", "a.zip"), "Nobody is called Nobody."),
    ],
)
def test_what_cannot_be_is_told(folder: Path, arguments: tuple[str, ...], told: str) -> None:
    ran = call(folder, *arguments)
    assert ran.exit_code != 0
    assert told in ran.output
    assert count(folder, Event, Recipient, User, Erasure) == [2, 3, 1, 0]


def test_next_command_goes_on_with_what_was_begun(folder: Path) -> None:
    async def begin(session: AsyncSession) -> str:
        (event, *_) = (await session.scalars(select(Event).order_by(Event.occurred_at))).all()
        span = Span(event.camera_id or "", NOW - timedelta(hours=1), NOW + timedelta(minutes=1))
        return (await insert_span(session, span, now=NOW + timedelta(hours=2))).id

    begun = do(folder, begin)

    done = call(folder, "erase", "person", "Ben", "--yes")

    assert f"Going on with the erasure {begun} of 2026-11-22 14:00 UTC." in done.stdout
    assert count(folder, Event, Alert) == [1, 0]


def test_large_file_keeps_what_rows_left_behind_until_it_is_scrubbed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder / "instantreact.sqlite3"
    with closing(sqlite3.connect(path)) as connection:  # as an earlier version deleted things
        connection.executescript("PRAGMA secure_delete = OFF; CREATE TABLE t (x); INSERT INTO t VALUES ('zebra')")
        connection.executescript("DROP TABLE t")
    monkeypatch.setattr(scrubbing, "SMALL_BYTES", 0)
    erased = call(folder, "erase", "camera", "Front door", *SPAN, "--yes")
    assert "`instantreact erase scrub`" in erased.stdout
    assert b"zebra" in path.read_bytes()

    scrubbed = call(folder, "erase", "scrub")

    assert "is written anew" in scrubbed.stdout
    assert b"zebra" not in path.read_bytes()
    assert do(folder, lambda session: session.scalar(select(Erasure.remains))) is None


def test_camera_and_person_are_exported(folder: Path, tmp_path: Path) -> None:
    film, person = tmp_path / "film.zip", tmp_path / "person.zip"
    exported = call(folder, "export", "camera", "Front door", str(film), *SPAN)
    assert exported.exit_code == 0, exported.output
    assert call(folder, "export", "person", "Ana", str(person)).exit_code == 0

    with zipfile.ZipFile(film) as archive:
        (event,) = archive.read("events.jsonl").splitlines()
        assert archive.read(f"pictures/{json.loads(event)['id']}.jpg") == b"a picture"
    with zipfile.ZipFile(person) as archive:
        folders = {name.partition("/")[0] for name in archive.namelist()}
        assert [name.partition("-")[0] for name in sorted(folders)] == ["recipient", "recipient", "user"]
        assert len([name for name in archive.namelist() if name.endswith("README.txt")]) == 3
    assert film.stat().st_mode & 0o077 == 0
    assert [(action, route) for action, route, _ in list_routes(folder)] == [
        ("saw", "export camera"), ("saw", "export person"),
    ]  # fmt: skip
    assert "is there already" in call(folder, "export", "camera", "Front door", str(film)).output


def test_recipient_of_another_channel_is_another_recipient(folder: Path) -> None:
    async def add(session: AsyncSession) -> str:
        return (await make_recipient(session, name="Ana", channel=ChannelKind.TELEGRAM, address="77")).id

    only = call(folder, "erase", "person", "Ana", "--recipient", do(folder, add), "--yes")

    assert "on telegram" in only.stdout
    assert count(folder, Recipient, User) == [3, 1]
