"""kill -9 at any moment between upload and delivery: no alert is lost, no part is sent more than twice."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from instantreact_demo.graph import FakeGraph, Moment, Received
from tests.flows.test_clip_to_messenger import add_rule
from tests.servers.service import Service, wait_until

RUNS = 8
"""Kills; a campaign of more is benchmarks/campaign.py."""
SEED = 20261122


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_kill_loses_no_alert_and_sends_no_part_more_than_twice(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path
) -> None:
    dice = random.Random(SEED)
    moments = [None, None, Moment.BEFORE_ANSWER, Moment.AFTER_ANSWER] * (RUNS // 4)
    with Service(tmp_path, graph) as service:
        with service.client() as api:
            add_rule(api, min_score=0.0)
        for run, moment in enumerate(moments):
            parts_before = len({part.metadata for part in graph.received})
            killed = arm_kill(service, graph, moment, dice)
            with service.client() as api:
                submit(api, drawn_clip, run)
            killed.wait(60)
            graph.hook = None
            assert killed.is_set(), f"run {run} was never killed"
            service.start()
            with service.client() as api:
                wait_until(lambda: all_delivered(api, run + 1), what=f"run {run}, killed {moment}")  # noqa: B023
            assert len({part.metadata for part in graph.received}) == parts_before + 2
        sent = Counter(part.metadata for part in graph.received)
        assert len(sent) == 2 * RUNS
        assert max(sent.values()) <= 2


def submit(api: httpx.Client, path: Path, run: int) -> None:
    """The same file again is another clip when it was recorded at another time."""
    recorded_at = datetime(2026, 11, 22, tzinfo=UTC) + timedelta(hours=run)
    with path.open("rb") as file:
        form = {"recorded_at": recorded_at.isoformat(), "notify": "always"}
        with suppress(httpx.TransportError):  # killed after the clip was committed, before its answer was sent
            assert api.post("/analyze", files={"file": file}, data=form).status_code == 202


def arm_kill(service: Service, graph: FakeGraph, moment: Moment | None, dice: random.Random) -> threading.Event:
    """Kill the service at a seeded time after the upload, or when Graph handles a seeded part."""
    killed = threading.Event()
    if moment is None:
        threading.Thread(target=kill_after, args=(service, killed, dice.uniform(0.0, 1.5)), daemon=True).start()
    else:
        graph.hook = kill_at(service, killed, moment, part=dice.choice(["text", "picture"]))
    return killed


def kill_after(service: Service, killed: threading.Event, seconds: float) -> None:
    wait_until(lambda: any("clip.submitted" in line for line in service.output), what="the upload")
    time.sleep(seconds)
    service.kill()
    service.output.clear()
    killed.set()


def kill_at(
    service: Service, killed: threading.Event, moment: Moment, *, part: str
) -> Callable[[Moment, Received | None], None]:
    def hook(now: Moment, received: Received | None) -> None:
        if now is moment and received is not None and received.part == part and not killed.is_set():
            service.kill()
            service.output.clear()
            killed.set()

    return hook


def all_delivered(api: httpx.Client, runs: int) -> bool:
    alerts = api.get("/alerts", params={"limit": 100}).json()["items"]
    states = [delivery["state"] for alert in alerts for delivery in alert["deliveries"]]
    return len(states) == runs and set(states) == {"sent"}
