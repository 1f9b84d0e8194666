"""Erasing a span of a camera, or a person, for good; and what there is of them."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import PrincipalDep, ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.queries import refuse_empty_time
from instantreact.api.schemas.erasures import (
    PERSON_EXAMPLE,
    SPAN_EXAMPLE,
    ErasureDraft,
    ErasureView,
    KeptCountsView,
    NameErasureDraft,
    PersonDraft,
    RecipientErasureDraft,
    SpanErasureDraft,
)
from instantreact.api.schemas.fields import PathId, RecordedAt
from instantreact.domain.erasure import Span
from instantreact.domain.principal import Principal, Scope
from instantreact.pipeline.erase import queue_erasure
from instantreact.pipeline.services import Services
from instantreact.storage import cameras, erasures, people
from instantreact.storage.erasing_people import begin_name, begin_recipient, begin_user
from instantreact.storage.paging import Cursor
from instantreact.storage.spans import count_span
from instantreact.storage.tables import Erasure

router = APIRouter(tags=["data protection"], route_class=KeyedRoute)


async def ask_span(
    services: ServicesDep,
    camera_id: PathId,
    since: Annotated[
        RecordedAt | None, Query(description="From this moment on; by default from the beginning.")
    ] = None,
    until: Annotated[RecordedAt | None, Query(description="Before this moment; by default until now.")] = None,
) -> Span:
    """The span that an address names. Raises NotFound."""
    refuse_empty_time(since, until)
    async with services.database.reading() as session:
        await cameras.get_camera(session, camera_id)
    return Span(camera_id, since or erasures.BEGINNING, until or services.clock.now())


SpanDep = Annotated[Span, Depends(ask_span)]
Begin = Callable[[AsyncSession, datetime], Awaitable[Erasure]]
"""Begins an erasure in the caller's transaction."""


def refuse_confined(principal: Principal) -> None:
    """People belong to no camera: whoever is confined sees some of them, and only some of what is kept of these."""
    principal.require(Scope.ADMIN, unconfined=True)


@router.post(
    "/erasures",
    operation_id="erase",
    summary="Erase a span of a camera, or a person",
    status_code=202,
    response_description="It has begun; follow it at Location.",
    responses=problems(401, 403, 404, 409, 413, 422, 503),
)
@requires(Scope.ADMIN)
async def erase(
    services: ServicesDep,
    principal: PrincipalDep,
    draft: Annotated[
        ErasureDraft,
        Body(openapi_examples={"a span": {"value": SPAN_EXAMPLE}, "a person": {"value": PERSON_EXAMPLE}}),
    ],
    response: Response,
) -> ErasureView:
    """For good, also what an unanswered alert needs; `GET .../kept` says beforehand how much that is.

    A person is told nothing and cannot sign in from this moment on. The last administrator cannot be erased (409), and
    neither can a recipient whom a rule tells alone. What was sent, and backups, are not reached.
    """
    begin = _begin_span(draft) if isinstance(draft, SpanErasureDraft) else await _find_begin(services, principal, draft)
    async with services.database.unit_of_work() as session:
        erasure = await queue_erasure(session, await begin(session, services.clock.now()))
    response.headers["Location"] = f"/erasures/{erasure.id}"
    return ErasureView.model_validate(erasure)


@router.get("/erasures", operation_id="listErasures", summary="List erasures", responses=problems(401, 403, 422))
@requires(Scope.ADMIN)
async def list_erasures(services: ServicesDep, page: PageDep) -> Page[ErasureView]:
    """The latest first. Nothing of what is erased is in them; they are kept as long as the audit log."""
    async with services.database.reading() as session:
        rows = await erasures.list_erasures(session, after=page.after, limit=page.fetch)
    return page.cut(rows, ErasureView.model_validate, lambda each: Cursor(each.requested_at, each.id))


@router.get(
    "/erasures/{erasure_id}",
    operation_id="getErasure",
    summary="Read an erasure",
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def get_erasure(services: ServicesDep, erasure_id: PathId) -> ErasureView:
    """How far it is, and what is gone."""
    async with services.database.reading() as session:
        return ErasureView.model_validate(await erasures.get_erasure(session, erasure_id))


@router.get(
    "/cameras/{camera_id}/kept",
    operation_id="countKeptOfCamera",
    summary="Count what is kept of a camera",
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def count_of_camera(services: ServicesDep, span: SpanDep) -> KeptCountsView:
    """Between two moments, or at all."""
    async with services.database.reading() as session:
        return KeptCountsView(counts=dict(await count_span(session, span)))


@router.get(
    "/recipients/{recipient_id}/kept",
    operation_id="countKeptOfRecipient",
    summary="Count what is kept of a recipient",
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def count_of_recipient(services: ServicesDep, principal: PrincipalDep, recipient_id: PathId) -> KeptCountsView:
    """What bears their name or address, was sent to them or came from them."""
    async with services.database.reading() as session:
        person = await people.find_recipient_person(session, recipient_id)
        refuse_confined(principal)
        return KeptCountsView(counts=dict(await people.count_person(session, person)))


@router.get(
    "/users/{user_id}/kept",
    operation_id="countKeptOfUser",
    summary="Count what is kept of a user",
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def count_of_user(services: ServicesDep, user_id: PathId) -> KeptCountsView:
    """Also of one who was removed, as long as the audit log knows them."""
    async with services.database.reading() as session:
        person = await people.find_user_person(session, user_id)
        return KeptCountsView(counts=dict(await people.count_person(session, person)))


def _begin_span(draft: SpanErasureDraft) -> Begin:
    span = Span(draft.camera_id, draft.since, draft.until)
    return lambda session, now: erasures.insert_span(session, span, now=now)


async def _find_begin(services: Services, principal: Principal, draft: PersonDraft) -> Begin:
    """Who it is, is found before anybody has to wait for it. Raises NotFound, Conflict and NotAllowed."""
    async with services.database.reading() as session:
        match draft:
            case RecipientErasureDraft():
                person, begin = await people.find_recipient_person(session, draft.recipient_id), begin_recipient
            case NameErasureDraft():
                person, begin = await people.find_named_person(session, draft.name), begin_name
            case _:
                refuse_confined(principal)
                person, begin = await people.find_user_person(session, draft.user_id), begin_user
    refuse_confined(principal)
    return lambda session, now: begin(session, person, now=now)
