"""Setting up Messenger from here: what the Page needs, and what is still missing."""

from collections.abc import Sequence

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import OptionsDep
from instantreact.api.openapi import problems
from instantreact.channels.messenger.page import PageCheck, PageSetup, connect_page
from instantreact.domain.principal import Scope
from instantreact.errors import Misconfigured

router = APIRouter(prefix="/channels/messenger", tags=["recipients"], route_class=KeyedRoute)

_EXAMPLE: JsonDict = {"name": "fields", "detail": "the Page sends 9 kinds of events", "problem": None}


class PageCheckView(BaseModel):
    """One thing that the Page needs."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    name: str = Field(description="`page`, `app secret`, `webhook`, `fields` or `profile`.")
    detail: str = Field(description="What was found.")
    problem: str | None = Field(description="What is wrong, and what to do about it; null where nothing is.")


@router.get("", operation_id="checkPage", summary="Look at Messenger's Page", responses=problems(401, 403, 503))
@requires(Scope.ADMIN, unconfined=True)
async def check_page(options: OptionsDep) -> list[PageCheckView]:
    """Nothing is changed at Facebook."""
    return _show(await connect_page(_find_setup(options.page), may_change=False))


@router.post("/connect", operation_id="connectPage", summary="Set up the Page", responses=problems(401, 403, 503))
@requires(Scope.ADMIN, unconfined=True)
async def connect(options: OptionsDep) -> list[PageCheckView]:
    """Subscribe the Page to its events, set Get Started, greeting, menu and domains. May be done again at any time."""
    return _show(await connect_page(_find_setup(options.page)))


def _find_setup(page: PageSetup | None) -> PageSetup:
    if page is None:
        raise Misconfigured("Messenger is not configured: `instantreact messenger connect` says what to set.")
    return page


def _show(checks: Sequence[PageCheck]) -> list[PageCheckView]:
    return [PageCheckView.model_validate(each) for each in checks]
