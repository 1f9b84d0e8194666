"""Erasing in a running service, from a real clip and a real recipient to nothing: not in the database's file, its log
or any other file. And kill -9 in the middle of it.
"""

import asyncio
import itertools
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.database import Database
from instantreact.storage.events import insert_or_find
from instantreact.storage.migrate import upgrade
from instantreact.storage.tables import Camera
from instantreact_demo.graph import FakeGraph, Person
from tests.cli.test_commands import run
from tests.servers.service import Service, wait_until
from tests.storage.factories import NOW, make_alert, make_event_row, make_recipient, make_rule

NAME, PSID = "Zoë Quetzalcoatl", "987654321012345"
CLIP_NAME = "quetzal-at-the-counter.mp4"
RECORDED_AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
pytestmark = pytest.mark.timeout(300)
"""Several services, one after the other."""


def traces(folder: Path, *needles: str | bytes) -> dict[str, list[str]]:
    """In which files below `folder` each of these stands."""
    sought = [each.encode() if isinstance(each, str) else each for each in needles]
    held = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {
        repr(needle[:40]): [str(path.relative_to(folder)) for path, content in held.items() if needle in content]
        for needle in sought
        if any(needle in content for content in held.values())
    }


def set_up(api: httpx.Client) -> dict[str, str]:
    """Two cameras, a recipient who is told of whatever they see; ids."""
    ids = {}
    for name in ("Counter", "Yard"):
        camera = {"name": name, "source": "push:", "enabled": False}
        ids[name] = api.post("/cameras", json=camera).json()["id"]
    person = {"name": NAME, "channel": "messenger", "address": PSID}
    ids["person"] = api.post("/recipients", json=person).json()["id"]
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    rule = {"name": "Anything", "conditions": conditions, "severity": "critical", "cooldown_s": 0}
    assert api.post("/rules", json=rule).status_code == 201
    return ids


def submit(api: httpx.Client, path: Path, camera_id: str, *, name: str = "other.mp4") -> dict[str, Any]:
    form = {"camera_id": camera_id, "recorded_at": RECORDED_AT.isoformat(), "notify": "always"}
    with path.open("rb") as file:
        answer = api.post("/analyze", params={"wait": 60}, files={"file": (name, file)}, data=form)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def wait_for(api: httpx.Client, erasure_id: str) -> dict[str, Any]:
    """The erasure once it is over."""

    def look() -> dict[str, Any] | None:
        erasure: dict[str, Any] = api.get(f"/erasures/{erasure_id}").json()
        return erasure if erasure["stage"] == "done" else None

    found: dict[str, Any] = wait_until(look, timeout_s=90, what="the erasure")
    return found


def test_person_and_span_are_erased_down_to_the_last_byte_while_the_service_runs(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path
) -> None:
    state = tmp_path / "state"
    graph.people[PSID] = Person()
    with Service(state, graph, speech="off", grouping_s="0") as service, service.client() as api:
        graph.webhook_url = f"{service.url}/webhooks/messenger"
        ids = set_up(api)
        seen = submit(api, drawn_clip, ids["Counter"], name=CLIP_NAME)
        event_ids = [event["id"] for event in seen["events"]]
        told = graph.wait_for_parts(2 * len(event_ids))
        assert graph.tap(told[0].mid, "Acknowledge") == [200]
        alert = wait_until(
            lambda: next((each for each in api.get("/alerts").json()["items"] if each["answered_by"]), None),
            what="the answer",
        )
        assert alert["answered_by"] == NAME
        other = submit(api, drawn_clip, ids["Yard"])
        graph.wait_for_parts(2 * (len(event_ids) + len(other["events"])))
        picture = api.get(f"/events/{event_ids[0]}/snapshot.jpg").content
        film = api.get(f"/clips/{seen['clip']['id']}/media").content
        marks = (NAME, PSID, CLIP_NAME, *event_ids)
        assert len(traces(state, *marks, picture, film)) == len(marks) + 2

        person = api.post("/erasures", json={"kind": "recipient", "recipient_id": ids["person"]}).json()
        erased = wait_for(api, person["id"])
        assert traces(state, "Quetzalcoatl", PSID) == {}
        assert (erased["counts"]["answers"], erased["counts"]["entries"], erased["remains"]) == (1, 2, None)
        kept = api.get(f"/alerts/{alert['id']}").json()
        assert (kept["state"], kept["answered_by"], kept["deliveries"]) == ("acknowledged", erased["pseudonym"], [])

        span = {"since": RECORDED_AT.isoformat(), "until": (RECORDED_AT + timedelta(hours=1)).isoformat()}
        begun = api.post("/erasures", json={"kind": "span", "camera_id": ids["Counter"], **span}).json()
        counts = wait_for(api, begun["id"])["counts"]
        assert counts["events"] == counts["pictures"] == len(event_ids)
        assert traces(state, CLIP_NAME, *event_ids[1:]) == {}
        assert list_tables_with(state, event_ids[0], alert["id"]) == {"audit_entries"}  # that it was seen and answered
        for media in (film, picture):  # the other camera's are the same bytes
            assert len(traces(state, media)[repr(media[:40])]) == 1
        events = api.get("/events").json()["items"]
        assert sorted(each["id"] for each in events) == sorted(each["id"] for each in other["events"])
        for each in events:
            assert api.get(f"/events/{each['id']}/snapshot.jpg").status_code == 200
        assert service.stop() == 0
    assert traces(state, "Quetzalcoatl", PSID, CLIP_NAME, *event_ids[1:]) == {}


