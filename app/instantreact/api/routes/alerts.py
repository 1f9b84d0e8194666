"""What people were told, and what they answered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from instantreact.api.audit import audits
from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import PrincipalDep, ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.queries import refuse_empty_time
from instantreact.api.schemas.alerts import AlertView, TrialDraft
from instantreact.api.schemas.fields import Id, Moment, PathId
from instantreact.domain.alert import AlertState, Answer, AnswerKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import Principal, Scope
from instantreact.errors import Conflict
from instantreact.pipeline.answer import answer_alert
from instantreact.pipeline.rerun import retry_delivery
from instantreact.pipeline.services import Services
from instantreact.pipeline.trial import send_trial
from instantreact.storage import alerts
from instantreact.storage.alerts import AlertFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Alert

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=KeyedRoute)


async def _ask_filter(
    state: AlertState | None = None,
    camera_id: Annotated[Id | None, Query(description="About what this camera saw.")] = None,
    rule_id: Annotated[Id | None, Query(description="Raised by this rule.")] = None,
    event_id: Annotated[Id | None, Query(description="About this event, or such that it is part of them.")] = None,
    since: Annotated[Moment | None, Query(description="Raised at this time or later.")] = None,
    until: Annotated[Moment | None, Query(description="Raised before this time.")] = None,
) -> AlertFilter:
    refuse_empty_time(since, until)
    return AlertFilter(state, camera_id, rule_id, event_id, since, until)


@router.get("", operation_id="listAlerts", summary="List alerts", responses=problems(401, 403, 422))
async def list_alerts(
    services: ServicesDep, page: PageDep, wanted: Annotated[AlertFilter, Depends(_ask_filter)]
) -> Page[AlertView]:
    """The latest first; all conditions that are given hold."""
    async with services.database.reading() as session:
        rows = await alerts.list_alerts(session, wanted, after=page.after, limit=page.fetch)
    return page.cut(rows, AlertView.model_validate, lambda alert: Cursor(alert.raised_at, alert.id))


@router.get("/{alert_id}", operation_id="getAlert", summary="Read an alert", responses=problems(401, 403, 404, 422))
async def get_alert(services: ServicesDep, alert_id: PathId) -> AlertView:
    """An alert with its deliveries and what became of each part."""
    async with services.database.reading() as session:
        return AlertView.model_validate(await alerts.get_alert(session, alert_id))


@router.post(
    "/{alert_id}/acknowledge",
    operation_id="acknowledgeAlert",
    summary="Acknowledge an alert",
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.OPERATE)
@audits(AuditAction.ANSWERED)
async def acknowledge_alert(services: ServicesDep, principal: PrincipalDep, alert_id: PathId) -> AlertView:
    """Somebody takes care of it. Said again, it changes nothing; an alert that was dismissed stays so (409)."""
    alert = await _answer(services, principal, Answer(AnswerKind.ACKNOWLEDGE, alert_id))
    if alert.state is not AlertState.ACKNOWLEDGED:
        raise Conflict(f"Alert {alert.id} is {alert.state} already.")
    return AlertView.model_validate(alert)


@router.post(
    "/{alert_id}/dismiss",
    operation_id="dismissAlert",
    summary="Dismiss an alert",
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.OPERATE)
@audits(AuditAction.ANSWERED)
async def dismiss_alert(services: ServicesDep, principal: PrincipalDep, alert_id: PathId) -> AlertView:
    """It was a false alarm, as may turn out after it was acknowledged. Said again, it changes nothing."""
    return AlertView.model_validate(await _answer(services, principal, Answer(AnswerKind.DISMISS, alert_id)))


@router.post(
    "/test",
    operation_id="sendTestAlert",
    summary="Send a test alert",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 404, 409, 413, 422)},
)
@requires(Scope.ADMIN, unconfined=True)
async def send_test_alert(
    services: ServicesDep, principal: PrincipalDep, draft: TrialDraft, response: Response
) -> AlertView:
    """To these recipients, or to everybody, at once and as a critical one; it says that nothing happened. Its
    deliveries tell whom it reached, and it can be acknowledged as any other.
    """
    alert = await send_trial(services, draft.recipient_ids, by=principal.name)
    response.headers["Location"] = f"/alerts/{alert.id}"
    return AlertView.model_validate(alert)


@router.post(
    "/{alert_id}/deliveries/{delivery_id}/retry",
    operation_id="retryDelivery",
    summary="Send a delivery again",
    responses=problems(401, 403, 404, 409, 422),
)
@requires(Scope.OPERATE)
async def retry(services: ServicesDep, alert_id: PathId, delivery_id: PathId) -> AlertView:
    """What of it was given up, refused or held is due at once; what was sent is not repeated. 409: nothing failed."""
    return AlertView.model_validate(await retry_delivery(services, alert_id, delivery_id))


async def _answer(services: Services, principal: Principal, answer: Answer) -> Alert:
    async with services.database.unit_of_work() as session:
        now = services.clock.now()
        return await answer_alert(session, answer, by=principal.name, now=now, adapts=services.adapts)
