"""Attacks on a real service by somebody without a key: what they cost it, and those who want something meanwhile."""

import resource
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from tests.servers.attacks import Memory, Polite, count_open, flood, holding
from tests.servers.service import Service, wait_until

HEAD = b"GET /livez HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"POST /webhooks/messenger HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
FLOODS = [
    (HEAD, b"a: " + b"b" * 1000 + b"\r\n"),
    (HEAD + b"a: ", b"b" * 100_000),
    (b"GET /", b"b" * 100_000),
    (CHUNKED + b"5;a=", b"b" * 100_000),
    (CHUNKED + b"0\r\n", b"a: b\r\n" * 10_000),
    (b"", (HEAD + b"\r\n") * 1000),
]
MAX_GROWN_MB = 100.0
"""The worst of these took 2.3 GB in six seconds before there were limits."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("service")) as service:
        yield service


def count_lines(service: Service) -> int:
    """What the log says, but for the requests that were answered, and a traceback counted once."""
    return sum(line[:2] == "20" and "http.request" not in line for line in service.output)


def test_service_keeps_its_memory_and_serves_others_while_it_is_flooded(service: Service) -> None:
    said = count_lines(service)

    with Memory(service.pid) as memory, Polite(service.port) as polite, ThreadPoolExecutor(len(FLOODS)) as attackers:
        while len(polite.took_s) < 10:
            list(attackers.map(lambda parts: flood(service.port, *parts, lasting_s=20), FLOODS))

    assert memory.grown_mb < MAX_GROWN_MB
    assert not polite.failures
    assert polite.median_s < 1
    assert count_lines(service) - said < 20


def test_service_serves_others_while_half_open_connections_are_held(service: Service) -> None:
    said = count_lines(service)

    with (
        Memory(service.pid) as memory,
        Polite(service.port) as polite,
        Polite(service.port, source="127.0.0.1") as neighbour,
        holding(service.port, 1100, HEAD) as held,
    ):
        time.sleep(1)
        left = count_open(held)

    assert left <= 128
    assert memory.grown_mb < MAX_GROWN_MB
    assert not polite.failures
    assert polite.median_s < 1
    assert neighbour.median_s < 1
    assert count_lines(service) - said < 20


def test_service_is_there_again_after_it_ran_out_of_descriptors(service: Service) -> None:
    said, limits = count_lines(service), resource.prlimit(service.pid, resource.RLIMIT_NOFILE)
    few = psutil.Process(service.pid).num_fds() + 8
    resource.prlimit(service.pid, resource.RLIMIT_NOFILE, (few, limits[1]))
    try:
        with holding(service.port, 60, HEAD):
            wait_until(lambda: any("out of system resource" in line for line in service.output), what="the log")
            time.sleep(2.5)
    finally:
        resource.prlimit(service.pid, resource.RLIMIT_NOFILE, limits)

    assert httpx.get(f"{service.url}/livez", timeout=20).is_success
    assert count_lines(service) - said < 40
