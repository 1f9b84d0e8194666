"""/metrics as Prometheus reads it; the conventions are those that `promtool check metrics` knows."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from instantreact.api.app import create_app
from instantreact.api.live import LiveCameras
from instantreact.domain.job import JobState
from instantreact.figures import Figures
from instantreact.jobs import outbox
from instantreact.pipeline.services import Services
from tests.api.conftest import API_KEY, OPTIONS, Checks
from tests.storage.factories import NOW, make_alert, make_recipient

Found = dict[tuple[str, frozenset[tuple[str, str]]], float]


def parse(text: str) -> Found:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def read(client: httpx.AsyncClient) -> Found:
    return parse((await client.get("/metrics")).text)


def value(found: Found, name: str, **labels: str) -> float | None:
    return found.get((f"instantreact_{name}", frozenset(labels.items())))


@pytest.fixture
async def busy(services: Services) -> Services:
    """Something of everything."""
    services.figures.know_channels(["messenger"])
    services.figures.inference.labels("clip", "caption").observe(0.2)
    services.figures.decoding.observe(0.2)
    async with services.database.unit_of_work() as session:
        await make_alert(session, await make_recipient(session))
        await outbox.put(session, "analyze", "a", now=NOW - timedelta(seconds=90))
        await outbox.put(session, "analyze", "b", now=NOW, run_at=NOW + timedelta(hours=1))
    return services


async def test_metrics_are_named_as_prometheus_wants_it(client: httpx.AsyncClient, busy: Services) -> None:
    text = (await client.get("/metrics")).text
    families = list(text_string_to_metric_families(text))

    assert len(families) > 20
    assert Counter(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE)).most_common(1)[0][1] == 1
    for family in families:
        counts = family.type == "counter"
        assert re.fullmatch(r"instantreact(_[a-z]+)*", family.name)
        assert family.documentation.endswith(".")
        assert family.type in {"counter", "gauge", "histogram"}
        assert not re.search(r"_(ms|milliseconds|minutes|hours|mb|kb|megabytes|percent|counter|gauge)\b", family.name)
        assert not re.search(r"_(count|sum|bucket|total)$", family.name)
        for sample in family.samples:
            assert sample.name.endswith("_total") == counts
            assert "le" not in sample.labels or family.type == "histogram"
            assert not set(sample.labels) & {"instance", "job", "quantile"}
        if family.type == "histogram":
            assert family.name.endswith("_seconds")


async def test_metrics_tell_no_series_twice_and_buckets_in_order(client: httpx.AsyncClient, busy: Services) -> None:
    await client.get("/clips")
    text = (await client.get("/metrics")).text
    lines = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(set(lines)) == len(lines)
    for family in text_string_to_metric_families(text):
        by_labels: dict[tuple[tuple[str, str], ...], list[tuple[float, float]]] = {}
        for sample in family.samples:
            if sample.name.endswith("_bucket"):
                others = tuple(sorted((k, v) for k, v in sample.labels.items() if k != "le"))
                by_labels.setdefault(others, []).append((float(sample.labels["le"]), sample.value))
        for buckets in by_labels.values():
            assert buckets == sorted(buckets)
            assert [count for _, count in buckets] == sorted(count for _, count in buckets)
            assert buckets[-1][0] == float("inf")


async def test_metrics_count_requests_by_the_template_of_their_route(client: httpx.AsyncClient) -> None:
    for clip_id in ("a", "b"):
        await client.get(f"/clips/{clip_id}")
    await client.get("/clips")
    found = await read(client)
    assert value(found, "http_requests_total", method="GET", route="/clips/{clip_id}", status="404") == 2.0
    assert value(found, "http_requests_total", method="GET", route="/clips", status="200") == 1.0
    assert value(found, "http_request_duration_seconds_count", method="GET", route="/clips/{clip_id}") == 2.0


async def test_metrics_get_no_series_from_what_a_stranger_asks_for(
    anybody: httpx.AsyncClient, client: httpx.AsyncClient
) -> None:
    async def list_series() -> set[object]:
        return set(await read(client))

    await anybody.request("BREW", "/")
    await anybody.get("/nothing")
    await anybody.get("/clips/x")
    await list_series()
    before = await list_series()
    for number in range(50):
        await anybody.get(f"/strange/{number}")
        await anybody.get(f"/clips/{number}")
        await anybody.request(f"BREW{number}", "/", headers={"Host": f"h{number}"})
    assert await list_series() == before


async def test_metrics_are_the_same_from_every_process_and_after_a_restart(
    client: httpx.AsyncClient, services: Services, checks: Checks, live_cameras: LiveCameras
) -> None:
    services.figures.windows.labels("camera").inc(2)
    await client.get("/metrics")
    other = create_app(replace(services, figures=Figures()), OPTIONS, checks.run, live_cameras)
    async with connect(other) as neighbour:
        assert value(await read(neighbour), "windows_total", source="camera") == 2.0
        asked_here = await read(client)
        asked_there = await read(neighbour)
    route = {"method": "GET", "route": "/metrics", "status": "200"}
    assert value(asked_here, "http_requests_total", **route) == 1.0  # while it is answered it is not counted
    assert value(asked_there, "http_requests_total", **route) == 2.0
    assert value(asked_there, "windows_total", source="camera") == 2.0


def connect(app: FastAPI) -> httpx.AsyncClient:
    transport, headers = httpx.ASGITransport(app), {"X-API-Key": API_KEY}
    return httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)


async def test_metrics_tell_how_long_jobs_of_each_kind_wait(client: httpx.AsyncClient, busy: Services) -> None:
    found = await read(client)
    assert value(found, "jobs", kind="analyze", state="due") == 2.0
    assert value(found, "jobs_oldest_age_seconds", kind="analyze", state="due") == 90.0
    async with busy.database.unit_of_work() as session:
        job = await outbox.find_job(session, "analyze", "b")
        assert job is not None
        job.state, job.created_at = JobState.BURIED, NOW - timedelta(days=1)
    found = await read(client)
    assert value(found, "jobs_oldest_age_seconds", kind="analyze", state="buried") == 86400.0


async def test_metrics_tell_a_channel_that_never_worked_from_a_quiet_one(
    client: httpx.AsyncClient, services: Services
) -> None:
    services.figures.know_channels(["messenger", "telegram"])
    services.figures.last_success.labels("telegram").set(NOW.timestamp())
    found = await read(client)
    for channel, last in (("messenger", 0.0), ("telegram", NOW.timestamp())):
        assert value(found, "channel_last_success_timestamp_seconds", channel=channel) == last
        assert value(found, "deliveries_total", channel=channel, part="text", outcome="sent") == 0.0


async def test_metrics_tell_the_room_that_is_left(client: httpx.AsyncClient, services: Services) -> None:
    found = await read(client)
    size, free = value(found, "disk_size_bytes"), value(found, "disk_free_bytes")
    assert size is not None
    assert free is not None
    assert 0 < free < size
    assert (value(found, "database_size_bytes") or 0) > 10_000
