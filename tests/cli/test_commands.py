"""The command line as people use it: a process, its output, its exit status."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from instantreact.config import Settings
from instantreact.doctor import examine, examine_second_look
from instantreact.domain.rule import ConceptCondition, Criteria
from instantreact.storage.database import Database
from instantreact.storage.migrate import upgrade
from instantreact_demo.story import HELP
from tests.media.clips import Drawing, make_clip
from tests.pipeline.test_hear import make_test_picture
from tests.servers.vision import API_KEY, MODEL, FakeVision
from tests.storage.factories import make_rule


def run(*arguments: str | Path, cwd: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INSTANTREACT_")}
    environment = kept | {f"INSTANTREACT_{name.upper()}": value for name, value in settings.items()}
    command = [sys.executable, "-m", "instantreact", *map(str, arguments)]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=100)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "a.mp4", Drawing(width=320, height=240, duration_s=3.0))


def test_analyze_prints_the_promised_object_when_asked_for_json(clip: Path, tmp_path: Path) -> None:
    ran = run("analyze", clip, "--json", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert set(found) == {"clip", "bundle", "events", "warning", "timings_ms"}
    assert found["clip"]["path"] == str(clip)
    assert {"sha256", "duration_s", "width", "height", "fps", "has_audio"} < set(found["clip"])
    assert set(found["bundle"]) == {"name", "version"}
    assert set(found["timings_ms"]) == {"probe", "decode", "detect", "features", "caption", "speech", "total"}
    event = found["events"][0]
    assert set(event) == {
        "start_s",
        "end_s",
        "caption",
        "hypotheses",
        "concepts",
        "detections",
        "presence",
        "transcript",
    }
    assert sum(hypothesis["probability"] for hypothesis in event["hypotheses"]) == pytest.approx(1.0)
    assert set(event["concepts"]) == {"fight", "fall", "lying", "fire"}


def test_analyze_hears_the_phrase_it_is_asked_to_listen_for(tmp_path: Path) -> None:
    spoken = make_test_picture(tmp_path / "spoken.mp4", "-i", str(HELP))
    ran = run("analyze", spoken, "--listen-for", "call the police", cwd=tmp_path)
    assert "heard: call the police" in ran.stdout


def test_analyze_says_what_is_wrong_when_the_file_is_no_clip(tmp_path: Path) -> None:
    (tmp_path / "clip.mp4").write_bytes(b"PK\x03\x04 not a clip at all")
    ran = run("analyze", "clip.mp4", cwd=tmp_path)
    assert ran.returncode == 1
    assert ran.stderr.startswith("instantreact: ")
    assert "Traceback" not in ran.stderr


def test_analyze_answers_one_line_a_clip_in_their_order_when_one_of_them_is_bad(clip: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.mp4").write_bytes(b"PK\x03\x04 not a clip at all")
    other = make_clip(tmp_path / "other.mp4", Drawing(duration_s=1.0))
    ran = run("analyze", "--json", clip, "bad.mp4", other, cwd=tmp_path)
    assert ran.returncode == 1
    first, bad, last = (json.loads(line) for line in ran.stdout.splitlines())
    assert [found["clip"]["path"] for found in (first, bad, last)] == [str(clip), "bad.mp4", str(other)]
    assert len(first["events"]) == len(last["events"]) == 1
    assert set(bad) == {"clip", "error"}
    assert f"instantreact: bad.mp4: {bad['error']}" in ran.stderr
    assert "1 of 3 clips could not be analyzed." in ran.stderr
    assert "3 of 3 clips are analyzed" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_analyze_says_what_to_do_when_the_bundle_is_missing(clip: Path, tmp_path: Path) -> None:
    ran = run("analyze", clip, "--bundle", tmp_path / "nothing", cwd=tmp_path)
    assert ran.returncode == 1
    assert "instantreact export captioner" in ran.stderr


def test_migrate_is_done_once(tmp_path: Path) -> None:
    first, second = (run("migrate", "--state-dir", "state", cwd=tmp_path) for _ in range(2))
    assert "went from nothing to" in first.stdout
    assert "already" in second.stdout


def test_doctor_names_what_is_wrong(tmp_path: Path) -> None:
    ran = run("doctor", cwd=tmp_path, messenger_page_id="1000", captioner_bundle="nowhere", wit_tokn="x")
    assert ran.returncode == 1
    assert "PROBLEM  messenger: Messenger needs INSTANTREACT_MESSENGER_PAGE_TOKEN" in ran.stdout
    assert "PROBLEM  captioner" in ran.stdout
    assert "PROBLEM  INSTANTREACT_WIT_TOKN: it is no setting: did you mean INSTANTREACT_WIT_TOKEN?" in ran.stdout


def test_doctor_says_when_nobody_would_be_told(tmp_path: Path) -> None:
    run("migrate", cwd=tmp_path)
    assert "note     recipients: nobody is told of alerts" in run("doctor", cwd=tmp_path).stdout


async def test_doctor_says_which_rules_ask_for_what_the_bundle_does_not_know(tmp_path: Path) -> None:
    run("migrate", cwd=tmp_path)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'state' / 'instantreact.sqlite3'}")
    async with database.unit_of_work() as session:
        await make_rule(session, criteria=Criteria((ConceptCondition("theft"),)))
    await database.dispose()

    said = run("doctor", cwd=tmp_path).stdout

    assert "it knows fight, fall, fire" in said
    assert "note     rules: No loaded bundle knows theft" in said


def test_doctor_shows_settings_without_secrets(tmp_path: Path) -> None:
    ran = run("doctor", "--settings", cwd=tmp_path, api_key="do-not-show-me")
    assert ran.returncode == 0, ran.stdout
    assert "INSTANTREACT_MAX_UPLOAD_MB = 512  (default)" in ran.stdout
    assert "INSTANTREACT_API_KEY" in ran.stdout
    assert "do-not-show-me" not in ran.stdout


def test_doctor_speaks_of_a_key_that_may_be_guessed(tmp_path: Path) -> None:
    weak, strong = (run("doctor", cwd=tmp_path, api_key=key).stdout for key in ("hello", "9f86d081884c7d659a2f"))
    assert "INSTANTREACT_API_KEY has 5 characters and may do everything" in weak
    assert "INSTANTREACT_API_KEY" not in strong
    assert "hello" not in weak


def test_doctor_shows_no_password_of_an_address(tmp_path: Path) -> None:
    ran = run(
        "doctor",
        "--settings",
        cwd=tmp_path,
        graph_url="http://gu:GSECRET@127.0.0.1:9/",
        public_url="https://USECRET@alerts.example/?token=TSECRET",
        wit_url="http://:WSECRET@127.0.0.1:9/",
    )
    assert "INSTANTREACT_GRAPH_URL = http://***@127.0.0.1:9/  (set)" in ran.stdout
    assert not [word for word in ("GSECRET", "USECRET", "TSECRET", "WSECRET") if word in ran.stdout + ran.stderr]


def test_doctor_writes_nothing_where_there_is_nothing(tmp_path: Path) -> None:
    ran = run("doctor", "--settings", cwd=tmp_path)
    assert ran.returncode == 0, ran.stdout
    assert "will be made by `serve`" in ran.stdout
    assert list(tmp_path.rglob("*")) == []


async def test_doctor_writes_nothing_beside_a_database_that_is_there(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, port=0, _env_file=None)
    await upgrade(settings.resolved_database_url)
    before = read_all(tmp_path)
    findings = await examine(settings)
    assert read_all(tmp_path) == before
    assert [finding.what for finding in findings if finding.problem and finding.is_fatal] == []
    (look,) = [finding for finding in findings if finding.what == "second look"]
    assert look.detail == "off; no picture is sent to a model elsewhere"


async def test_doctor_asks_the_endpoint_of_second_looks_for_its_model(tmp_path: Path) -> None:
    with FakeVision() as vision:
        half = Settings(_env_file=None, state_dir=tmp_path, second_look_url=vision.url, second_look_api_key=API_KEY)
        there, missing, alone = [
            await examine_second_look(half.model_copy(update={"second_look_model": name}))
            for name in (MODEL, "other", None)
        ]
    assert (there.problem, there.detail) == (None, f"{MODEL}; the endpoint answers and knows it; after people are told")
    assert missing.problem is not None
    assert "knows no model other; it knows looker:1b. Alerts go out without one." in missing.problem
    assert alone.problem == "INSTANTREACT_SECOND_LOOK_URL and INSTANTREACT_SECOND_LOOK_MODEL need each other."
    assert (missing.is_fatal, alone.is_fatal, vision.requests) == (False, True, 0)


async def test_doctor_leaves_what_a_killed_process_left_behind(tmp_path: Path) -> None:
    settings = Settings(state_dir=tmp_path, port=0, _env_file=None)
    await upgrade(settings.resolved_database_url)
    write_and_die(tmp_path / "instantreact.sqlite3")
    before = {name: content for name, content in read_all(tmp_path).items() if name.suffix != ".sqlite3-shm"}
    assert any(name.name.endswith("-wal") and content for name, content in before.items())
    findings = await examine(settings)
    after = {name: content for name, content in read_all(tmp_path).items() if name.suffix != ".sqlite3-shm"}
    assert after == before  # but for SQLite's index of the log, which is made anew from it
    assert [finding.what for finding in findings if finding.problem and finding.is_fatal] == []


def write_and_die(path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", _KILLED, str(path)], stdout=subprocess.PIPE) as killed:
        assert killed.stdout is not None
        killed.stdout.readline()
        killed.kill()


_KILLED = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("INSERT INTO recipients (id, name, channel, address, enabled, created_at) "
                   "VALUES ('a', 'Guard', 'console', 'here', 1, '2026-11-22 12:00:00')")
print("written", flush=True)
time.sleep(60)
"""


