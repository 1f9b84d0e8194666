"""What people were told, and what they answered."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from instantreact.api.audit import audits
from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import PrincipalDep, ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.queries import refuse_empty_time
from instantreact.api.schemas.alerts import AlertView
from instantreact.api.schemas.fields import Id, Moment, PathId
from instantreact.domain.alert import AlertState, Answer, AnswerKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.principal import Principal, Scope
from instantreact.errors import Conflict
from instantreact.pipeline.answer import answer_alert
from instantreact.pipeline.services import Services
from instantreact.storage import alerts
from instantreact.storage.alerts import AlertFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Alert

router = APIRouter(prefix="/alerts", tags=["alerts"], route_class=KeyedRoute)


async def _ask_filter(
    state: AlertState | None = None,
    camera_id: Annotated[Id | None, Query(description="About what this camera saw.")] = None,
    rule_id: Annotated[Id | None, Query(description="Raised by this rule.")] = None,
    since: Annotated[Moment | None, Query(description="Raised at this time or later.")] = None,
    until: Annotated[Moment | None, Query(description="Raised before this time.")] = None,
) -> AlertFilter:
    refuse_empty_time(since, until)
    return AlertFilter(state=state, camera_id=camera_id, rule_id=rule_id, since=since, until=until)


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


async def _answer(services: Services, principal: Principal, answer: Answer) -> Alert:
    async with services.database.unit_of_work() as session:
        now = services.clock.now()
        return await answer_alert(session, answer, by=principal.name, now=now, adapts=services.adapts)
