"""The service in parts, on PostgreSQL and RabbitMQ: a clip reaches Messenger though workers and messages are lost."""

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from instantreact.storage.migrate import upgrade
from instantreact_demo.graph import FakeGraph
from tests.flows.test_clip_to_messenger import add_rule
from tests.flows.test_kill import all_delivered, submit
from tests.servers.postgres import PostgresServer, run_elsewhere
from tests.servers.rabbitmq import RabbitServer
from tests.servers.service import Service, wait_until


class ApiService(Service):
    """A process that answers requests only."""

    command = "api"

    @contextmanager
    def beside(self, role: str) -> Iterator[subprocess.Popen[str]]:
        """A process of another role with the same settings; killed at the end."""
        command = [sys.executable, "-m", "instantreact", role, "--state-dir", str(self._state_dir)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self._environment()
        ) as running:
            assert running.stdout is not None
            lines = iter(running.stdout)
            said = next((line for line in lines if "RabbitMQ" in line), "")
            assert said.startswith("InstantReact "), said
            reader = threading.Thread(target=lambda: [None for _ in lines], daemon=True)
            reader.start()
            try:
                yield running
            finally:
                running.kill()
                reader.join()


@pytest.fixture
def service(postgres: PostgresServer, rabbitmq: RabbitServer, tmp_path: Path, graph: FakeGraph) -> Iterator[ApiService]:
    name = postgres.create_database()
    run_elsewhere(upgrade(postgres.url(name)))
    with ApiService(tmp_path, graph, DATABASE_URL=postgres.url(name), BROKER_URL=rabbitmq.url) as api:
        yield api
    postgres.drop_database(name)


def send_and_wait(service: Service, clip: Path, run: int) -> None:
    with service.client() as api:
        submit(api, clip, run)
        wait_until(lambda: all_delivered(api, run + 1), timeout_s=90, what=f"the message of clip {run}")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_clips_reach_messenger_from_parts_of_the_service_though_a_worker_is_killed(
    service: ApiService, graph: FakeGraph, drawn_clip: Path
) -> None:
    with ExitStack() as stack:
        stack.enter_context(service.beside("relay"))
        stack.enter_context(service.beside("worker"))
        doomed = stack.enter_context(service.beside("worker"))
        with service.client() as api:
            add_rule(api, min_score=0.0)
        send_and_wait(service, drawn_clip, 0)

        with service.client() as api:
            submit(api, drawn_clip, 1)
            submit(api, drawn_clip, 2)
        doomed.send_signal(signal.SIGKILL)
        with service.client() as api:
            wait_until(lambda: all_delivered(api, 3), timeout_s=90, what="the messages of clips 1 and 2")
    assert len({part.metadata for part in graph.received}) == 6


def test_worker_without_rabbitmq_says_what_to_set(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "instantreact", "worker", "--state-dir", str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 1
    assert "INSTANTREACT_BROKER_URL" in ran.stderr


def test_serve_is_refused_when_the_database_has_its_files_elsewhere(
    postgres: PostgresServer, tmp_path: Path, graph: FakeGraph
) -> None:
    name = postgres.create_database()
    settings = {"DATABASE_URL": postgres.url(name), "SECRET_KEYS": "k" * 43 + "="}
    with Service(tmp_path / "one", graph, **settings) as one:
        other = Service(tmp_path / "two", graph, **settings)
        command = [sys.executable, "-m", "instantreact", "serve", "--port", "0", "--state-dir", str(tmp_path / "two")]
        ran = subprocess.run(command, env=other._environment(), capture_output=True, text=True, timeout=100)
        assert ran.returncode == 1
        assert "INSTANTREACT_BLOBS_DIR" in ran.stderr
        assert httpx.get(f"{one.url}/livez").is_success
    postgres.drop_database(name)
