"""Being told in a browser: whoever is signed in registers the one they sit at."""

from fastapi import APIRouter, Request, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import PrincipalDep, WholeServicesDep
from instantreact.api.openapi import problems
from instantreact.api.schemas.browsers import BrowserDraft, PushKeyView
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.recipients import RecipientView
from instantreact.api.sign_in import own_session
from instantreact.domain.alert import ChannelKind
from instantreact.domain.principal import Scope
from instantreact.pipeline.browsers import find_public_key, forget_browser, register_browser
from instantreact.storage import recipients

router = APIRouter(prefix="/browsers", tags=["recipients"], route_class=KeyedRoute)


@router.get(
    "/key", operation_id="getPushKey", summary="Read the key for browsers", responses=problems(401, 403, 422, 503)
)
async def get_push_key(services: WholeServicesDep) -> PushKeyView:
    """What a browser subscribes with. It is made when it is first asked for."""
    return PushKeyView(applicationServerKey=await find_public_key(services))


@router.get("", operation_id="listBrowsers", summary="List one's browsers", responses=problems(401, 403, 422))
async def list_browsers(services: WholeServicesDep, principal: PrincipalDep) -> list[RecipientView]:
    """In which the caller is told, the newest first; keys have none."""
    async with services.database.reading() as session:
        rows = await recipients.list_recipients_of(session, principal.id or "", ChannelKind.WEBPUSH)
    return [RecipientView.model_validate(row) for row in rows]


@router.post(
    "",
    operation_id="registerBrowser",
    summary="Be told in this browser",
    status_code=201,
    responses=problems(401, 403, 409, 413, 422, 503),
)
@requires(Scope.OPERATE, unconfined=True)
async def register(
    request: Request, services: WholeServicesDep, draft: BrowserDraft, response: Response
) -> RecipientView:
    """The browser becomes a recipient, and is told for as long as its user may see and answer every alert. One that
    is registered again stays the same."""
    user_id, _ = own_session(request)
    subscription = draft.to_subscription()
    row = await register_browser(services, user_id, subscription, name=draft.name, language=draft.language)
    response.headers["Location"] = f"/recipients/{row.id}"
    return RecipientView.model_validate(row)


@router.delete(
    "/{browser_id}",
    operation_id="removeBrowser",
    summary="Be told no more in a browser",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.READ)
async def remove(request: Request, services: WholeServicesDep, browser_id: PathId) -> None:
    """It is forgotten, unless a rule names it: then it stays as one that is not reached."""
    user_id, _ = own_session(request)
    await forget_browser(services, user_id, browser_id)
