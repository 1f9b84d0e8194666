"""The service in several processes on PostgreSQL and RabbitMQ."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from instantreact.config import Settings
from instantreact.doctor import examine
from instantreact.storage.migrate import upgrade
from instantreact_demo.graph import FakeGraph, Moment, Received
from tests.cli.test_commands import run
from tests.flows.test_clip_to_messenger import add_rule, follow_clip_to_messenger
from tests.servers.postgres import PostgresServer
from tests.servers.rabbitmq import RabbitServer
from tests.servers.service import ApiService, RelayService, Service, WorkerService, wait_until


@pytest.fixture
def shared(postgres: PostgresServer, rabbitmq: RabbitServer) -> Iterator[dict[str, str]]:
    """The settings that all processes share; the database is empty. As people write its address."""
    name = postgres.create_database()
    url = postgres.url(name).replace("+asyncpg", "")
    yield {"database_url": url, "broker_url": rabbitmq.url}
    postgres.drop_database(name)


@pytest.mark.timeout(300)
def test_clip_reaches_messenger_through_processes_of_one_role_each_when_a_worker_is_killed_in_the_middle(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path, shared: dict[str, str]
) -> None:
    asyncio.run(upgrade(Settings(_env_file=None, **shared).resolved_database_url))  # type: ignore[arg-type]
    api, relay = ApiService(tmp_path, graph, **shared), RelayService(tmp_path, graph, **shared)
    first, second = (WorkerService(tmp_path, graph, **shared) for _ in range(2))
    kill_at_first_answer(graph, first)
    with api, relay, first, api.client() as client:
        add_rule(client, min_score=0.0)
        submit(client, drawn_clip)
        wait_until(lambda: graph.hook is None, timeout_s=120, what="a worker to be killed in the middle")
        with second:
            wait_until(lambda: all_sent(client), timeout_s=60, what="the other worker to send the rest")
            assert second.stop() == 0
        assert relay.stop() == 0
    sent = Counter(part.metadata for part in graph.received)
    assert len(sent) == 2
    assert max(sent.values()) <= 2


def kill_at_first_answer(graph: FakeGraph, worker: WorkerService) -> None:
    def hook(moment: Moment, received: Received | None) -> None:
        if moment is Moment.BEFORE_ANSWER and received is not None:
            worker.kill()
            graph.hook = None

    graph.hook = hook


def submit(client: httpx.Client, path: Path) -> None:
    with path.open("rb") as file:
        assert client.post("/analyze", files={"file": file}).status_code == 202


def all_sent(client: httpx.Client) -> bool:
    (alert,) = client.get("/alerts").json()["items"]
    return [delivery["state"] for delivery in alert["deliveries"]] == ["sent"]


@pytest.mark.timeout(300)
def test_serve_alone_works_on_postgres_and_rabbitmq_and_one_with_other_files_is_refused(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path, shared: dict[str, str]
) -> None:
    with Service(tmp_path / "a", graph, draw_boxes="false", **shared) as service:
        other = run("serve", "--state-dir", "b", cwd=tmp_path, port="0", **shared)
        assert other.returncode == 1
        assert "INSTANTREACT_BLOBS_DIR" in other.stderr
        other = run("serve", "--state-dir", "b", cwd=tmp_path, port="0", blobs_dir=str(tmp_path / "a/blobs"), **shared)
        assert other.returncode == 1
        assert "INSTANTREACT_SECRET_KEYS" in other.stderr
        follow_clip_to_messenger(service, graph, drawn_clip, min_score=0.0)


async def test_doctor_looks_at_postgres_and_rabbitmq(tmp_path: Path, shared: dict[str, str]) -> None:
    await upgrade(Settings(_env_file=None, **shared).resolved_database_url)  # type: ignore[arg-type]
    wrong = {"broker_url": shared["broker_url"].replace("guest@", "wrong@")}
    nowhere = {"broker_url": "amqp://127.0.0.1:1/", "database_url": "postgresql://127.0.0.1:1/name"}

    async def find(values: dict[str, str]) -> dict[str, str | None]:
        settings = Settings(_env_file=None, state_dir=tmp_path, port=0, **{**shared, **values})  # type: ignore[arg-type]
        return {finding.what: finding.problem for finding in await examine(settings)}

    found = await find({})
    assert (found["broker"], found["database"]) == (None, None)
    assert "password" in str((await find(wrong))["broker"])
    found = await find(nowhere)
    assert "INSTANTREACT_BROKER_URL cannot be reached" in str(found["broker"])
    assert "INSTANTREACT_DATABASE_URL cannot be reached" in str(found["database"])


@pytest.mark.parametrize("role", ["worker", "relay"])
def test_role_that_needs_rabbitmq_says_so(role: str, tmp_path: Path) -> None:
    ran = run(role, cwd=tmp_path)
    assert ran.returncode == 1
    assert "INSTANTREACT_BROKER_URL" in ran.stderr
    assert "instantreact serve" in ran.stderr
    assert list(tmp_path.iterdir()) == []
