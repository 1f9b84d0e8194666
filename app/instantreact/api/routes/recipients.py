"""Whom to tell, and how. Changed by PUT, for the reason that routes/rules.py gives."""

from fastapi import APIRouter, Response

from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.recipients import RecipientDraft, RecipientView
from instantreact.api.schemas.told import ToldView
from instantreact.domain.alert import DeliveryState
from instantreact.domain.principal import Scope
from instantreact.jobs import outbox
from instantreact.pipeline.quiet import reconsider_held
from instantreact.pipeline.remind import put_remind_job
from instantreact.pipeline.report import put_report_job
from instantreact.pipeline.step_names import DELIVERIES
from instantreact.storage import deliveries, recipients
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Recipient

router = APIRouter(prefix="/recipients", tags=["recipients"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createRecipient",
    summary="Add a recipient",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 409, 413, 422)},
)
@requires(Scope.ADMIN)
async def create_recipient(services: ServicesDep, draft: RecipientDraft, response: Response) -> RecipientView:
    """Every rule that names nobody tells them, too."""
    recipient = Recipient(**draft.to_changes(), created_at=services.clock.now())
    async with services.database.unit_of_work() as session:
        view = RecipientView.model_validate(await recipients.insert_recipient(session, recipient))
        await put_report_job(session, services, recipient)
    response.headers["Location"] = f"/recipients/{view.id}"
    return view


@router.get("", operation_id="listRecipients", summary="List recipients", responses=problems(401, 403, 422))
async def list_recipients(services: ServicesDep, page: PageDep) -> Page[RecipientView]:
    """The newest first."""
    async with services.database.reading() as session:
        rows = await recipients.list_recipients(session, after=page.after, limit=page.fetch)
    return page.cut(rows, RecipientView.model_validate, lambda recipient: Cursor(recipient.created_at, recipient.id))


@router.get(
    "/{recipient_id}", operation_id="getRecipient", summary="Read a recipient", responses=problems(401, 403, 404, 422)
)
async def get_recipient(services: ServicesDep, recipient_id: PathId) -> RecipientView:
    """A recipient, and whether they can be reached."""
    async with services.database.reading() as session:
        return RecipientView.model_validate(await recipients.get_recipient(session, recipient_id))


@router.get(
    "/{recipient_id}/deliveries",
    operation_id="getDeliveriesOfRecipient",
    summary="List what a recipient was told",
    responses=problems(401, 403, 404, 422),
)
async def list_deliveries(
    services: ServicesDep, recipient_id: PathId, page: PageDep, state: DeliveryState | None = None
) -> Page[ToldView]:
    """The newest first: what became of each alert for this person, and why. What was given up (`state=buried`) has the
    `job_id` by which it is sent again: `POST /jobs/{job_id}/rerun`.
    """
    async with services.database.reading() as session:
        await recipients.get_recipient(session, recipient_id)
        rows = await deliveries.list_deliveries_of(
            session, recipient_id, state=state, after=page.after, limit=page.fetch
        )
        buried = [row.id for row in rows if any(part.state is DeliveryState.BURIED for part in row.parts)]
        jobs = await outbox.find_buried(session, DELIVERIES, buried) if buried else {}
    return page.cut(rows, lambda row: ToldView.of(row, jobs.get(row.id)), lambda row: Cursor(row.created_at, row.id))


@router.put(
    "/{recipient_id}",
    operation_id="replaceRecipient",
    summary="Replace a recipient",
    responses=problems(401, 403, 404, 409, 413, 422),
)
@requires(Scope.ADMIN)
async def replace_recipient(services: ServicesDep, recipient_id: PathId, draft: RecipientDraft) -> RecipientView:
    """All of it. At another address they are somebody new: when Messenger lets us write to them is not known."""
    async with services.database.unit_of_work() as session:
        recipient = await recipients.update_recipient(session, recipient_id, draft.to_changes())
        await put_report_job(session, services, recipient)
        await reconsider_held(session, services, recipient_id)
        await put_remind_job(session, services, recipient)
        return RecipientView.model_validate(recipient)


@router.delete(
    "/{recipient_id}",
    operation_id="deleteRecipient",
    summary="Delete a recipient",
    status_code=204,
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.ADMIN)
async def delete_recipient(services: ServicesDep, recipient_id: PathId) -> None:
    """With the record of what they were sent. Not while a rule names them (409): it might tell nobody."""
    async with services.database.unit_of_work() as session:
        await recipients.delete_recipient(session, recipient_id)
