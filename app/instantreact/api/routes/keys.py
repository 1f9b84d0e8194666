"""Who may come in. A key is not changed: another one is made, and this one revoked."""

from datetime import timedelta

from fastapi import APIRouter, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.keys import KeyDraft, KeyRotation, KeyView, NewKeyView
from instantreact.domain.principal import Scope
from instantreact.storage import keys
from instantreact.storage.paging import Cursor

router = APIRouter(prefix="/keys", tags=["keys"], route_class=KeyedRoute)

_NOT_STORED = {"Cache-Control": "no-store"}


@router.post(
    "",
    operation_id="createKey",
    summary="Make a key",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 409, 413, 422)},
)
@requires(Scope.ADMIN)
async def create_key(services: ServicesDep, draft: KeyDraft, response: Response) -> NewKeyView:
    """The key is in the answer, this once."""
    async with services.database.unit_of_work() as session:
        row, key = await keys.create_key(session, draft.name, draft.to_limits(), now=services.clock.now())
    response.headers.update({"Location": f"/keys/{row.id}", **_NOT_STORED})
    return NewKeyView.of(row, key)


@router.get("", operation_id="listKeys", summary="List keys", responses=problems(401, 403, 422))
@requires(Scope.ADMIN)
async def list_keys(services: ServicesDep, page: PageDep) -> Page[KeyView]:
    """The newest first; INSTANTREACT_API_KEY is none of them."""
    async with services.database.reading() as session:
        rows = await keys.list_key_page(session, after=page.after, limit=page.fetch)
    return page.cut(rows, KeyView.model_validate, lambda key: Cursor(key.created_at, key.id))


@router.get("/{key_id}", operation_id="getKey", summary="Read a key", responses=problems(401, 403, 404, 422))
@requires(Scope.ADMIN)
async def get_key(services: ServicesDep, key_id: PathId) -> KeyView:
    """What it is good for, and when it was last used."""
    async with services.database.reading() as session:
        return KeyView.model_validate(await keys.get_key(session, key_id))


@router.post(
    "/{key_id}/rotate",
    operation_id="rotateKey",
    summary="Replace a key",
    responses=problems(401, 403, 404, 413, 422),
)
@requires(Scope.ADMIN)
async def rotate_key(services: ServicesDep, key_id: PathId, rotation: KeyRotation, response: Response) -> NewKeyView:
    """A new key of the same name and limits, in the answer this once; the one it replaces counts a while longer."""
    overlap = timedelta(seconds=rotation.overlap_s)
    async with services.database.unit_of_work() as session:
        row, key = await keys.rotate_key(session, key_id, overlap=overlap, now=services.clock.now())
    response.headers.update(_NOT_STORED)
    return NewKeyView.of(row, key)


@router.delete(
    "/{key_id}",
    operation_id="revokeKey",
    summary="Revoke a key",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def revoke_key(services: ServicesDep, key_id: PathId) -> None:
    """Every process of the service refuses it within a second, and what it signed."""
    async with services.database.unit_of_work() as session:
        await keys.revoke_key(session, key_id)
