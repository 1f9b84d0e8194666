"""Faults at stated rates, and echoes that are repeated until they are taken, for another process that asks for them."""

import queue
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from instantreact_demo.graph import events
from instantreact_demo.graph.faults import Fault
from instantreact_demo.graph.server import FakeGraph, Moment, Received

ECHOES_AT_ONCE = 200
PAUSE_S = 0.25


def campaign_routes(graph: FakeGraph) -> list[Route]:
    """How much is received and refused; a campaign to come."""

    async def counted(_: Request) -> Response:
        return JSONResponse({"received": len(graph.received), "refused": len(graph.refused)})

    async def begin(request: Request) -> Response:
        wanted = await request.json()
        graph.weather = forecast(wanted["weather"])
        echo_all(graph, wanted["webhooks"])
        return JSONResponse({"rates": len(wanted["weather"]["rates"])})

    return [Route("/_counted", counted), Route("/_campaign", begin, methods=["POST"])]


def forecast(wanted: Mapping[str, Any]) -> Callable[[str], Fault | None]:
    """The weather: of each `rate` its fault, thrown by `seed`; and `always` for a time, counted from the first call."""
    dice = random.Random(wanted["seed"])  # noqa: S311
    rates = [(each["rate"], Fault.from_json(each["fault"])) for each in wanted["rates"]]
    always, begins_s, ends_s = Fault.from_json(wanted["always"]), wanted["from_s"], wanted["to_s"]
    began_s: list[float] = []

    def weather(_part: str) -> Fault | None:
        if not began_s:
            began_s.append(time.monotonic())
        if begins_s <= time.monotonic() - began_s[0] < ends_s:
            return always
        chance = dice.random()
        for rate, fault in rates:
            if chance < rate:
                return fault
            chance -= rate
        return None

    return weather


def echo_all(graph: FakeGraph, urls: Sequence[str]) -> None:
    """Tell the webhooks of every accepted message, several at once, again until one answers: as Meta repeats them."""
    waiting: queue.Queue[Received] = queue.Queue()

    def hook(moment: Moment, received: Received | None) -> None:
        if moment is Moment.BEFORE_ANSWER and received is not None:
            waiting.put(received)

    graph.hook = hook
    threading.Thread(target=_tell, args=(graph, waiting, urls), daemon=True).start()


def _tell(graph: FakeGraph, waiting: "queue.Queue[Received]", urls: Sequence[str]) -> None:
    while True:
        batch = [waiting.get()]
        time.sleep(PAUSE_S)
        while len(batch) < ECHOES_AT_ONCE and not waiting.empty():
            batch.append(waiting.get())
        body = events.encode_body(graph.page.page_id, [graph.events_about(each, "echo") for each in batch], 1)
        while not any(_post(url, body, graph.page.app_secret or "") for url in urls):
            time.sleep(PAUSE_S)


def _post(url: str, body: bytes, secret: str) -> bool:
    try:
        return events.post(url, body, secret) == 200
    except OSError:  # it is being killed, or started
        return False
