"""Links for what cannot send a header: `<img>`, `<video>`, EventSource, a chat."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from starlette.routing import Match

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.linked import PARAMETER, sign
from instantreact.api.openapi import problems
from instantreact.api.schemas.links import LinkDraft, LinkView
from instantreact.domain.principal import Scope
from instantreact.errors import InvalidInput

router = APIRouter(prefix="/links", tags=["keys"], route_class=KeyedRoute)


@router.post(
    "", operation_id="createLink", summary="Sign a link", status_code=201, responses=problems(401, 403, 413, 422)
)
@requires(Scope.READ)
async def create_link(request: Request, services: ServicesDep, draft: LinkDraft, response: Response) -> LinkView:
    """It opens this one address by GET, in the name of whoever asks, with what they may see when it is opened.

    It is void once their key is revoked or expires. A live view that is open by then goes on until it is closed.
    """
    path, _, query = draft.path.partition("?")
    asked = {"type": "http", "method": "GET", "path": path, "headers": []}
    if not any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
        raise InvalidInput(f"There is nothing to be read at {path}.")
    if f"{PARAMETER}=" in query:
        raise InvalidInput("This is a link already.")
    # Whole seconds, which it holds.
    expires_at = (services.clock.now() + timedelta(seconds=draft.valid_s)).replace(microsecond=0)
    response.headers["Cache-Control"] = "no-store"
    return LinkView(url=sign(request, draft.path, expires_at), expires_at=expires_at)
