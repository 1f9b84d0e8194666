"""For whatever runs the service: is it alive, and can it do its work?"""

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from instantreact.api.deps import ReadinessDep
from instantreact.api.errors import Kind, answer_problem
from instantreact.api.openapi import problems

router = APIRouter(tags=["health"])

NOT_READY = Kind(503, "not-ready", "Not ready")


class Liveness(BaseModel):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "alive"}]})
    status: str


class ReadinessView(BaseModel):
    """Every check is fine."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"status": "ready", "checks": {"database": None, "storage": None, "captioner": None}}]
        }
    )
    status: str
    checks: dict[str, str | None] = Field(description="Each check, null when it is fine.")


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
async def is_ready(request: Request, readiness: ReadinessDep) -> ReadinessView | Response:
    """Checks everything that it needs; 503 with the reasons when something is missing."""
    checks = dict(await readiness())
    broken = [f"{name}: {reason}" for name, reason in checks.items() if reason is not None]
    if broken:
        return answer_problem(request, NOT_READY, " ".join(broken), checks=checks)
    return ReadinessView(status="ready", checks=checks)
