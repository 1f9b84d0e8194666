"""A backup of a service that runs, and what becomes of it, as people do it on the command line."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import httpx
import pytest
from typer.testing import CliRunner, Result

from instantreact.cli.app import app
from instantreact.errors import InstantReactError
from instantreact.storage import passphrase
from instantreact_demo.graph import FakeGraph
from tests.cli.test_commands import run
from tests.servers.postgres import PostgresServer
from tests.servers.service import Service, wait_until

PASSPHRASE = {"backup_passphrase": "correct horse battery"}


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> Iterator[str]:
    name = postgres.create_database()
    yield postgres.url(name).replace("+asyncpg", "")
    postgres.drop_database(name)


class Call(Protocol):
    def __call__(self, *arguments: str, **settings: str) -> Result: ...


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """A command in this process, which is ten times as fast, in a folder of its own; guessing is fast as well."""
    monkeypatch.setattr(passphrase, "_COST", 2**4)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, **settings: str) -> Result:
        environment = {f"INSTANTREACT_{name.upper()}": value for name, value in settings.items()}
        result = CliRunner().invoke(app, arguments, env=environment)
        if isinstance(result.exception, InstantReactError):  # which `main` tells
            result.stdout_bytes = result.output_bytes = str(result.exception).encode()
        return result

    return call


def test_service_is_backed_up_while_it_runs_and_restored_on_postgresql(
    tmp_path: Path, call: Call, graph: FakeGraph, drawn_clip: Path, postgres_url: str
) -> None:
    (tmp_path / "passphrase").write_text(PASSPHRASE["backup_passphrase"] + "\n")
    option = ("--passphrase-file", "passphrase")
    with Service(tmp_path / "a", graph, speech="off") as service, service.client() as client:
        camera = {"name": "Door", "source": "rtsp://user:secret@127.0.0.1:1/door", "enabled": False}
        assert client.post("/cameras", json=camera).status_code == 201
        with drawn_clip.open("rb") as file:
            assert client.post("/analyze", files={"file": file}).status_code == 202
        wait_until(
            lambda: clip_of(client)["listening"] in {"done", "off"}, timeout_s=60, what="the clip to be seen and heard"
        )
        before = shown(client)
        backed_up = run("backup", "one", "--state-dir", "a", *option, cwd=tmp_path)
        assert backed_up.returncode == 0, backed_up.stderr
        refused = call("restore", "one", "--state-dir", "a", *option)
        assert "Stop all its processes" in refused.output
    there = {"database_url": postgres_url}
    restored = run("restore", "one", "--state-dir", "b", *option, cwd=tmp_path, **there)
    assert restored.returncode == 0, restored.stderr
    with Service(tmp_path / "b", graph, speech="off", **there) as service, service.client() as client:
        assert shown(client) == before


def test_restore_ends_sessions_and_both_are_in_the_audit_log(tmp_path: Path, call: Call, graph: FakeGraph) -> None:
    ana = {"name": "Ana", "password": "four words one remembers"}
    with Service(tmp_path / "a", graph, speech="off") as service, service.client() as client:
        assert client.post("/users", json={**ana, "role": "viewer"}).status_code == 201
        with page_of(client) as page:
            assert page.post("/session", json=ana).status_code == 200
            cookies = page.cookies
        assert call("backup", "one", "--state-dir", "a", **PASSPHRASE).exit_code == 0
    restored = call("restore", "one", "--state-dir", "b", **PASSPHRASE)
    assert restored.exit_code == 0, restored.output
    for folder, status, deed in (("a", 200, ("saw", "backup", "one")), ("b", 401, ("changed", "restore"))):
        with Service(tmp_path / folder, graph, speech="off") as service, service.client() as client:
            with page_of(client, cookies) as page:
                assert page.get("/events").status_code == status
            told = [(each["action"], each["route"], each["subject"]) for each in client.get("/audit").json()["items"]]
            assert [entry for entry in told if entry[: len(deed)] == deed]


def page_of(client: httpx.Client, cookies: httpx.Cookies | None = None) -> httpx.Client:
    return httpx.Client(base_url=client.base_url, headers={"Sec-Fetch-Site": "same-origin"}, cookies=cookies)


def clip_of(client: httpx.Client) -> dict[str, str]:
    (clip,) = client.get("/clips").json()["items"]
    found: dict[str, str] = clip
    return found


def shown(client: httpx.Client) -> object:
    """What somebody sees: rows, what was sealed, what is searched for, files."""
    clip = clip_of(client)
    media = client.get(f"/clips/{clip['id']}/media")
    assert media.status_code == 200
    events = client.get("/events").json()["items"]
    word = re.findall(r"\w{4,}", events[0]["caption"]["text"])[0]
    found = client.get("/events", params={"text": word}).json()["items"]
    assert found
    return clip, client.get("/cameras").json()["items"], events, found, media.content


def test_state_folder_that_is_half_restored_is_refused_until_it_is_restored(
    tmp_path: Path, call: Call, postgres_url: str
) -> None:
    there = {**PASSPHRASE, "database_url": postgres_url}
    assert call("migrate").exit_code == 0
    assert call("backup", "one", **PASSPHRASE).exit_code == 0

    restore_and_die(tmp_path, "b", **PASSPHRASE)
    assert "half restored" in run("serve", "--state-dir", "b", cwd=tmp_path).stderr
    for command in ("doctor", "migrate"):
        refused = call(command, "--state-dir", "b")
        assert refused.exit_code == 1
        assert "half restored: run `instantreact restore` again" in refused.output
    again = call("restore", "one", "--state-dir", "b", **PASSPHRASE)
    assert again.exit_code == 0, again.output

    restore_and_die(tmp_path, "c", **there)
    assert call("restore", "one", "--state-dir", "c", **there).exit_code == 0
    assert call("doctor", "--state-dir", "b").exit_code == 0


def restore_and_die(folder: Path, state_dir: str, **settings: str) -> None:
    environment = os.environ | {f"INSTANTREACT_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-c", _KILLED, state_dir]
    killed = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    assert killed.returncode == -signal.SIGKILL, killed.stderr


_KILLED = """
import os, signal, sys
from instantreact.cli.app import app
from instantreact.storage import moving, passphrase

