"""What is worth an alert.

A rule is changed by PUT, which replaces it whole, as are recipients and cameras: `null` has a meaning of its own here
(every camera, every recipient), so that a partial PATCH could not tell "every" from "as before".
"""

from fastapi import APIRouter, Response

from instantreact.api.answerable import refuse_unanswerable, refuse_unsayable, view_rule
from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import CapabilitiesDep, ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.rules import RuleDraft, RuleView
from instantreact.domain.principal import Scope
from instantreact.storage import rules
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Rule

router = APIRouter(prefix="/rules", tags=["rules"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createRule",
    summary="Write down a rule",
    status_code=201,
    responses={201: CREATED, **problems(401, 403, 409, 413, 422)},
)
@requires(Scope.ADMIN)
async def create_rule(services: ServicesDep, can: CapabilitiesDep, draft: RuleDraft, response: Response) -> RuleView:
    """It applies to what is seen and heard from now on."""
    changes = draft.to_changes()
    refuse_unsayable(changes["criteria"], can)
    await services.recognition.refuse_unheard(changes["criteria"])
    rule = Rule(**changes, created_at=services.clock.now())
    async with services.database.unit_of_work() as session:
        view = view_rule(await rules.insert_rule(session, rule), can)
        await refuse_unanswerable(session, services.recognition, rule)
    response.headers["Location"] = f"/rules/{view.id}"
    return view


@router.get("", operation_id="listRules", summary="List rules", responses=problems(401, 403, 422))
async def list_rules(services: ServicesDep, can: CapabilitiesDep, page: PageDep) -> Page[RuleView]:
    """The newest first."""
    async with services.database.reading() as session:
        rows = await rules.list_rules(session, after=page.after, limit=page.fetch)
    return page.cut(rows, lambda rule: view_rule(rule, can), lambda rule: Cursor(rule.created_at, rule.id))


@router.get("/{rule_id}", operation_id="getRule", summary="Read a rule", responses=problems(401, 403, 404, 422))
async def get_rule(services: ServicesDep, can: CapabilitiesDep, rule_id: PathId) -> RuleView:
    """A rule as it stands."""
    async with services.database.reading() as session:
        return view_rule(await rules.get_rule(session, rule_id), can)


@router.put(
    "/{rule_id}",
    operation_id="replaceRule",
    summary="Replace a rule",
    responses=problems(401, 403, 404, 409, 413, 422),
)
@requires(Scope.ADMIN)
async def replace_rule(services: ServicesDep, can: CapabilitiesDep, rule_id: PathId, draft: RuleDraft) -> RuleView:
    """All of it: what the body leaves out takes its default. What GET shows may be sent back, changed or not."""
    changes = draft.to_changes()
    refuse_unsayable(changes["criteria"], can)
    await services.recognition.refuse_unheard(changes["criteria"])
    async with services.database.unit_of_work() as session:
        rule = await rules.update_rule(session, rule_id, changes)
        await refuse_unanswerable(session, services.recognition, rule)
        return view_rule(rule, can)


@router.delete(
    "/{rule_id}",
    operation_id="deleteRule",
    summary="Delete a rule",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
@requires(Scope.ADMIN)
async def delete_rule(services: ServicesDep, rule_id: PathId) -> None:
    """Its alerts stay."""
    async with services.database.unit_of_work() as session:
        await rules.delete_rule(session, rule_id)
