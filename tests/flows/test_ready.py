"""/readyz and the doctor say what is missing, in the same words, wherever they run."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import httpx

from tests.cli.test_commands import run
from tests.servers.rabbitmq import RabbitServer
from tests.servers.service import ApiService, Service, wait_until

NOBODY_LISTENS = "amqp://guest:s3cret@127.0.0.1:1/vhost"


def test_api_is_not_ready_while_broker_and_workers_are_away(tmp_path: Path) -> None:
    run("migrate", cwd=tmp_path)
    with ApiService(tmp_path / "state", broker_url=NOBODY_LISTENS) as service:
        answer = httpx.get(f"{service.url}/readyz", timeout=30)
        again = httpx.get(f"{service.url}/readyz", timeout=30)
    assert answer.status_code == again.status_code == 503
    checks = answer.json()["checks"]
    assert "cannot be reached" in checks["broker"]
    assert "instantreact worker" in checks["worker"]
    assert checks["database"] is checks["captioner"] is None
    assert "s3cret" not in answer.text + "".join(service.output)


def test_serve_is_ready_with_every_check(tmp_path: Path) -> None:
    with Service(tmp_path) as service, service.client() as client:
        answer = httpx.get(f"{service.url}/readyz")
        found = client.get("/doctor").json()["findings"]
    assert answer.status_code == 200
    assert {"database", "disk", "recipients", "speech"} <= {each["what"] for each in found}
    assert [each["problem"] for each in found if each["is_fatal"] and each["problem"]] == []
    assert answer.json()["checks"] == {"database": None, "storage": None, "captioner": None, "worker": None}


def test_serve_answers_and_takes_clips_while_the_broker_is_away_and_analyses_them_once_it_is_there(
    tmp_path: Path, rabbitmq: RabbitServer, drawn_clip: Path
) -> None:
    rabbitmq.stop()
    with ExitStack() as at_the_end:
        at_the_end.callback(rabbitmq.start)
        with Service(tmp_path, broker_url=rabbitmq.url) as service, service.client() as client:
            assert client.get("/livez").status_code == 200
            with drawn_clip.open("rb") as file:
                clip_id = client.post("/analyze", files={"file": file}).json()["clip"]["id"]
            checks = client.get("/readyz").json()["checks"]
            assert "RabbitMQ" in checks["broker"]
            assert client.get(f"/clips/{clip_id}").json()["state"] == "stored"
            at_the_end.pop_all().close()
            wait_until(
                lambda: client.get(f"/clips/{clip_id}").json()["state"] == "analyzed", timeout_s=60, what="the clip"
            )
            assert service.stop() == 0


def test_doctor_says_why_the_api_is_not_ready(tmp_path: Path) -> None:
    run("migrate", cwd=tmp_path)
    said = run("doctor", cwd=tmp_path, broker_url=NOBODY_LISTENS)
    assert said.returncode == 1
    assert "PROBLEM  broker: RabbitMQ at INSTANTREACT_BROKER_URL cannot be reached" in said.stdout
    assert "note     workers: No worker lives" in said.stdout
    assert "s3cret" not in said.stdout + said.stderr


def test_doctor_runs_without_terminal_home_and_environment(tmp_path: Path) -> None:
    """As `docker exec` or a probe of Kubernetes starts it."""
    paths = {"PYTHONPATH": ":".join(path for path in sys.path if path)}
    ran = subprocess.run(
        [sys.executable, "-m", "instantreact", "doctor", "--settings"],
        cwd=tmp_path,
        env=paths,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=100,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "ok       state folder" in ran.stdout
    assert "\x1b" not in ran.stdout
    assert list(tmp_path.iterdir()) == []
