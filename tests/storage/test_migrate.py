import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from cryptography.fernet import Fernet
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from instantreact.addresses import NO_LOGIN, Login, split_login
from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.happening import CameraLost, RuleMatched, Written
from instantreact.domain.observation import Box, Detection
from instantreact.domain.principal import Scope
from instantreact.domain.rule import HitsConfirmation, Severity
from instantreact.errors import Misconfigured
from instantreact.media.source import parse_source
from instantreact.storage import keys, migrate, rules
from instantreact.storage.alerts import get_alert
from instantreact.storage.cameras import list_all_cameras, open_settings
from instantreact.storage.database import Database
from instantreact.storage.events import EventFilter, list_events
from instantreact.storage.keys import KeyLimits
from instantreact.storage.minutes import list_pauses
from instantreact.storage.revisions import MIGRATIONS, known_revisions
from instantreact.storage.search import is_compared
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Base
from instantreact.storage.words import SoughtMark
from tests.servers.postgres import PostgresServer
from tests.storage.factories import NOW, make_alert, make_event, make_observation
from tests.storage.test_audit import falsify, fill

T = TypeVar("T")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "migrated.db"


@pytest.fixture
def url(engine: str, path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a database without any table."""
    if engine == "sqlite":
        yield f"sqlite+aiosqlite:///{path}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    name = server.create_database()
    yield server.url(name)
    server.drop_database(name)


async def look(url: str, work: Callable[[Connection], T]) -> T:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.begin() as connection:
        found = await connection.run_sync(work)
    await engine.dispose()
    return found


async def list_tables(url: str) -> set[str]:
    names = set(await look(url, lambda connection: inspect(connection).get_table_names())) - {"alembic_version"}
    return {name for name in names if is_compared(name, "table", None)}


def compare(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"include_name": is_compared})
    return list(compare_metadata(context, Base.metadata))


async def test_upgrade_leads_to_exactly_the_tables_of_the_models(url: str) -> None:
    await migrate.upgrade(url)
    assert await look(url, compare) == []
    assert await list_tables(url) == set(Base.metadata.tables)


def describe(connection: Connection) -> dict[str, list[str]]:
    """Every table with its columns, keys and indexes, in no order."""
    seen = inspect(connection)
    return {
        table: sorted(
            [f"column {each['name']} {each['type']!r} {each['nullable']}" for each in seen.get_columns(table)]
            + [f"key {seen.get_pk_constraint(table)}"]
            + [f"index {describe_index(each)}" for each in seen.get_indexes(table)]
            + [f"unique {each}" for each in seen.get_unique_constraints(table)]
            + [f"foreign {each}" for each in seen.get_foreign_keys(table)]
            + [f"check {each}" for each in seen.get_check_constraints(table)]
        )
        for table in sorted(seen.get_table_names())
        if is_compared(table, "table", None)
    }


def describe_index(index: Any) -> str:
    """Its options are SQL, which shows itself as an object."""
    options = {name: str(value) for name, value in index.pop("dialect_options", {}).items()}
    return f"{index} {options}"


async def test_empty_database_gets_the_same_at_once_as_by_every_step(url: str) -> None:
    await migrate.upgrade(url)
    at_once, version = await look(url, describe), await migrate.find_current_and_head(url)
    await migrate.downgrade(url, "base")
    await migrate.upgrade(url, known_revisions()[-1])
    by_steps = await look(url, describe)
    assert by_steps == at_once
    assert await migrate.find_current_and_head(url) == version
    assert version[0] == version[1]


async def test_revisions_are_what_alembic_makes_of_the_steps() -> None:
    steps = ScriptDirectory(str(MIGRATIONS))
    assert [step.revision for step in reversed(list(steps.walk_revisions()))] == known_revisions()
    assert steps.get_heads() == known_revisions()[-1:]


async def test_upgrade_changes_nothing_when_run_again(url: str) -> None:
    await migrate.upgrade(url)
    await migrate.upgrade(url)
    assert await list_tables(url) == set(Base.metadata.tables)


async def test_downgrade_leads_back_to_nothing_and_upgrade_forth_again(url: str) -> None:
    await migrate.upgrade(url)
    await migrate.downgrade(url, "base")
    assert await list_tables(url) == set()
    await migrate.upgrade(url)
    assert await list_tables(url) == set(Base.metadata.tables)


async def test_find_current_and_head_tells_whether_a_migration_is_missing(url: str) -> None:
    current, head = await migrate.find_current_and_head(url)
    assert current is None
    await migrate.upgrade(url)
    assert await migrate.find_current_and_head(url) == (head, head)


async def test_upgrade_refuses_a_database_that_a_newer_version_made(url: str) -> None:
    await migrate.upgrade(url)
    await look(url, lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    for refuse in (migrate.upgrade, migrate.find_current_and_head):
        with pytest.raises(Misconfigured, match=r"9999.*a newer one made it"):
            await refuse(url)


async def test_upgrade_waits_for_another_process_that_upgrades(url: str) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as other:
        await other.execute(text(migrate.LOCKS[engine.dialect.name]))
        upgrading = asyncio.create_task(migrate.upgrade(url))
        await asyncio.wait([upgrading], timeout=0.5)
        assert not upgrading.done()
    await upgrading
    await engine.dispose()
    assert await list_tables(url) == set(Base.metadata.tables)


async def test_upgrade_and_downgrade_keep_the_rows_of_the_version_before(url: str) -> None:
    await migrate.upgrade(url, "0004")
    columns = "id, kind, subject, state, run_at, attempts, max_attempts, created_at"
    job = f"INSERT INTO jobs ({columns}) VALUES ('a', 'look', 'b', 'due', '{NOW}', 0, 8, '{NOW}')"
    await look(url, lambda connection: connection.execute(text(job)))
    await migrate.upgrade(url)
    await migrate.downgrade(url, "0004")
    assert await look(url, lambda connection: connection.scalar(text("SELECT subject FROM jobs"))) == "b"


@pytest.fixture
def damaged_url(path: Path) -> str:
    path.write_bytes(b"this was a database once" * 1000)
    return f"sqlite+aiosqlite:///{path}"


async def test_upgrade_says_so_when_the_database_is_damaged(damaged_url: str) -> None:
    with pytest.raises(Misconfigured, match=r"damaged.*copy"):
        await migrate.upgrade(damaged_url)


@pytest.mark.parametrize(
    "address",
    [
        "nonsense",
        "sqlite:///sync.db",
        "nosuch+driver://host/name",
        "postgresql+asyncpg://127.0.0.1:1/name",
        "postgresql+asyncpg://127.0.0.1:99999/name",
        "postgresql+asyncpg://name.invalid/name",
    ],
)
async def test_upgrade_names_the_setting_when_the_address_is_none(address: str) -> None:
    with pytest.raises(Misconfigured, match="INSTANTREACT_DATABASE_URL"):
        await migrate.upgrade(address)


async def test_upgrade_names_the_setting_when_the_server_does_not_know_us(postgres: PostgresServer) -> None:
    for address in (postgres.url("nosuch"), postgres.url("postgres").replace("instantreact@", "bob:secret@")):
        with pytest.raises(Misconfigured, match=r"not exist.*INSTANTREACT_DATABASE_URL") as refused:
            await migrate.upgrade(address)
        assert "secret" not in str(refused.value)


async def test_upgrade_says_who_may_not_write_when_the_folder_is_missing(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="state folder"):
        await migrate.upgrade(f"sqlite+aiosqlite:///{tmp_path / 'nowhere' / 'a.db'}")
    await asyncio.sleep(0.1)  # aiosqlite's thread reports its end to this loop


BEFORE_SITES = """
    INSERT INTO cameras (id, name, site, source, enabled, sensitivity, zones, masks, created_at) VALUES
      ('a', 'Door', 'Shop', 'sealed', 1, 0.5, '[]', '[]', '2026-11-22 12:00:00'),
      ('b', 'Till', 'Shop', 'sealed', 1, 0.5, '[]', '[]', '2026-11-22 12:00:00'),
      ('c', 'Yard', 'Zürich "north"', 'sealed', 1, 0.5, '[]', '[]', '2026-11-22 12:00:00'),
      ('d', 'Barn', '', 'sealed', 0, 0.5, '[]', '[]', '2026-11-22 12:00:00');
    INSERT INTO camera_leases (camera_id, owner, lease_until, state, state_since, report, outage_is_told) VALUES
      ('a', 'anna', '2026-11-22 12:00:00', 'live', '2026-11-22 12:00:00', '{}', 0);
    INSERT INTO clips (id, identity, sha256, camera_id, filename, size_bytes, blob_key, notify, state, progress,
      timings_ms, submitted_at, listening) VALUES
      ('k', 'i', 's', 'a', 'f.mp4', 1, 'b', 'auto', 'analyzed', 1, '{}', '2026-11-22 12:00:00', 'done');
"""
SITES_OF_CAMERAS = """
    SELECT cameras.name, coalesce(sites.name, '') FROM cameras LEFT JOIN sites ON sites.id = site_id ORDER BY 1
"""
NAMED = [("Barn", ""), ("Door", "Shop"), ("Till", "Shop"), ("Yard", 'Zürich "north"')]


def ask(path: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA foreign_keys = ON")
        return connection.execute(query).fetchall()


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_upgrade_to_sites_takes_the_names_that_cameras_had_and_downgrade_gives_them_back(
    path: Path, url: str
) -> None:
    await migrate.upgrade(url, "0004")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE_SITES)
    for _ in range(2):
        await migrate.upgrade(url, "0005")
        assert ask(path, SITES_OF_CAMERAS) == NAMED
        assert ask(path, "SELECT count(*), count(time_zone) FROM sites") == [(2, 0)]
        assert ask(path, "SELECT camera_id FROM camera_leases UNION ALL SELECT camera_id FROM clips") == [("a",)] * 2
        assert ask(path, "PRAGMA foreign_key_check") == []
        await migrate.downgrade(url, "0004")
        assert ask(path, "SELECT name, site FROM cameras ORDER BY 1") == NAMED
        assert ask(path, "SELECT camera_id FROM camera_leases UNION ALL SELECT camera_id FROM clips") == [("a",)] * 2


BEFORE_HAPPENINGS = """
    INSERT INTO alerts (id, system_key, title, text, severity, state, evidence, raised_at) VALUES
      ('a', 'k', 'A fight', 'Two "fight".\n• fight, 91 %', 'critical', 'dismissed',
       '[{"kind": "concept", "what": "fight", "score": 0.9, "quote": "", "start_s": 0, "end_s": 2}]',
       '2026-11-22 12:00:00'),
      ('b', 'l', 'Door is lost', 'Door is lost.', 'warning', 'raised', '[]', '2026-11-22 12:00:00');
    INSERT INTO recipients (id, name, channel, address, enabled, created_at) VALUES
      ('r', 'Ana', 'messenger', '1', true, '2026-11-22 12:00:00');
    INSERT INTO deliveries (id, alert_id, recipient_id, channel, state, created_at) VALUES
      ('d', 'a', 'r', 'messenger', 'pending', '2026-11-22 12:00:00');
"""
WORDS = "SELECT id, title, text, severity, json_array_length(evidence) FROM alerts ORDER BY id"
SAID = [
    ("a", "A fight", 'Two "fight".\n• fight, 91 %', "critical", 1),
    ("b", "Door is lost", "Door is lost.", "warning", 0),
]


async def read_words(url: str) -> list[tuple[object, ...]]:
    return await look(url, lambda connection: [tuple(row) for row in connection.execute(text(WORDS))])


async def test_upgrade_to_happenings_keeps_the_words_of_alerts_from_before_and_downgrade_gives_them_back(
    url: str,
) -> None:
    await migrate.upgrade(url, "0008")
    for statement in filter(str.strip, BEFORE_HAPPENINGS.split(";")):
        await look(url, lambda connection, sql=statement: connection.exec_driver_sql(sql))  # type: ignore[misc]
    await migrate.upgrade(url)
    database = Database(url)
    async with database.reading() as session:
        old = await get_alert(session, "a")
    await database.dispose()
    assert isinstance(old.happening, Written)
    assert (compose_title(old.happening), compose_text(old.happening)) == SAID[0][1:3]
    assert (old.happening.severity, old.happening.evidence[0].what) == ("critical", "fight")
    assert [delivery.id for delivery in old.deliveries] == ["d"]
    await migrate.downgrade(url, "0008")
    assert await read_words(url) == SAID


async def test_downgrade_from_happenings_tells_in_a_few_words_what_never_had_any(url: str) -> None:
    await migrate.upgrade(url)
    database = Database(url)
    held = RuleMatched("A fight", "Door", "two men fight", (), NOW, "UTC", Severity.CRITICAL)
    lost = CameraLost("Door", NOW, NOW, 60.0, 0.0, "Nothing listens there.", "UTC")
    async with database.unit_of_work() as session:
        for key, happening in (("a", held), ("b", lost)):
            await make_alert(session, id=key, system_key=key, happening=happening)
    await database.dispose()
    await migrate.downgrade(url, "0008")
    assert await read_words(url) == [
        ("a", "A fight", "two men fight", "critical", 0),
        ("b", "Door: camera lost", "Nothing listens there.", "warning", 0),
    ]


BEFORE_INBOX = """
    INSERT INTO incoming_messages (id, dedupe_key, body, received_at) VALUES
      ('a', 'postback:1', '{}', '2026-11-22 12:00:00'), ('b', 'postback:2', '{}', '2026-11-22 12:00:00');
"""
OTHERS = """
    INSERT INTO incoming_messages (id, channel, dedupe_key, body, received_at) VALUES
      ('c', 'telegram', 'postback:1', '{}', '2026-11-22 12:00:00');
"""


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_upgrade_to_an_inbox_of_channels_takes_what_is_there_as_messenger_s_and_downgrade_leaves_that(
    path: Path, url: str
) -> None:
    await migrate.upgrade(url, "0009")
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(BEFORE_INBOX)
    await migrate.upgrade(url, "0010")
    assert ask(path, "SELECT id, channel FROM incoming_messages") == [("a", "messenger"), ("b", "messenger")]
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(OTHERS)  # the same key is another message on another channel
    await migrate.downgrade(url, "0009")
    assert ask(path, "SELECT id FROM incoming_messages ORDER BY id") == [("a",), ("b",)]


BEFORE_WORDS = """
    INSERT INTO clips (id, identity, sha256, filename, size_bytes, blob_key, notify, state, progress, timings_ms,
      submitted_at, listening) VALUES
      ('k', 'i', 's', 'f.mp4', 1, 'b', 'auto', 'analyzed', 1, '{}', '2026-11-22 12:00:00', 'done');
    INSERT INTO events (id, clip_id, window_index, start_s, end_s, occurred_at, observation, caption, speech) VALUES
      ('a', 'k', 0, 0, 2, '2026-11-22 12:00:00.000000', '{"window": {"index": 0, "start_s": 0, "end_s": 2},
       "caption": {"text": "A man in a café.", "score": 0.5}, "hypotheses": []}', 'A man in a café.', 'Help me'),
      ('b', 'k', 1, 2, 4, '2026-11-22 12:00:02.000000', '{}', 'A dog.', '');
"""


async def find_events(url: str, sought: str) -> list[str]:
    database = Database(url)
    async with database.reading() as session:
        found = [event.id for event in await list_events(session, EventFilter(text=sought))]
    await database.dispose()
    return found


def list_captions(connection: Connection) -> list[str]:
    return list(connection.scalars(text("SELECT caption FROM events ORDER BY id")))


async def test_upgrade_to_words_makes_events_from_before_searchable_and_downgrade_keeps_them(url: str) -> None:
    await migrate.upgrade(url, "0010")
    for statement in filter(str.strip, BEFORE_WORDS.split(";")):
        await look(url, lambda connection, sql=statement: connection.exec_driver_sql(sql))  # type: ignore[misc]
    for _ in range(2):
        await migrate.upgrade(url)
        assert await find_events(url, "help cafe") == ["a"]
        assert await find_events(url, "zebra") == []
        await migrate.downgrade(url, "0010")
        assert await look(url, list_captions) == ["A man in a café.", "A dog."]


@pytest.mark.parametrize("engine", ["sqlite"])
async def test_upgrade_makes_the_index_again_where_a_migration_copied_the_events(path: Path, url: str) -> None:
    await migrate.upgrade(url)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DROP TRIGGER event_words_insert")
        connection.executescript(BEFORE_WORDS)
        connection.execute("UPDATE events SET words = 'help' WHERE id = 'a'")
        connection.commit()
    assert await find_events(url, "help") == []
    await migrate.upgrade(url)
    assert await find_events(url, "help") == ["a"]


async def test_events_of_before_are_found_by_concept_and_label(url: str) -> None:
    await migrate.upgrade(url)
    database = Database(url)
    person = Detection("person", 0.8, Box(0, 0, 1, 1), 0.5)
    async with database.unit_of_work() as session:
        event = await make_event(session, observation=replace(make_observation(), detections=(person,)))
        bare = EventFilter(scores=(SoughtMark("label", "person", 8), SoughtMark("concept", "fight", 9)))
    await migrate.downgrade(url, "0035")
    assert await find_events(url, "fight") == [event.id]
    words = await look(url, lambda connection: connection.scalar(text("SELECT words FROM events")))
    assert "label" not in str(words)
    await migrate.upgrade(url)
    async with database.reading() as session:
        assert [each.id for each in await list_events(session, bare)] == [event.id]
    await database.dispose()


ADDRESSES = {
    "a": "rtsp://ad.min:p%40ss%3Aw/%C3%B6rd@10.0.0.2:8554/stream1?channel=1#udp",
    "b": "http://anna@[::1]:81/x",
    "c": "rtsp://10.0.0.3/user=admin_password=secret",
    "d": "file:/videos/a b.mp4#loop",
    "e": "rtsp://:onlyapassword@10.0.0.4/s",
}
INSERT_CAMERA = text(
    "INSERT INTO cameras (id, name, source, enabled, sensitivity, zones, masks, created_at) "
    "VALUES (:id, :id, :source, true, 0.5, '[]', '[]', '2026-11-22 12:00:00')"
)


async def test_upgrade_takes_logins_out_of_addresses_and_downgrade_puts_them_back(url: str) -> None:
    box = SecretBox([Fernet.generate_key().decode()])
    await migrate.upgrade(url, "0015", box=box)
    rows = [{"id": camera_id, "source": box.seal(address)} for camera_id, address in ADDRESSES.items()]
    await look(url, lambda connection: connection.execute(INSERT_CAMERA, rows))

    await migrate.upgrade(url, box=box)

    database = Database(url)
    async with database.reading() as session:
        settings = {each.id: open_settings(each, box) for each in await list_all_cameras(session)}
    await database.dispose()
    found = {camera_id: (each.source, each.login) for camera_id, each in settings.items()}
    assert found == {camera_id: split_login(address) for camera_id, address in ADDRESSES.items()}
    assert found["a"][1] == Login("ad.min", "p@ss:w/örd")
    assert found["c"][1] == found["d"][1] == NO_LOGIN
    await migrate.downgrade(url, "0015", box=box)
    sealed = await look(url, lambda connection: connection.execute(text("SELECT id, source FROM cameras")).all())
    again = {camera_id: parse_source(box.open(source)) for camera_id, source in sealed}
    assert again == {camera_id: parse_source(address) for camera_id, address in ADDRESSES.items()}


async def test_upgrade_without_the_key_says_so_and_leaves_cameras_alone(url: str) -> None:
    await migrate.upgrade(url, "0015")
    row = {"id": "a", "source": SecretBox([Fernet.generate_key().decode()]).seal("rtsp://a:b@10.0.0.2/s")}
    await look(url, lambda connection: connection.execute(INSERT_CAMERA, row))

    with pytest.raises(Misconfigured, match="secret key"):
        await migrate.upgrade(url)

    assert (await migrate.find_current_and_head(url))[0] == "0015"
    (kept,) = await look(url, lambda connection: connection.execute(text("SELECT source FROM cameras")).all())
    assert kept.source == row["source"]


async def test_audit_log_of_a_migrated_database_stays_as_it_is(url: str) -> None:
    await migrate.upgrade(url)
    database = Database(url)
    await fill(database, 1)
    with pytest.raises(DBAPIError, match="stays as it is"):
        await falsify(database)
    await database.dispose()


async def test_keys_from_before_may_do_everything_and_lesser_ones_go_with_the_way_back(url: str) -> None:
    await migrate.upgrade(url, "0011")
    old = "INSERT INTO api_keys (id, name, sha256, created_at) VALUES ('1', 'first', 'a', '2026-11-22 12:00:00+00:00')"
    await look(url, lambda connection: connection.execute(text(old)))
    await migrate.upgrade(url)
    database = Database(url)
    async with database.unit_of_work() as session:
        (first,) = await keys.list_keys(session)
        for name, limits in {"reader": KeyLimits((Scope.READ,)), "all": KeyLimits()}.items():
            await keys.create_key(session, name, limits, now=NOW)
    await database.dispose()
    await migrate.downgrade(url, "0011")

    left = await look(url, lambda connection: connection.scalars(text("SELECT name FROM api_keys ORDER BY name")).all())
    assert first.scopes == tuple(Scope)
    assert left == ["all", "first"]


async def test_upgrade_to_retention_keeps_clips_and_their_events_and_downgrade_does_too(url: str) -> None:
    await migrate.upgrade(url, "0018")
    for statement in filter(str.strip, BEFORE_WORDS.split(";")):
        await look(url, lambda connection, sql=statement: connection.exec_driver_sql(sql))  # type: ignore[misc]
    await migrate.upgrade(url)
    lost = text("UPDATE clips SET blob_key = NULL")
    await look(url, lambda connection: connection.execute(lost))
    await migrate.downgrade(url, "0018")
    assert await look(url, list_captions) == ["A man in a café.", "A dog."]
    await migrate.upgrade(url)
    assert await look(url, list_captions) == ["A man in a café.", "A dog."]


async def test_upgrade_to_mutes_keeps_alerts_and_people_and_downgrade_does_too(url: str) -> None:
    await migrate.upgrade(url, "0009")
    people = text(
        "INSERT INTO recipients (id, name, channel, address, enabled, created_at) "
        f"VALUES ('r', 'Ana', 'messenger', '1', true, '{NOW}')"
    )
    await look(url, lambda connection: connection.execute(people))
    mute = text(
        f"INSERT INTO mutes (id, recipient_id, until, made_by, created_at) VALUES ('m', 'r', '{NOW}', 'A', '{NOW}')"
    )
    names = text("SELECT name FROM recipients")
    for _ in range(2):
        await migrate.upgrade(url)
        await look(url, lambda connection: connection.execute(mute))
        await look(url, lambda connection: connection.execute(text("UPDATE recipients SET language = 'fr'")))
        await migrate.downgrade(url, "0024")
        assert await look(url, lambda connection: connection.scalars(names).all()) == ["Ana"]


DISABLED = text("UPDATE cameras SET enabled = false WHERE id = 'a'")
MINUTES = "INSERT INTO camera_minutes (camera_id, minute, watched, seen, moving, motion_permille) VALUES"


async def test_upgrade_to_minutes_knows_who_is_disabled_from_then_on_and_downgrade_keeps_the_cameras(url: str) -> None:
    await migrate.upgrade(url, "0022")
    await look(url, lambda connection: connection.execute(INSERT_CAMERA, [{"id": name, "source": ""} for name in "ab"]))
    await look(url, lambda connection: connection.execute(DISABLED))
    for _ in range(2):
        before = datetime.now(UTC)
        await migrate.upgrade(url)
        database = Database(url)
        async with database.unit_of_work() as session:
            after = datetime.now(UTC) + timedelta(seconds=1)
            spans = {name: await list_pauses(session, name, before, after) for name in "ab"}
            await session.execute(text(f"{MINUTES} ('b', 29700000, 1152921504606846975, 1, 0, 0)"))
        await database.dispose()
        assert [len(pauses) for pauses in spans.values()] == [1, 0]
        assert before <= spans["a"][0][0] <= after
        await migrate.downgrade(url, "0022")
        named = text("SELECT id, enabled FROM cameras ORDER BY id")
        kept = await look(url, lambda connection, sql=named: [tuple(row) for row in connection.execute(sql)])  # type: ignore[misc]
        assert [(name, bool(enabled)) for name, enabled in kept] == [("a", False), ("b", True)]


async def test_upgrade_to_erasures_keeps_events_and_the_audit_log_and_downgrade_does_too(url: str) -> None:
    await migrate.upgrade(url, "0023")
    for statement in filter(str.strip, BEFORE_WORDS.split(";")):
        await look(url, lambda connection, sql=statement: connection.exec_driver_sql(sql))  # type: ignore[misc]
    entry = (
        "INSERT INTO audit_entries (id, at, action, principal_kind, principal, route, subject) "
        f"VALUES ('a', '{NOW}', 'changed', 'user', 'Ana', 'PUT /a', 'b')"
    )
    await look(url, lambda connection: connection.execute(text(entry)))
    rename = text("UPDATE audit_entries SET principal = 'erased person 3f2a'")
    for _ in range(2):
        with pytest.raises(DBAPIError, match="stays as it is"):
            await look(url, lambda connection: connection.execute(rename))
        await migrate.upgrade(url)
        assert await look(url, list_captions) == ["A man in a café.", "A dog."]
        with pytest.raises(DBAPIError, match="stays as it is"):
            await look(url, lambda connection: connection.execute(rename))
        await migrate.downgrade(url, "0023")
        assert await look(url, list_captions) == ["A man in a café.", "A dog."]
    await migrate.upgrade(url)
    made = (
        "INSERT INTO erasures (id, kind, pseudonym, stage, counts, requested_at) "
        f"VALUES ('e', 'user', 'erased person 3f2a', 'rows', '{{}}', '{NOW}')"
    )
    await look(url, lambda connection: connection.execute(text(made)))
    await look(url, lambda connection: connection.execute(rename))
    names = text("SELECT principal FROM audit_entries")
    await migrate.downgrade(url, "0023")
    assert await look(url, lambda connection: connection.scalars(names).all()) == ["erased person 3f2a"]


async def test_rules_from_before_fire_at_any_time_and_lose_their_schedule_on_the_way_back(url: str) -> None:
    await migrate.upgrade(url, "0024")
    rule = "INSERT INTO rules (id, name, criteria, severity, cooldown_s, enabled, created_at) VALUES "
    criteria = '{"conditions": [], "combine": "all"}'
    await look(
        url,
        lambda connection: connection.execute(
            text(f"{rule} ('a', 'A', :c, 'info', 1, true, '{NOW}')"), {"c": criteria}
        ),
    )
    for _ in range(2):
        await migrate.upgrade(url)
        database = Database(url)
        async with database.unit_of_work() as session:
            stored = await rules.get_rule(session, "a")
            assert (stored.schedule, stored.confirmation) == (None, None)
            stored.confirmation = HitsConfirmation(2, 3)
        await database.dispose()
        await migrate.downgrade(url, "0024")
