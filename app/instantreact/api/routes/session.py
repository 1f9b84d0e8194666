"""Signing in and out, and what people do about themselves."""

from fastapi import APIRouter, Request, Response

from instantreact.api.audit import audits
from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.cookies import drop_cookie, refuse_foreign, refuse_unprotected
from instantreact.api.deps import PrincipalDep, WholeServicesDep
from instantreact.api.guessing import counted
from instantreact.api.openapi import problems
from instantreact.api.schemas.users import (
    CodeDraft,
    PasswordDraft,
    PrincipalView,
    RecoveryView,
    SignInDraft,
    TotpDraft,
    TotpView,
)
from instantreact.api.sign_in import begin_session, check_password, make_hash, own_session
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import Scope
from instantreact.storage import second_factors, user_sessions, users

router = APIRouter(prefix="/session", tags=["session"], route_class=KeyedRoute)
open_router = APIRouter(prefix="/session", tags=["session"])

_PROBLEMS = problems(401, 403, 408, 413, 415, 422, 429, 503)


@open_router.post("", operation_id="signIn", summary="Sign in", responses=_PROBLEMS)
@audits(AuditAction.SIGNED_IN)
async def sign_in(request: Request, response: Response, draft: SignInDraft) -> PrincipalView:
    """The answer sets a cookie that stands for a key. `code-needed` as the type of a 401 asks for the second factor."""
    refuse_unprotected(request)
    refuse_foreign(request, is_strict=False)
    user = await check_password(request, draft.name, draft.password, draft.code)
    row = await begin_session(request, response, user)
    return PrincipalView.of(request.state.principal, row.id)


@router.get("", operation_id="getSession", summary="Who am I?", responses=problems(401, 403, 422))
async def get_session(request: Request, principal: PrincipalDep, response: Response) -> PrincipalView:
    """Of keys as well."""
    response.headers["Cache-Control"] = "no-store"
    return PrincipalView.of(principal, getattr(request.state, "session_id", None))


@router.delete(
    "", operation_id="signOut", summary="Sign out", status_code=204, responses=problems(401, 403, 404, 409, 422)
)
@requires(Scope.READ)
async def sign_out(request: Request, services: WholeServicesDep, response: Response) -> None:
    """The session ends, and its cookie."""
    user_id, session_id = own_session(request)
    async with services.database.unit_of_work() as session:
        await user_sessions.end_session(session, session_id, user_id=user_id)
    drop_cookie(response, request)


@router.put(
    "/password",
    operation_id="changePassword",
    summary="Change the own password",
    status_code=204,
    responses=problems(401, 403, 404, 409, 413, 422, 429, 503),
)
@requires(Scope.READ)
async def change_password(request: Request, services: WholeServicesDep, draft: PasswordDraft) -> None:
    """Every other session of one's own ends."""
    user_id, session_id = own_session(request)
    await check_password(request, request.state.principal.name, draft.password, draft.code)
    hashed = await make_hash(request, draft.new_password)
    async with services.database.unit_of_work() as session:
        await users.set_password(session, user_id, hashed, but=session_id)


@router.post(
    "/totp",
    operation_id="beginTotp",
    summary="Begin with a second factor",
    responses=problems(401, 403, 404, 409, 413, 422, 429, 503),
)
@requires(Scope.READ)
async def begin_totp(request: Request, services: WholeServicesDep, draft: TotpDraft, response: Response) -> TotpView:
    """A new secret for an app; what was asked for so far is asked for until it is confirmed."""
    user_id, _ = own_session(request)
    await check_password(request, request.state.principal.name, draft.password, draft.code)
    async with services.database.unit_of_work() as session:
        secret, uri = await second_factors.begin_totp(session, services.box, user_id)
    response.headers["Cache-Control"] = "no-store"
    return TotpView(secret=secret, uri=uri)


@router.post(
    "/totp/confirm",
    operation_id="confirmTotp",
    summary="Confirm a second factor",
    responses=problems(401, 403, 404, 409, 413, 422, 429, 503),
)
@requires(Scope.READ)
async def confirm_totp(
    request: Request, services: WholeServicesDep, draft: CodeDraft, response: Response
) -> RecoveryView:
    """From now on signing in takes a code too. Every other session of one's own ends."""
    user_id, session_id = own_session(request)
    now = services.clock.now()
    async with counted(request, services, request.state.principal.name), services.database.unit_of_work() as session:
        codes = await second_factors.confirm_totp(session, services.box, user_id, draft.code, now=now)
        await user_sessions.end_sessions_of(session, user_id, but=session_id)
    response.headers["Cache-Control"] = "no-store"
    return RecoveryView(recovery_codes=codes)