def read_all(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


async def test_doctor_says_so_when_the_state_folder_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    findings = await examine(Settings(state_dir=tmp_path / "a-file" / "state", port=0, _env_file=None))
    assert "is no folder" in next(found.problem or "" for found in findings if found.what == "state folder")


def test_serve_says_which_setting_is_wrong(tmp_path: Path) -> None:
    ran = run("serve", cwd=tmp_path, port="many")
    assert ran.returncode == 1
    assert "INSTANTREACT_PORT cannot be used" in ran.stderr


@pytest.mark.parametrize(
    ("setting", "value", "told"),
    [
        ("database_url", "mysql://ana@host/cameras", "not supported: it is PostgreSQL"),
        ("database_url", "oracle://ana@host/cameras", "not supported: it is PostgreSQL"),
        ("public_url", "cameras.example", "whole address is needed, such as https://"),
    ],
)
def test_address_of_another_kind_is_refused_with_those_that_work(
    setting: str, value: str, told: str, tmp_path: Path
) -> None:
    ran = run("migrate", cwd=tmp_path, **{setting: value})
    assert (ran.returncode, told in ran.stderr) == (1, True), ran.stderr


@pytest.mark.parametrize(
    ("setting", "value"),
    [("database_url", "nonsense"), ("secret_keys", "too-short"), ("state_dir", "a-file"), ("camera_lease_s", "inf")],
)
def test_serve_names_the_setting_that_it_cannot_work_with(setting: str, value: str, tmp_path: Path) -> None:
    (tmp_path / "a-file").touch()
    ran = run("serve", cwd=tmp_path, **{"port": "0", setting: value})
    assert ran.returncode == 1
    assert f"INSTANTREACT_{setting.upper()}" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_doctor_says_so_when_a_newer_version_made_the_database(tmp_path: Path) -> None:
    run("migrate", cwd=tmp_path)
    with sqlite3.connect(tmp_path / "state" / "instantreact.sqlite3") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    ran = run("doctor", cwd=tmp_path)
    assert ran.returncode == 1
    assert "PROBLEM  database: The database is at 9999" in ran.stdout


def test_settings_that_are_set_to_nothing_are_not_set(tmp_path: Path) -> None:
    ran = run("doctor", "--settings", cwd=tmp_path, api_key="", port="", messenger_app_secret="", secret_keys="")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for setting in ("API_KEY", "MESSENGER_APP_SECRET", "SECRET_KEYS"):
        assert f"INSTANTREACT_{setting} = None  (default)" in ran.stdout


def test_doctor_names_mistyped_settings_of_the_env_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INSTANTREACT_WIT_TOKN=x\n")
    assert "INSTANTREACT_WIT_TOKN: it is no setting" in run("doctor", "--settings", cwd=tmp_path).stdout