async def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

moving._compare, passphrase._COST = die, 16
app(["restore", "one", "--state-dir", sys.argv[1]])
"""


def test_restore_leaves_an_installation_unless_it_is_told_to_replace_it(call: Call, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        assert call("migrate", "--state-dir", folder).exit_code == 0
    made = call("keys", "create", "Mine", "--scope", "read", "--state-dir", "b")
    assert made.exit_code == 0, made.output
    assert call("backup", "one", "--state-dir", "a", **PASSPHRASE).exit_code == 0

    refused = call("restore", "one", "--state-dir", "b", **PASSPHRASE)
    assert refused.exit_code == 1
    assert "holds an installation" in refused.output
    assert "nothing was changed" in refused.output
    assert "Mine" in call("keys", "list", "--state-dir", "b").stdout

    replaced = call("restore", "one", "--state-dir", "b", "--replace", **PASSPHRASE)
    assert replaced.exit_code == 0, replaced.output
    assert "no keys yet" in call("keys", "list", "--state-dir", "b").stdout
    (aside,) = (tmp_path / "b").glob("replaced-*")
    assert "Mine" in call("keys", "list", "--state-dir", str(aside)).stdout


def test_backup_and_restore_ask_for_what_is_missing(call: Call, tmp_path: Path) -> None:
    assert call("migrate").exit_code == 0
    for told, options, settings in (
        ("--passphrase-file", (), {}),
        ("cannot be read", ("--passphrase-file", "nowhere"), {}),
        ("at least 12", (), {"backup_passphrase": "short"}),
    ):
        refused = call("backup", "one", *options, **settings)
        assert refused.exit_code == 1
        assert told in refused.output
    assert call("backup", "one", **PASSPHRASE).exit_code == 0
    other = call("restore", "one", "--state-dir", "b", secret_keys="x" * 43 + "=", **PASSPHRASE)
    assert "does not hold the keys of the backup" in other.output
    assert not (tmp_path / "b").exists()
