"""Measures the front of a running service, on SQLite and PostgreSQL, with a million events in its database.

Usage: python -m benchmarks.api CLIP [--events 1000000] [--only sqlite|postgresql] [--parts reads,stream,...]

reads    p50, p95 and answers a second, one at a time and eight at once
uploads  the same of POST /analyze until the clip is accepted, and how many clips a second are seen to their end
webhook  the same of signed messages to /webhooks/messenger, and at 200 a second
stream   from the commit of an event by another process to its arrival at each of so many open GET /stream
memory   resident memory through an hour's mixed load in five minutes (`--minutes`)
attacks  what floods and half-open connections cost it, and those who want something meanwhile

The client runs on the same machine and takes a share of its cores: rates are lower bounds, latencies upper ones.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import aiohttp
import psutil
from cryptography.fernet import Fernet
from sqlalchemy import update
from tests.flows.test_open_port import FLOODS, HEAD
from tests.servers.attacks import Memory, Polite, count_open, flood, holding
from tests.servers.postgres import PostgresServer
from tests.servers.service import API_KEY, Service

from benchmarks.events import CAMERAS, NEWEST, describe, make_events, make_row
from instantreact.storage import events, migrate
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Camera, Event, new_id
from instantreact_demo.graph import FakeGraph
from instantreact_demo.graph.events import encode_body, from_person, sign

PARTS = ("reads", "uploads", "webhook", "stream", "memory", "attacks")
AT_ONCE = 8
STREAMS = (1, 16, 64)
_numbers = count()


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", type=Path)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("--minutes", type=float, default=5.0)
    arguments = parser.parse_args()
    if arguments.only != "postgresql":
        with tempfile.TemporaryDirectory() as folder:
            print("SQLite")
            measure(Path(folder), f"sqlite+aiosqlite:///{Path(folder) / 'instantreact.sqlite3'}", arguments)
    if arguments.only != "sqlite":
        try:
            server = PostgresServer().__enter__()
        except RuntimeError as error:
            sys.exit(f"PostgreSQL: {error}")
        with tempfile.TemporaryDirectory() as folder:
            print("PostgreSQL")
            measure(Path(folder), server.url("postgres"), arguments)
        server.__exit__(None, None, None)


def measure(folder: Path, url: str, arguments: argparse.Namespace) -> None:
    """All figures of one database. Limits of rates are lifted, since all requests come from one address."""
    asyncio.run(migrate.upgrade(url))
    asyncio.run(make_events(url, arguments.events))
    key = Fernet.generate_key().decode()
    asyncio.run(seal_cameras(url, key))
    settings = {"secret_keys": key} | {
        "rate_of_key": "off",
        "rate_of_address": "off",
        "log_level": "warning",
        "speech": "off",
    }
    if "postgresql" in url:
        settings["database_url"] = url.replace("+asyncpg", "")
    with FakeGraph() as graph, Service(folder, graph, **settings) as service:
        for part in arguments.parts.split(","):
            print(f"  {part}", flush=True)
            if part == "attacks":
                measure_attacks(service)
            else:
                asyncio.run(_PARTS[part](service, graph, url, arguments))


async def seal_cameras(url: str, key: str) -> None:
    """The cameras of the events, as a service keeps them; nobody watches them."""
    database = Database(url)
    async with database.unit_of_work() as session:
        sealed = SecretBox([key]).seal("rtsp://127.0.0.1:1/")
        await session.execute(update(Camera).values(source=sealed, enabled=False))
    await database.dispose()


Call = Callable[[], Awaitable[None]]


async def measure_reads(service: Service, graph: FakeGraph, url: str, arguments: argparse.Namespace) -> None:
    """From the cheapest answer to a search of words."""
    async with calling(service) as api:
        async with api.get("/events") as answer:
            event_id = (await answer.json())["items"][0]["id"]
        recent = (NEWEST - timedelta(hours=6)).isoformat().replace("+00:00", "Z")
        for path in (
            "/livez",
            "/events",
            f"/events?camera_id={CAMERAS[3]}&since={recent}",
            "/events?text=fighting",
            f"/events/{event_id}",
            "/cameras",
            "/alerts",
            "/metrics",
        ):
            await time_calls(f"GET {path.replace(event_id, '{id}').split('&')[0]}", getting(api, path), 300)


async def measure_uploads(service: Service, graph: FakeGraph, url: str, arguments: argparse.Namespace) -> None:
    """Accepting is one thing, seeing another."""
    async with calling(service) as api:
        upload = uploading(api, arguments.clip)
        began = time.perf_counter()
        await time_calls("POST /analyze, accepted", upload, 40)
        clips = 0
        while await count_clips(api, "stored") + await count_clips(api, "analyzing"):  # noqa: ASYNC110 of another process
            await asyncio.sleep(0.1)
        clips = await count_clips(api, "analyzed")
        print(f"    {'clips seen to their end':45} {clips / (time.perf_counter() - began):6.2f}/s   ({clips} clips)")


async def measure_webhook(service: Service, graph: FakeGraph, url: str, arguments: argparse.Namespace) -> None:
    """Each message is stored before it is answered with 200."""
    async with calling(service) as api:
        message = messaging(api, graph)
        await time_calls("POST /webhooks/messenger", message, 300)
        took_s = await at_rate(message, 200, 10)
        print(f"    {'at 200 a second, 10 s':45} {describe(took_s)}   p99 {percentile(took_s, 0.99) * 1000:6.1f} ms")


async def measure_stream(service: Service, graph: FakeGraph, url: str, arguments: argparse.Namespace) -> None:
    """Everybody is told of every event."""
    database, chance = Database(url), random.Random(0)
    for number in STREAMS:
        arrived: dict[str, list[float]] = {}
        async with AsyncExitStack() as stack:
            # 16 from one address: each group comes from another of this machine's own.
            for first in range(0, number, 16):
                api = await stack.enter_async_context(calling(service, source=f"127.0.1.{first // 16 + 1}"))
                for _ in range(min(16, number - first)):
                    listening = asyncio.create_task(listen(api, arrived))
                    stack.callback(listening.cancel)
            await asyncio.sleep(1)
            committed: dict[str, float] = {}
            for index in range(50):
                row = Event(**make_row(chance, index, datetime.now(UTC), connection=new_id()))
                async with database.unit_of_work() as session:
                    await events.insert_or_find(session, row)
                committed[row.id] = time.perf_counter()
                await asyncio.sleep(0.05)
            await asyncio.sleep(2)
        took_s = [at - committed[key] for key, moments in arrived.items() if key in committed for at in moments]
        share = len(took_s) / (number * len(committed))
        print(f"    {f'{number} streams':45} {describe(took_s)}   {share:.1%} arrived")
    await database.dispose()


async def measure_memory(service: Service, graph: FakeGraph, url: str, arguments: argparse.Namespace) -> None:
    """Reads, searches, uploads, messages and eight streams, and what the process has of memory as they go on."""
    failures: list[str] = []
    arrived: dict[str, list[float]] = {}
    async with calling(service) as api:
        print(f"    before: {resident(service)}")
        rates: Sequence[tuple[float, Call]] = (
            (20, getting(api, "/events")),
            (5, getting(api, "/events?text=fighting")),
            (5, getting(api, "/cameras")),
            (0.5, getting(api, "/metrics")),
            (0.5, uploading(api, arguments.clip)),
            (10, messaging(api, graph)),
        )
        listening = [asyncio.create_task(listen(api, arrived)) for _ in range(8)]
        loads = [asyncio.create_task(keep_on(rate, call, failures)) for rate, call in rates]
        for minute in range(1, round(arguments.minutes) + 1):
            await asyncio.sleep(60)
            print(f"    after {minute} min: {resident(service)}", flush=True)
        for task in (*loads, *listening):
            task.cancel()
        done = await asyncio.gather(*loads, return_exceptions=True)
        del done
        print(f"    {len(failures)} requests failed{': ' + failures[0] if failures else ''}")


def measure_attacks(service: Service) -> None:
    """By strangers without a key; the polite one asks for /livez on a new connection each time."""
    with Polite(service.port) as polite:
        time.sleep(3)
    print(f"    {'nobody attacks':45} {describe(polite.took_s)}")
    with Memory(service.pid) as memory, Polite(service.port) as polite, ThreadPoolExecutor(len(FLOODS)) as attackers:
        while len(polite.took_s) < 30:
            list(attackers.map(lambda parts: flood(service.port, *parts, lasting_s=20), FLOODS))
    grown = f"{memory.grown_mb:.0f} MB more, {len(polite.failures)} failed"
    print(f"    {f'{len(FLOODS)} kinds of floods at once':45} {describe(polite.took_s)}   {grown}")
    with Memory(service.pid) as memory, Polite(service.port) as polite, holding(service.port, 1100, HEAD) as held:
        time.sleep(3)
        left = count_open(held)
    grown = f"{memory.grown_mb:.0f} MB more, {len(polite.failures)} failed, {left} of 1100 left open"
    print(f"    {'1100 half-open connections':45} {describe(polite.took_s)}   {grown}")


_PARTS = {
    "reads": measure_reads,
    "uploads": measure_uploads,
    "webhook": measure_webhook,
    "stream": measure_stream,
    "memory": measure_memory,
}


@asynccontextmanager
async def calling(service: Service, *, source: str = "127.0.0.1") -> AsyncIterator[aiohttp.ClientSession]:
    """With the key; connections are kept alive, and fewer than one address may have: what waits for one is counted."""
    connector = aiohttp.TCPConnector(limit=64, local_addr=(source, 0))
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30)
    async with aiohttp.ClientSession(
        service.url, headers={"X-API-Key": API_KEY}, connector=connector, timeout=timeout
    ) as session:
        yield session


async def check(answer: aiohttp.ClientResponse) -> None:
    """The whole answer. Raises RuntimeError for one that is not 2xx."""
    body = await answer.read()
    if answer.status // 100 != 2:
        raise RuntimeError(f"{answer.method} {answer.url.path}: {answer.status} {body[:200]!r}")


def getting(api: aiohttp.ClientSession, path: str) -> Call:
    """Reads one path."""

    async def get() -> None:
        async with api.get(path) as answer:
            await check(answer)

    return get


def uploading(api: aiohttp.ClientSession, clip: Path) -> Call:
    """Uploads the clip, each time as another to the service."""
    content = clip.read_bytes()

    async def upload() -> None:
        form = aiohttp.FormData()
        form.add_field("file", content, filename=clip.name, content_type="video/mp4")
        form.add_field(
            "recorded_at", (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=next(_numbers))).isoformat()
        )
        async with api.post("/analyze", data=form) as answer:
            await check(answer)

    return upload


def messaging(api: aiohttp.ClientSession, graph: FakeGraph) -> Call:
    """Sends a message of somebody new, as Messenger does."""
    secret, page_id = graph.page.app_secret or "", graph.page.page_id

    async def send() -> None:
        number, now_ms = next(_numbers), round(time.time() * 1000)
        message = from_person(
            str(10_000 + number), page_id, now_ms, {"message": {"mid": f"m_{number}", "text": "hello"}}
        )
        body = encode_body(page_id, [message], now_ms)
        headers = {"X-Hub-Signature-256": sign(body, secret), "Content-Type": "application/json"}
        async with api.post("/webhooks/messenger", data=body, headers=headers) as answer:
            await check(answer)

    return send


async def listen(api: aiohttp.ClientSession, arrived: dict[str, list[float]]) -> None:
    """Note when news came, by the id of what they are about."""
    async with api.get("/stream?types=event") as answer:
        if answer.status != 200:
            raise RuntimeError(f"GET /stream: {answer.status} {await answer.text()}")
        async for line in answer.content:
            if line.startswith(b"data:"):
                arrived.setdefault(json.loads(line[5:])["id"], []).append(time.perf_counter())


async def count_clips(api: aiohttp.ClientSession, state: str) -> int:
    """Of the newest 200 clips, how many are in this state."""
    async with api.get("/clips?limit=200") as answer:
        return sum(clip["state"] == state for clip in (await answer.json())["items"])


async def time_calls(name: str, call: Call, number: int) -> None:
    """One at a time, then several at once."""
    for _ in range(5):
        await call()
    one_by_one = [await time_call(call) for _ in range(number)]
    print(f"    {name:45} {describe(one_by_one)}   ", end="")
    left = iter(range(2 * number))

    async def work() -> list[float]:
        return [await time_call(call) for _ in left]

    began = time.perf_counter()
    at_once = [took_s for some in await asyncio.gather(*(work() for _ in range(AT_ONCE))) for took_s in some]
    rate = len(at_once) / (time.perf_counter() - began)
    print(f"{AT_ONCE} at once: {describe(at_once)}   {rate:5.0f}/s", flush=True)


async def time_call(call: Call) -> float:
    """Seconds that it took."""
    began = time.perf_counter()
    await call()
    return time.perf_counter() - began


async def at_rate(call: Call, rate_hz: float, seconds: float) -> list[float]:
    """Call it at fixed times, whether the last one is done or not; seconds from its time to its answer."""

    async def call_at(due: float) -> float:
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await call()
        return time.perf_counter() - due

    began = time.perf_counter() + 0.1
    return await asyncio.gather(*(call_at(began + index / rate_hz) for index in range(round(rate_hz * seconds))))


async def keep_on(rate_hz: float, call: Call, failures: list[str]) -> None:
    """Call it again and again until cancelled; what failed is noted."""
    while True:
        began = time.perf_counter()
        try:
            await call()
        except (RuntimeError, aiohttp.ClientError) as error:
            failures.append(str(error))
        await asyncio.sleep(max(0.0, 1 / rate_hz - (time.perf_counter() - began)))


def resident(service: Service) -> str:
    """Of the process, and of its decoding children."""
    process = psutil.Process(service.pid)
    children = sum(child.memory_info().rss for child in process.children(recursive=True))
    return f"{process.memory_info().rss / 1e6:.0f} MB, and {children / 1e6:.0f} MB in decoding children"


def percentile(took_s: Sequence[float], share: float) -> float:
    """What this share of them stays below, in seconds."""
    ordered = sorted(took_s)
    return ordered[min(len(ordered) - 1, round(share * len(ordered)))]


if __name__ == "__main__":
    main()