def list_tables_with(state: Path, *needles: str) -> set[str]:
    """In which tables, search index included, one of these stands."""
    with closing(sqlite3.connect(state / "instantreact.sqlite3")) as connection:
        names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: str(connection.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names}
    return {name for name, found in rows.items() if any(each in found for each in needles)}


EVENTS = 600


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A state folder with many alerted events of one camera, each with its picture, and some of another."""
    state = tmp_path / "state"
    state.mkdir()
    url, blobs = f"sqlite+aiosqlite:///{state / 'instantreact.sqlite3'}", LocalBlobs(state / "blobs")

    async def fill() -> None:
        await upgrade(url)
        database = Database(url)
        async with database.unit_of_work() as session:
            rule, person = await make_rule(session, recipient_ids=[]), await make_recipient(session, name="Guard")
            for camera_id, number in itertools.product(("own", "other"), range(EVENTS)):
                if number == 0:
                    session.add(Camera(id=camera_id, name=camera_id, source="sealed", created_at=NOW))
                    await session.flush()
                if camera_id == "other" and number >= 100:
                    break
                key = blobs.new_key("snapshots", ".jpg")
                path = blobs.path(key)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(f"picture of {camera_id} {number}".encode())
                at = NOW - timedelta(days=1) + timedelta(seconds=number)
                seen = {"camera_id": camera_id, "connection": "c", "window_index": number, "occurred_at": at}
                row = make_event_row(**seen, snapshot_key=key, caption=f"{camera_id} {number}")
                event, _ = await insert_or_find(session, row)
                await make_alert(session, person, event_id=event.id, rule_id=rule.id, camera_id=camera_id)
        await database.dispose()

    asyncio.run(fill())
    return state


SPAN = {
    "since": (NOW - timedelta(days=1)).isoformat(),
    "until": (NOW - timedelta(days=1) + timedelta(seconds=EVENTS - 100)).isoformat(),
}


def check_erased(state: Path, api: httpx.Client, erasure_id: str) -> None:
    """All of the span is gone, each row counted once, and what lies beside it is there."""
    counts = wait_for(api, erasure_id)["counts"]
    for kind in ("events", "pictures", "alerts", "unanswered", "deliveries", "unsent"):
        assert counts[kind] == EVENTS - 100, kind
    pictures = sorted(path.read_bytes() for path in (state / "blobs").rglob("*.jpg"))
    left = {f"picture of own {number}".encode() for number in range(EVENTS - 100, EVENTS)}
    assert set(pictures) == left | {f"picture of other {number}".encode() for number in range(100)}
    with closing(sqlite3.connect(state / "instantreact.sqlite3")) as connection:
        assert connection.execute("SELECT camera_id, count(*) FROM events GROUP BY 1 ORDER BY 1").fetchall() == [
            ("other", 100), ("own", 100),
        ]  # fmt: skip


def test_erasure_goes_on_after_kill_9(filled: Path) -> None:
    kills = 0
    with Service(filled, speech="off") as service:
        with service.client() as api:
            begun = api.post("/erasures", json={"kind": "span", "camera_id": "own", **SPAN})
            assert begun.status_code == 202, begun.text
        for number in (2, 5):
            wait_until(lambda: took(service) >= number, what="the erasure's work")  # noqa: B023
            service.kill()
            kills += took(service) > 0
            service.output.clear()
            service.start()
        with service.client() as api:
            check_erased(filled, api, begun.json()["id"])
    assert kills == 2


def took(service: Service) -> int:
    return sum("erasure.took" in line for line in service.output)


def test_command_that_was_killed_is_gone_on_with_by_the_next_one_or_by_the_service(filled: Path) -> None:
    bounds = ("--from", SPAN["since"][:19], "--to", SPAN["until"][:19])
    command = ("erase", "camera", "own", *bounds, "--yes", "--state-dir", str(filled))
    with subprocess.Popen(
        [sys.executable, "-m", "instantreact", *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as killed:
        assert killed.stdout is not None
        for line in killed.stdout:
            if "erasure.took" in line:
                break
        killed.kill()
    with Service(filled, speech="off") as service, service.client() as api:
        (erasure,) = api.get("/erasures").json()["items"]
        check_erased(filled, api, erasure["id"])
        again = run(*command, cwd=filled.parent)
        assert again.returncode == 0, again.stderr
        assert "UTC: nothing" in again.stdout


def test_command_erases_beside_a_service_that_erases_the_same(filled: Path) -> None:
    with Service(filled, speech="off") as service, service.client() as api:
        begun = api.post("/erasures", json={"kind": "span", "camera_id": "own", **SPAN}).json()
        beside = run("erase", "person", "Guard", "--yes", "--state-dir", str(filled), cwd=filled.parent)
        assert beside.returncode == 0, beside.stderr
        check_erased(filled, api, begun["id"])
        assert api.get("/recipients").json()["items"] == []
