"""What is kept of a span of a camera, or of a person, as a ZIP file."""

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import PrincipalDep, ServicesDep
from instantreact.api.exports import members_of_recipient, members_of_span, members_of_user
from instantreact.api.openapi import problems
from instantreact.api.routes.erasures import SpanDep, refuse_confined
from instantreact.api.schemas.fields import PathId
from instantreact.api.zip_streams import ZipMember, stream_zip
from instantreact.domain.principal import Scope
from instantreact.storage import people

router = APIRouter(tags=["data protection"], route_class=KeyedRoute)

_ZIP: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/zip": {}}, "description": "README.txt says what is in it."}
}


@router.get(
    "/cameras/{camera_id}/export.zip",
    operation_id="exportCamera",
    summary="Export what is kept of a camera",
    response_class=Response,
    responses={**_ZIP, **problems(401, 403, 404, 422)},
)
@requires(Scope.ADMIN)
async def export_camera(services: ServicesDep, span: SpanDep) -> Response:
    """Between two moments, or all of it: rows as lines of JSON, pictures, evidence clips, uploads and sounds."""
    return _send(members_of_span(services, span), f"camera-{span.camera_id}.zip")


@router.get(
    "/recipients/{recipient_id}/export.zip",
    operation_id="exportRecipient",
    summary="Export what is kept of a recipient",
    response_class=Response,
    responses={**_ZIP, **problems(401, 403, 404, 422)},
)
@requires(Scope.ADMIN)
async def export_recipient(services: ServicesDep, principal: PrincipalDep, recipient_id: PathId) -> Response:
    """Who they are, what they were sent, wrote and answered."""
    async with services.database.reading() as session:
        person = await people.find_recipient_person(session, recipient_id)
    refuse_confined(principal)
    return _send(members_of_recipient(services, person), f"recipient-{recipient_id}.zip")


@router.get(
    "/users/{user_id}/export.zip",
    operation_id="exportUser",
    summary="Export what is kept of a user",
    response_class=Response,
    responses={**_ZIP, **problems(401, 403, 404, 422)},
)
@requires(Scope.ADMIN)
async def export_user(services: ServicesDep, user_id: PathId) -> Response:
    """Who they are, where they are signed in, what they did; also of one who was removed."""
    async with services.database.reading() as session:
        person = await people.find_user_person(session, user_id)
    return _send(members_of_user(services, person), f"user-{user_id}.zip")


def _send(members: AsyncGenerator[ZipMember, None], filename: str) -> Response:
    headers = {
        "Content-Disposition": f'attachment; filename="{filename}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(stream_zip(members), media_type="application/zip", headers=headers)
