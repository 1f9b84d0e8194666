"""Uploads over a real socket: large ones, broken ones, clients that leave."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import httpx
import psutil
import pytest
from fastapi import FastAPI
from structlog.testing import capture_logs

from instantreact.api.app import create_app
from instantreact.pipeline.services import Services
from tests.api.conftest import API_KEY, OPTIONS
from tests.api.problems import assert_problem
from tests.api.serving import serve
from tests.api.test_analyze import count_jobs, list_files

HEAD = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n'
TAIL = b"\r\n--cut--\r\n"
HEADERS = {"X-API-Key": API_KEY, "Content-Type": "multipart/form-data; boundary=cut"}


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    async with serve(app) as address:
        yield address


@pytest.fixture
async def remote(address: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=address, headers=HEADERS, timeout=30) as remote:
        yield remote


async def wait_until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("what was waited for did not happen")


async def send(
    address: str,
    *pieces: bytes,
    length: int | None = None,
    headers: Mapping[str, str] = HEADERS,
    path: str = "/analyze",
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Begin a POST by hand, in chunks or, with `length`, with that Content-Length."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rsplit(":", 1)[1]))
    framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    lines = [f"POST {path} HTTP/1.1", "Host: test", framing, *(f"{name}: {value}" for name, value in headers.items())]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    for piece in pieces:
        writer.write(piece if length is not None else f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
    await writer.drain()
    return reader, writer


async def test_upload_arrives_in_pieces_of_any_size(remote: httpx.AsyncClient, movie: bytes, tmp_path: Path) -> None:
    async def dribble() -> AsyncIterator[bytes]:
        body = HEAD + movie + TAIL
        for start in range(0, len(body), 331):
            yield body[start : start + 331]

    answer = await remote.post("/analyze", content=dribble())

    assert answer.status_code == 202
    assert [path.read_bytes() for path in list_files(tmp_path)] == [movie]


async def test_upload_of_gigabytes_is_refused_at_the_cap_without_being_read(address: str, tmp_path: Path) -> None:
    reader, writer = await send(address, HEAD)
    answering = asyncio.create_task(reader.readline())
    sent_bytes = 0
    with suppress(ConnectionError):
        while not answering.done() and sent_bytes < 10_000_000_000:
            writer.write(b"186a0\r\n" + b"x" * 100_000 + b"\r\n")
            await writer.drain()
            sent_bytes += 100_000

    assert (await answering).startswith(b"HTTP/1.1 413 ")
    assert sent_bytes < 50_000_000
    writer.close()
    await wait_until(lambda: not list_files(tmp_path))


async def test_upload_declared_too_large_is_refused_before_it_is_sent(address: str) -> None:
    reader, writer = await send(address, length=10_000_000_000)

    assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
    writer.close()


async def test_upload_without_a_key_is_refused_before_it_is_read(address: str) -> None:
    reader, writer = await send(address, length=200_000, headers={"X-API-Key": "guessed"})

    assert (await reader.readline()).startswith(b"HTTP/1.1 401 ")
    writer.close()


@pytest.mark.parametrize("length", [None, 200_000])
async def test_upload_leaves_nothing_behind_when_its_client_goes_away(
    address: str, services: Services, tmp_path: Path, length: int | None
) -> None:
    _, writer = await send(address, HEAD, *[b"x" * 10_000] * 12, length=length)
    await wait_until(lambda: bool(list_files(tmp_path)))

    writer.transport.abort()

    await wait_until(lambda: not list_files(tmp_path))
    assert await count_jobs(services) == 0


async def test_upload_that_breaks_off_is_refused(remote: httpx.AsyncClient, movie: bytes, tmp_path: Path) -> None:
    assert_problem(await remote.post("/analyze", content=HEAD + movie), 422, "broke off")
    await wait_until(lambda: not list_files(tmp_path))


async def test_waiting_ends_when_the_client_goes_away(address: str, movie: bytes) -> None:
    with capture_logs() as lines:
        async with httpx.AsyncClient(base_url=address, headers=HEADERS, timeout=1.0) as impatient:
            with pytest.raises(httpx.ReadTimeout):
                await impatient.post("/analyze", params={"wait": 60}, content=HEAD + movie + TAIL)
        await wait_until(lambda: bool(lines) and lines[-1]["event"] == "http.request")

    assert lines[-1]["status"] == 499


async def test_upload_is_never_whole_in_memory(app: FastAPI, tmp_path: Path) -> None:
    process = psutil.Process(os.getpid())
    before = process.memory_info().rss
    highest = before

    async def stream() -> AsyncIterator[bytes]:
        nonlocal highest
        yield HEAD
        for _ in range(300):
            highest = max(highest, process.memory_info().rss)
            yield b"x" * 1_000_000
        yield TAIL

    roomy = replace(OPTIONS, max_upload_bytes=400_000_000)
    large = create_app(app.state.services, roomy, app.state.readiness, app.state.live)
    async with serve(large) as address, httpx.AsyncClient(base_url=address, headers=HEADERS, timeout=60) as remote:
        answer = await remote.post("/analyze", content=stream())

    assert_problem(answer, 422)
    assert highest - before < 100_000_000


async def test_upload_that_stalls_is_given_up_and_leaves_nothing(
    services: Services, app: FastAPI, tmp_path: Path
) -> None:
    hasty = create_app(services, replace(OPTIONS, stall_s=0.3), app.state.readiness, app.state.live)
    async with serve(hasty) as address:
        reader, writer = await send(address, HEAD + bytes(100_000))
        answer = await asyncio.wait_for(reader.read(), 10)  # until the service hangs up
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"Nothing of the request came for 0.3 s" in answer
    assert list_files(tmp_path) == []


@pytest.mark.parametrize("path", ["/analyze", "/webhooks/messenger", "/rules"])
async def test_body_that_trickles_is_given_up(services: Services, app: FastAPI, tmp_path: Path, path: str) -> None:
    hasty = create_app(services, replace(OPTIONS, stall_s=0.4), app.state.readiness, app.state.live)
    async with serve(hasty) as address:
        reader, writer = await send(address, HEAD, length=100_000, path=path)
        answer = b""
        async with asyncio.timeout(20):
            while not reader.at_eof():
                writer.write(b"x")
                with suppress(TimeoutError):
                    answer += await asyncio.wait_for(reader.read(1000), 0.1)
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert list_files(tmp_path) == []


async def test_slow_upload_that_is_no_trickle_is_taken(
    services: Services, app: FastAPI, movie: bytes, tmp_path: Path
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        body = HEAD + movie + TAIL
        for start in range(0, len(body), -(-len(body) // 10)):
            yield body[start : start + -(-len(body) // 10)]
            await asyncio.sleep(0.1)

    hasty = create_app(services, replace(OPTIONS, stall_s=0.4), app.state.readiness, app.state.live)
    async with serve(hasty) as address, httpx.AsyncClient(base_url=address, headers=HEADERS, timeout=60) as remote:
        assert (await remote.post("/analyze", content=stream())).status_code == 202


async def test_upload_that_waits_for_its_result_is_answered_when_the_service_ends(
    remote: httpx.AsyncClient, app: FastAPI, movie: bytes
) -> None:
    waiting = asyncio.create_task(remote.post("/analyze?wait=60", content=HEAD + movie + TAIL))
    await asyncio.sleep(1)
    assert not waiting.done()
    app.state.closing.set()
    answer = await asyncio.wait_for(waiting, 5)
    assert answer.status_code == 202
