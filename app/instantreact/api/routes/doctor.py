"""What is well and what is not, in plain words."""

import asyncio

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact import __version__
from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import OptionsDep
from instantreact.api.openapi import problems
from instantreact.domain.principal import Scope
from instantreact.errors import Misconfigured

router = APIRouter(tags=["health"], route_class=KeyedRoute)

_EXAMPLE: JsonDict = {
    "what": "messenger webhook",
    "detail": "",
    "problem": "answers from Messenger need INSTANTREACT_PUBLIC_URL; alerts go out, but nobody can acknowledge them",
    "is_fatal": False,
}


class FindingView(BaseModel):
    """What is known of one part."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    what: str = Field(description="The part: `database`, `disk`, `messenger`, `rules` ...")
    detail: str = Field(description="What was found.")
    problem: str | None = Field(description="What is wrong, and what to do about it; null where nothing is.")
    is_fatal: bool = Field(description="Where there is a problem: whether the service cannot work so.")


class ExaminationView(BaseModel):
    """All of it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"version": "1.0.0", "findings": [_EXAMPLE]}]}, from_attributes=True
    )

    version: str = Field(description="Of InstantReact.")
    findings: list[FindingView]


@router.get(
    "/doctor", operation_id="examine", summary="Say what is well and what is not", responses=problems(401, 403, 503)
)
@requires(Scope.ADMIN, unconfined=True)
async def examine(request: Request, options: OptionsDep) -> ExaminationView:
    """As `instantreact doctor` does, from within. It asks what the service depends on, so it takes seconds; nobody is
    told anything. Two who ask at once get the same answer.
    """
    if options.examine is None:
        raise Misconfigured("This process cannot be examined.")
    asked: asyncio.Future[ExaminationView] | None = getattr(request.app.state, "examining", None)
    if asked is None or asked.done():
        asked = request.app.state.examining = asyncio.ensure_future(_examine(options))
    return await asyncio.shield(asked)


async def _examine(options: OptionsDep) -> ExaminationView:
    assert options.examine is not None  # noqa: S101 its caller has looked
    found = [FindingView.model_validate(each) for each in await options.examine()]
    return ExaminationView(version=__version__, findings=found)
