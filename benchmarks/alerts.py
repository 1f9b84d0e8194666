"""Measures alerts from the commit of their event to the requests that Graph receives, on SQLite and PostgreSQL.

Usage: python -m benchmarks.alerts [--only sqlite|postgresql] [--deliveries 1000]

idle  p50 and p95 from the commit to the text, one alert at a time, to one person
rate  how many deliveries of text and picture a second, when so many are due at once, to fifty people

Messenger's own pace (20 a second for a Page, one a second for a person) is lifted for both: what is measured is ours.
Graph's stand-in runs in a process of its own, on the same two cores, and takes its share of them.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx
from tests.jobs.alone import alone
from tests.servers.postgres import PostgresServer

from benchmarks.events import describe
from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.pacing import Pacer
from instantreact.config import Settings
from instantreact.domain.alert import ChannelKind
from instantreact.domain.camera import SpeechMode
from instantreact.domain.media import Window
from instantreact.domain.observation import Caption, Hypothesis, Observation
from instantreact.domain.rule import CaptionCondition, Criteria, Severity
from instantreact.jobs.embedded import run_jobs
from instantreact.logs import configure_logs
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, recipients, rules
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.migrate import upgrade
from instantreact.storage.tables import Recipient, Rule, new_id
from instantreact.wiring import open_services

PEOPLE, IDLE_ALERTS = 50, 60
JPEG = b"\xff\xd8\xff\xe0" + bytes(40_000) + b"\xff\xd9"
PSIDS = [str(2000 + number) for number in range(PEOPLE)]
PAGE, TOKEN, SECRET = "1000", "EAAtesttoken", "0123456789abcdef0123456789abcdef"


class Graph:
    """The stand-in in a process of its own, and what it received."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._client = httpx.AsyncClient(base_url=url, timeout=60)  # of one event loop, until it is closed

    async def add_people(self, psids: list[str]) -> None:
        """Whom may be written to."""
        (await self._client.post("/_people", json={psid: {} for psid in psids})).raise_for_status()

    async def count(self) -> int:
        """How many messages it received."""
        return int((await self._client.get("/_counted")).json()["received"])

    async def received(self) -> list[dict[str, object]]:
        """Every message, in order."""
        found: list[dict[str, object]] = (await self._client.get("/_received")).json()
        return found

    async def close(self) -> None:
        await self._client.aclose()

    async def wait_for(self, count: int, *, look_every_s: float = 0.05) -> None:
        """Until it has received so many messages."""
        while await self.count() < count:  # noqa: ASYNC110 of another process
            await asyncio.sleep(look_every_s)


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--deliveries", type=int, default=1000)
    arguments = parser.parse_args()
    configure_logs(level="error")
    print(f"load before: {os.getloadavg()[0]:.1f}")
    if arguments.only != "postgresql":
        print("SQLite")
        asyncio.run(measure(None, arguments.deliveries))
    if arguments.only != "sqlite":
        try:
            server = PostgresServer().__enter__()
        except RuntimeError as error:
            sys.exit(f"PostgreSQL: {error}")
        print("PostgreSQL")
        asyncio.run(measure(server.url("postgres"), arguments.deliveries))
        server.__exit__(None, None, None)


async def measure(url: str | None, deliveries: int) -> None:
    """Both figures of one database."""
    with tempfile.TemporaryDirectory() as folder, serving_graph() as graph:
        async with working(Path(folder), url, graph) as services:
            camera_id = await set_up(services, graph)
            took_s = [await time_one(services, graph, camera_id) for _ in range(IDLE_ALERTS)]
            print(f"  idle: commit to text              {describe(took_s)}")
            alerts = deliveries // PEOPLE
            before = await graph.count()
            await tell_everybody(services)
            began, busy = time.perf_counter(), time.process_time()
            for _ in range(alerts):
                await see_fight(services, camera_id)
            await graph.wait_for(before + 2 * alerts * PEOPLE, look_every_s=0.25)
            took = time.perf_counter() - began
            busy = time.process_time() - busy
            print(
                f"  rate: {alerts * PEOPLE} deliveries, two parts each   {alerts * PEOPLE / took:.1f}/s;"
                f" {1000 * busy / alerts / PEOPLE:.1f} ms of processor time each, {100 * busy / took:.0f} % of a core;"
                f" load {os.getloadavg()[0]:.1f}"
            )


