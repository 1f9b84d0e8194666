"""What a connection may ask for before it has said a word of sense: on a real socket, with short limits."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from fastapi import FastAPI
from starlette.responses import Response
from websockets.asyncio.client import connect as web_socket

from instantreact.api.connections import MAX_PIPELINED, ConnectionLimits
from instantreact.api.schemas.problem import Problem
from instantreact.api.server import open_server_socket
from tests.api.conftest import API_KEY
from tests.api.serving import serve
from tests.servers.attacks import ask, connect, count_open, flood, holding, read_all
from tests.servers.service import wait_until

LIMITS = ConnectionLimits(connections=12, from_address=6, head_bytes=4096, headers=20, head_s=0.4, unread_s=0.4)
HEAD = b"GET /livez HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"POST /rules HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
UPGRADE = b"GET /cameras/1/push HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"


@pytest.fixture
async def crowded_port(app: FastAPI) -> AsyncIterator[int]:
    """Here nothing is hung up on for being slow."""
    async with serve(app, replace(LIMITS, head_s=60.0)) as url:
        yield int(url.rpartition(":")[2])


@pytest.fixture
async def port(app: FastAPI) -> AsyncIterator[int]:
    @app.get("/large")
    async def be_large() -> Response:
        return Response(b"x" * 50_000_000)

    async with serve(app, LIMITS) as url:
        yield int(url.rpartition(":")[2])


async def is_served(port: int, *, source: str = "127.0.0.1") -> bool:
    answer = await asyncio.to_thread(ask, port, HEAD + b"Connection: close\r\n\r\n", source=source)
    return answer.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("beginning", "piece"),
    [
        pytest.param(HEAD, b"a: b\r\n" * 1000, id="small headers"),
        pytest.param(HEAD + b"a: ", b"b" * 10_000, id="one header's value"),
        pytest.param(HEAD, b"b" * 10_000, id="one header's name"),
        pytest.param(b"GET /", b"b" * 10_000, id="an address"),
        pytest.param(b"GET /?", b"b=1&" * 1000, id="a query"),
        pytest.param(CHUNKED + b"5;a=", b"b" * 10_000, id="a chunk's extension"),
        pytest.param(CHUNKED + b"0\r\n", b"a: b\r\n" * 1000, id="trailers"),
        pytest.param(CHUNKED + b"0\r\na: ", b"b" * 10_000, id="one trailer"),
        pytest.param(UPGRADE, b"a: b\r\n" * 1000, id="headers of a web socket"),
        pytest.param(b"", (HEAD + b"\r\n") * 100, id="requests sent ahead"),
        pytest.param(b"", b"b" * 10_000, id="a method"),
        pytest.param(b"", b"\x16\x03\x01" * 1000, id="what is no HTTP"),
    ],
)
async def test_connection_is_hung_up_on_when_it_sends_without_end(port: int, beginning: bytes, piece: bytes) -> None:
    await asyncio.to_thread(flood, port, beginning, piece, lasting_s=10)

    assert await is_served(port)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"a: " + b"b" * 4096 + b"\r\n", id="size"),
        pytest.param(b"a: b\r\n" * 20, id="count"),
    ],
)
async def test_head_beyond_the_limits_is_told_so_although_it_ends(port: int, head: bytes) -> None:
    answer = await asyncio.to_thread(ask, port, HEAD + head + b"\r\n")

    status, _, rest = answer.partition(b"\r\n")
    assert status == b"HTTP/1.1 431 Request Header Fields Too Large"
    problem = Problem.model_validate_json(rest.partition(b"\r\n\r\n")[2])
    assert (problem.status, problem.instance) == (431, "/livez")
    assert f"X-Request-Id: {problem.request_id}".encode() in rest


async def test_head_just_within_the_limits_is_answered(port: int) -> None:
    headers = b"".join(b"x-%d: %s\r\n" % (number, b"v" * 200) for number in range(18))

    answer = await asyncio.to_thread(ask, port, HEAD + headers + b"Connection: close\r\n\r\n")

    assert answer.startswith(b"HTTP/1.1 200")


async def test_requests_sent_ahead_are_answered_in_order_up_to_a_limit(port: int) -> None:
    last = b"GET /clips HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

    answer = await asyncio.to_thread(ask, port, (HEAD + b"\r\n") * (MAX_PIPELINED - 1) + last)

    assert answer.count(b"HTTP/1.1 200") == MAX_PIPELINED - 1
    assert answer.count(b"HTTP/1.1 401") == 1


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET", id="half a line"),
        pytest.param(HEAD, id="half a head"),
        pytest.param(UPGRADE, id="half a web socket"),
        pytest.param(HEAD + b"\r\n" + HEAD, id="a request and half of another"),
        pytest.param(b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n", id="a body nobody waits for"),
    ],
)
async def test_connection_is_hung_up_on_when_its_head_does_not_come(port: int, beginning: bytes) -> None:
    def wait() -> None:
        with holding(port, 1, beginning) as (client,):
            read_all(client)  # or its timeout ends the test

    await asyncio.to_thread(wait)


async def test_connection_is_hung_up_on_when_its_head_comes_byte_by_byte(port: int) -> None:
    async def dribble(beginning: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(beginning)
        deadline_s = time.monotonic() + 15
        while not reader.at_eof() and not reader.exception() and time.monotonic() < deadline_s:
            writer.write(b"a")
            await asyncio.sleep(0.05)
        assert time.monotonic() < deadline_s
        writer.transport.abort()

    answered_already = b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 9999\r\n\r\n"
    await asyncio.gather(dribble(HEAD + b"a: "), dribble(HEAD + b"\r\n" + HEAD), dribble(answered_already))


async def test_slow_head_is_answered_while_it_is_in_time(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):  # the time is each request's own
        for piece in (HEAD, b"a: b\r\n", b"\r\n"):
            writer.write(piece)
            await asyncio.sleep(0.08)
        assert (await reader.readuntil(b"}")).startswith(b"HTTP/1.1 200")
    writer.close()


async def test_answer_that_nobody_takes_is_given_up(port: int) -> None:
    def take_late() -> int:
        with connect(port) as client:
            client.sendall(b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(3 * LIMITS.unread_s)
            return len(read_all(client))

    assert await asyncio.to_thread(take_late) < 50_000_000


def wait_until_at_most(count: int, held: list[socket.socket]) -> int:
    """How many are still open, once they are so few."""
    wait_until(lambda: count_open(held) <= count, what=f"{count} connections to be left")
    return count_open(held)


async def test_half_open_connections_give_way_to_those_who_come_after_them(crowded_port: int) -> None:
    def crowd() -> int:
        with holding(crowded_port, 40, HEAD) as held:
            return wait_until_at_most(LIMITS.from_address, held)

    assert await asyncio.to_thread(crowd) == LIMITS.from_address
    assert await is_served(crowded_port)


async def test_one_address_takes_nothing_from_another(crowded_port: int) -> None:
    def crowd_and_ask() -> tuple[int, int, bool]:
        with holding(crowded_port, 4, HEAD, source="127.0.0.3") as early, holding(crowded_port, 40, HEAD) as late:
            answer = ask(crowded_port, HEAD + b"Connection: close\r\n\r\n", source="127.0.0.2")
            left = wait_until_at_most(LIMITS.from_address, late)
            return count_open(early), left, answer.startswith(b"HTTP/1.1 200")

    early, late, served = await asyncio.to_thread(crowd_and_ask)

    assert (early, served) == (4, True)
    assert late == LIMITS.from_address


async def test_connection_beyond_the_limit_is_refused_while_all_others_are_served(
    app: FastAPI, crowded_port: int
) -> None:
    release = asyncio.Event()

    @app.get("/busy")
    async def be_busy() -> dict[str, str]:
        await release.wait()
        return {}

    limits = httpx.Limits(max_connections=LIMITS.from_address)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{crowded_port}", limits=limits, timeout=30) as busy:
        asked = [asyncio.create_task(busy.get("/busy")) for _ in range(LIMITS.from_address)]
        await asyncio.sleep(0.3)
        refused = await asyncio.to_thread(ask, crowded_port, HEAD + b"\r\n")
        other = await is_served(crowded_port, source="127.0.0.2")
        release.set()
        answers = await asyncio.gather(*asked)

    assert refused.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: " in refused
    assert other
    assert [answer.status_code for answer in answers] == [200] * LIMITS.from_address
    assert await is_served(crowded_port)


async def test_full_house_lets_nobody_wait_who_asks_at_once(crowded_port: int) -> None:
    def fill_and_ask() -> bool:
        with (
            holding(crowded_port, 6, HEAD, source="127.0.0.3"),
            holding(crowded_port, 6, HEAD, source="127.0.0.4"),
            holding(crowded_port, 6, HEAD, source="127.0.0.5"),
        ):
            return ask(crowded_port, HEAD + b"Connection: close\r\n\r\n", source="127.0.0.2").startswith(
                b"HTTP/1.1 200"
            )

    assert await asyncio.to_thread(fill_and_ask)


async def test_upload_larger_than_any_head_comes_through(app: FastAPI, port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        answer = await client.post("/rules", json={"name": "x" * 100_000})

    assert answer.status_code in {401, 422}


def test_listener_makes_connections_that_send_at_once() -> None:
    with open_server_socket("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP


async def test_answers_on_a_kept_connection_do_not_wait_for_acknowledgements(app: FastAPI, port: int) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        took = [(await client.get("/livez")).elapsed.total_seconds() for _ in range(30)]

    assert sorted(took)[15] < 0.035  # the kernel's own wait is 40 ms


async def test_web_socket_is_not_hung_up_on_for_saying_nothing(port: int) -> None:
    async with web_socket(f"ws://127.0.0.1:{port}/live", additional_headers={"X-API-Key": API_KEY}) as wall:
        await asyncio.sleep(2 * LIMITS.head_s)
        await wall.send('{"cameras": [{"id": "nobody"}]}')
        assert '"status":404' in str(await asyncio.wait_for(wall.recv(), 10))
