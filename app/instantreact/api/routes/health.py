"""For whatever runs the service: is it alive, and can it do its work?"""

from enum import StrEnum

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from instantreact.api.deps import ReadinessDep, ServicesDep
from instantreact.api.errors import Kind, answer_problem
from instantreact.api.openapi import problems
from instantreact.pipeline.bundles import find_capabilities
from instantreact.storage import channel_faults, rules
from instantreact.storage.speech_use import count_spent

router = APIRouter(tags=["health"])

NOT_READY = Kind(503, "not-ready", "Not ready")


class Liveness(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})
    status: str


class Readiness(StrEnum):
    """degraded: the work goes on, but something waits for somebody to repair it."""

    READY = "ready"
    DEGRADED = "degraded"


class ReadinessView(BaseModel):
    """The process can do its work."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ready", "checks": {"database": None, "storage": None, "captioner": None}}]
        }
    )
    status: Readiness
    checks: dict[str, str | None] = Field(
        description="Each check, null when it is fine; each channel that is broken, with the reason; `rules` where "
        "some ask for what no loaded bundle can say, `bundles` where processes look with different ones, and "
        "`speech_budget` where Wit.ai is not asked any more today."
    )


@router.get("/livez", operation_id="isAlive", summary="Is it alive?")
async def is_alive() -> Liveness:
    """Answers as long as the process does."""
    return Liveness(status="alive")


@router.get(
    "/readyz",
    operation_id="isReady",
    summary="Can it do its work?",
    response_model=ReadinessView,
    responses=problems(503),
)
async def is_ready(request: Request, readiness: ReadinessDep, services: ServicesDep) -> ReadinessView | Response:
    """Checks everything that it needs; 503 with the reasons when something is missing.

    A channel that is broken is `degraded`, and no reason to take the process away: what waits is sent once the channel
    is repaired. So are rules that ask for what no loaded bundle can say, and a recogniser that does not answer.
    """
    checks = dict(await readiness())
    broken = [f"{name}: {reason}" for name, reason in checks.items() if reason is not None]
    if broken:
        return answer_problem(request, NOT_READY, " ".join(broken), checks=checks)
    can = await find_capabilities(services)
    async with services.database.reading() as session:
        lack = can.describe_lack(await rules.list_criteria(session))
        found: dict[str, str | None] = {
            fault.channel: fault.reason for fault in await channel_faults.list_faults(session)
        }
        spent = await count_spent(session, services.recognition.budget, now=services.clock.now())
    budget = None
    if spent:
        budget = f"Wit.ai's budget of {spent} camera(s) is spent: speech there is recognised here until 00:00 UTC."
    others = {
        "speech_budget": budget,
        "rules": lack,
        "bundles": can.describe_difference(),
        "speech": services.recognition.fault,
    }
    found |= {name: reason for name, reason in others.items() if reason is not None}
    return ReadinessView(status=Readiness.DEGRADED if found else Readiness.READY, checks=checks | found)