@contextmanager
def serving_graph() -> Iterator[Graph]:
    """A stand-in in a process of its own."""
    command = [sys.executable, "-m", "instantreact_demo.graph", "--page-id", PAGE, "--access-token", TOKEN]
    process = subprocess.Popen([*command, "--app-secret", SECRET], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield Graph(json.loads(process.stdout.readline())["url"])
    finally:
        process.kill()
        process.communicate()


@asynccontextmanager
async def working(folder: Path, url: str | None, graph: Graph) -> AsyncIterator[Services]:
    """Services whose jobs run here, and whose channel sends as fast as it can."""
    values: dict[str, Any] = {"database_url": url.replace("+asyncpg", "")} if url else {}
    values |= {"state_dir": folder, "speech": SpeechMode.OFF, "alerts_a_minute": 0, "grouping_s": 0}
    settings = Settings(_env_file=None, **values)
    await upgrade(settings.resolved_database_url)
    async with open_services(settings, keeps_nursery=False) as services:
        account = MessengerAccount(PAGE, TOKEN, SECRET, graph.url)
        channel = MessengerChannel(account, clock=services.clock, pacer=Pacer(page_per_s=1e6, person_interval_s=0.0))
        services = replace(services, channels={ChannelKind.MESSENGER: channel})
        kinds = job_kinds(services, analyze_jobs=1)
        async with run_jobs(services.database, kinds, clock=services.clock, random=Random(1), neighbours=alone()):
            yield services
        await channel.close()


async def set_up(services: Services, graph: Graph) -> str:
    """A camera, a rule that tells the first of fifty people; the camera's id."""
    await graph.add_people(PSIDS)
    return await set_up_people(services)


async def set_up_people(services: Services, *, tell_all: bool = False) -> str:
    """The same in the database alone; `tell_all`: the rule tells all of them."""
    now = services.clock.now()
    async with services.database.unit_of_work() as session:
        for psid in PSIDS:
            person = Recipient(name=psid, channel=ChannelKind.MESSENGER, address=psid, created_at=now)
            await recipients.insert_recipient(session, person)
        first = await recipients.find_recipient(session, ChannelKind.MESSENGER, PSIDS[0])
        assert first is not None
        told = {"recipient_ids": None if tell_all else [first.id], "cooldown_s": 0.0, "created_at": now}
        criteria = Criteria((CaptionCondition(("fight",)),))
        await rules.insert_rule(session, Rule(name="A fight", criteria=criteria, severity=Severity.CRITICAL, **told))
        settings = CameraSettings("Door", "rtsp://192.0.2.1/")
        return (await cameras.insert_camera(session, services.box, settings, now=now)).id


async def tell_everybody(services: Services) -> None:
    """From now on the rule tells all of them."""
    async with services.database.unit_of_work() as session:
        (rule,) = await rules.list_all_rules(session)
        rule.recipient_ids = None


async def see_fight(services: Services, camera_id: str) -> float:
    """One event with its alert; when it was committed, in seconds since 1970."""
    origin = Origin("Door", datetime.now(UTC), notify=True, camera_id=camera_id, connection=new_id())
    caption = "two men are fighting"
    seen = Observation(Window(0, 0.0, 2.0), Caption(caption, 0.4), (Hypothesis(caption, 1.0),), {})
    await observe(services, origin, seen, lambda: JPEG)
    return time.time()


async def time_one(services: Services, graph: Graph, camera_id: str) -> float:
    """From the commit to the text, in seconds. Both clocks are this machine's."""
    before = await graph.count()
    committed_at = await see_fight(services, camera_id)
    await graph.wait_for(before + 2)
    text = (await graph.received())[before]
    await asyncio.sleep(0.2)
    return max(0.0, float(str(text["at_ms"])) / 1000 - committed_at)


if __name__ == "__main__":
    main()
