"""Sign-in at an OpenID provider: the browser goes there, and comes back with a code."""

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import RedirectResponse

from instantreact.api.audit import audits
from instantreact.api.cookies import drop_cookie, read_cookie, refuse_unprotected, set_cookie
from instantreact.api.deps import WholeServicesDep
from instantreact.api.oidc import OidcClient, OidcRequest, is_same, list_names
from instantreact.api.openapi import problems
from instantreact.api.schemas.fields import Name
from instantreact.api.sign_in import begin_session
from instantreact.domain.audit import AuditAction
from instantreact.errors import Misconfigured, NotFound, NotSignedIn
from instantreact.storage import users
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import User

router = APIRouter(prefix="/session/oidc", tags=["session"])

COOKIE = "instantreact_oidc"
LIFE = timedelta(minutes=10)
_PATH = r"^/([A-Za-z0-9_.~?=&%#-][A-Za-z0-9_.~?=&%#/-]{0,500})?$"
_NAME: TypeAdapter[str] = TypeAdapter(Name)


@router.get(
    "",
    operation_id="beginOidc",
    summary="Sign in elsewhere",
    status_code=302,
    responses={302: {"description": "To the OpenID provider."}, **problems(403, 404, 422, 503)},
)
async def begin_oidc(
    request: Request,
    services: WholeServicesDep,
    next_: Annotated[
        str, Query(alias="next", pattern=_PATH, description="Where to go afterwards, a path of this service.")
    ] = "/console/",
) -> RedirectResponse:
    """To be opened by a browser, not by a script. 404 where no provider is set."""
    refuse_unprotected(request)
    client, asked = _find_client(request), OidcRequest.make()
    answer = RedirectResponse(await client.begin(asked, _own_address(request)), status_code=302)
    kept = {**asdict(asked), "next": next_, "at": services.clock.now().isoformat()}
    set_cookie(answer, request, services.box.seal(json.dumps(kept)), LIFE, name=COOKIE)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get(
    "/callback",
    operation_id="endOidc",
    summary="Come back from the provider",
    status_code=303,
    responses={303: {"description": "Signed in."}, **problems(401, 403, 404, 409, 422, 503)},
)
@audits(AuditAction.SIGNED_IN)
async def end_oidc(
    request: Request,
    services: WholeServicesDep,
    state: Annotated[str, Query(max_length=500)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> RedirectResponse:
    """With the cookie of the browser that went there. Who comes for the first time becomes a user."""
    refuse_unprotected(request)
    client, now = _find_client(request), services.clock.now()
    asked, next_ = _read_request(services.box, read_cookie(request, COOKIE), state, now)
    if not code:
        raise NotSignedIn("The provider did not let you in.")
    claims = await client.finish(asked, _own_address(request), code, now=now)
    user = await _find_or_add(services, client, claims, now)
    answer = RedirectResponse(next_, status_code=303)
    await begin_session(request, answer, user)
    drop_cookie(answer, request, name=COOKIE)
    return answer


async def _find_or_add(
    services: WholeServicesDep, client: OidcClient, claims: dict[str, object], now: datetime
) -> User:
    role = client.settings.find_role(claims)
    subject = f"{client.settings.issuer} {claims['sub']}"
    name = next((each for each in map(_check_name, list_names(claims)) if each), "Somebody")
    async with services.database.unit_of_work() as session:
        return await users.come_from_elsewhere(session, subject, name, role, now=now)


def _check_name(name: str) -> str | None:
    try:
        return _NAME.validate_python(name)
    except ValidationError:
        return None


def _read_request(box: SecretBox, sealed: str | None, state: str, now: datetime) -> tuple[OidcRequest, str]:
    """What this browser went with. Raises NotSignedIn where it did not, or too long ago."""
    try:
        kept = json.loads(box.open(sealed or ""))
    except Misconfigured as error:
        raise _unasked() from error
    asked = OidcRequest(kept["state"], kept["nonce"], kept["verifier"])
    if not is_same(state, asked.state) or abs(now - datetime.fromisoformat(kept["at"])) > LIFE:
        raise _unasked()
    return asked, kept["next"]


def _unasked() -> NotSignedIn:
    return NotSignedIn("This browser did not ask for that, or too long ago: begin again at /session/oidc.")


def _find_client(request: Request) -> OidcClient:
    client: OidcClient | None = request.app.state.oidc
    if client is None:
        raise NotFound("OpenID provider", "set up here")
    return client


def _own_address(request: Request) -> str:
    """Where the provider sends people back to; it knows this address too."""
    base = request.app.state.options.public_url or str(request.base_url)
    return f"{base.rstrip('/')}/session/oidc/callback"
