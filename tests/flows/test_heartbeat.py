"""Silence is told: a switch hears no more when the process is gone, its jobs stand still, or its database."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

from instantreact.config import Settings
from instantreact.jobs.embedded import run_jobs
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.heartbeat import queue_heartbeat
from instantreact.pipeline.services import Heartbeat
from instantreact.storage.migrate import upgrade
from instantreact.wiring import make_neighbours, open_services
from tests.servers.dead_mans_switch import DeadMansSwitch
from tests.servers.service import Service, wait_until

EVERY_S = 0.3


async def until(condition: Callable[[], bool], what: str) -> None:
    await asyncio.to_thread(wait_until, condition, what=what)


async def hear_more(switch: DeadMansSwitch) -> None:
    """Signs of life come again."""
    heard = switch.beats
    await until(lambda: switch.beats >= heard + 2, "signs of life")
    assert not switch.is_alarmed


async def take_for_oneself(other: sqlite3.Connection) -> None:
    """Between two transactions of the service, which goes on in this thread: waiting for its lock would stop it."""
    other.execute("PRAGMA busy_timeout = 0")
    while True:
        try:
            other.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError:
            await asyncio.sleep(0.005)
        else:
            return


async def test_switch_hears_no_more_while_the_database_is_stuck_and_once_jobs_stand_still(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path)
    await upgrade(settings.resolved_database_url)
    with DeadMansSwitch(patience_s=2.0) as switch:
        async with open_services(settings, keeps_nursery=False) as opened:
            services, neighbours = replace(opened, heartbeat=Heartbeat(switch.url, EVERY_S)), make_neighbours(settings)
            kinds = job_kinds(services, analyze_jobs=1)
            with neighbours.join():
                async with run_jobs(
                    services.database, kinds, clock=services.clock, random=Random(1), neighbours=neighbours
                ):
                    await queue_heartbeat(services)
                    await hear_more(switch)
                    with closing(sqlite3.connect(tmp_path / "instantreact.sqlite3", isolation_level=None)) as other:
                        await take_for_oneself(other)
                        await until(lambda: switch.is_alarmed, "the alarm about a database that is stuck")
                        other.execute("ROLLBACK")
                    await hear_more(switch)
            await until(lambda: switch.is_alarmed, "the alarm about jobs that nobody runs")


def test_switch_hears_no_more_of_a_process_that_was_killed(tmp_path: Path) -> None:
    with DeadMansSwitch(patience_s=11.0) as switch:
        with Service(tmp_path, heartbeat_url=switch.url, heartbeat_every_s="10") as service:
            wait_until(lambda: switch.beats == 1, what="the first sign of life")
            service.kill()
            wait_until(lambda: switch.is_alarmed, what="the alarm about a process that is gone")
        assert switch.beats == 1
