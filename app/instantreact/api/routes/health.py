"""For whatever runs the service: is it alive, and can it do its work?"""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from instantreact.api.deps import ReadinessDep, ServicesDep
from instantreact.api.errors import Kind, answer_problem
from instantreact.api.openapi import problems
from instantreact.storage import rules

router = APIRouter(tags=["health"])

NOT_READY = Kind(503, "not-ready", "Not ready")


class Liveness(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})
    status: str


class ReadinessView(BaseModel):
    """Every check is fine; warnings are about what works otherwise than somebody may expect."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"status": "ready", "checks": {"database": None, "storage": None, "captioner": None}, "warnings": []}
            ]
        }
    )
    status: str
    checks: dict[str, str | None] = Field(description="Each check, null when it is fine.")
    warnings: list[str] = Field(description="Rules that ask for what no loaded bundle can say.")


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
    """Checks everything that it needs; 503 with the reasons when something is missing."""
    checks = dict(await readiness())
    broken = [f"{name}: {reason}" for name, reason in checks.items() if reason is not None]
    if broken:
        return answer_problem(request, NOT_READY, " ".join(broken), checks=checks)
    can = await services.threads.run(services.captioner.capabilities)
    async with services.database.reading() as session:
        lack = can.describe_lack(await rules.list_criteria(session))
    return ReadinessView(status="ready", checks=checks, warnings=[lack] if lack else [])
