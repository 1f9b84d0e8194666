"""Addresses by which another process scripts the fake Graph."""

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from instantreact_demo.graph.events import Signing
from instantreact_demo.graph.faults import Fault
from instantreact_demo.graph.policies import Person
from instantreact_demo.graph.server import FakeGraph


def control_routes(graph: FakeGraph) -> list[Route]:
    """What is received and refused; faults, people, webhook and taps to come."""

    async def received(_: Request) -> Response:
        return JSONResponse([one.as_json() for one in graph.received])

    async def refused(_: Request) -> Response:
        return JSONResponse([error.body() for error in graph.refused])

    async def faults(request: Request) -> Response:
        graph.script(*(Fault.from_json(fault) for fault in await request.json()))
        return JSONResponse({"faults": len(graph.faults)})

    async def people(request: Request) -> Response:
        graph.people.update({psid: Person(**person) for psid, person in (await request.json()).items()})
        return JSONResponse({"people": sorted(graph.people)})

    async def webhook(request: Request) -> Response:
        wanted = await request.json()
        graph.webhook_url, graph.auto_events = wanted["url"], tuple(wanted.get("auto_events", ()))
        return JSONResponse(wanted)

    async def tap(request: Request) -> Response:
        wanted = await request.json()
        signing = Signing(wanted.get("signing", "good"))
        copies = wanted.get("copies", 1)
        statuses = await run_in_threadpool(graph.tap, wanted["mid"], wanted["title"], copies=copies, signing=signing)
        return JSONResponse({"statuses": statuses})

    reads = [Route("/_received", received), Route("/_refused", refused)]
    writes = {"/_faults": faults, "/_people": people, "/_webhook": webhook, "/_tap": tap}
    return [*reads, *(Route(path, endpoint, methods=["POST"]) for path, endpoint in writes.items())]
