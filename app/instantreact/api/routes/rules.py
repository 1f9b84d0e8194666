"""What is worth an alert.

A rule is changed by PUT, which replaces it whole, as are recipients and cameras: `null` has a meaning of its own here
(every camera, every recipient), so that a partial PATCH could not tell "every" from "as before".
"""

from fastapi import APIRouter, Response

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.rules import RuleDraft, RuleView
from instantreact.storage import rules
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Rule

router = APIRouter(prefix="/rules", tags=["rules"], route_class=KeyedRoute)


@router.post(
    "",
    operation_id="createRule",
    summary="Write down a rule",
    status_code=201,
    responses={201: CREATED, **problems(401, 409, 413, 422)},
)
async def create_rule(services: ServicesDep, draft: RuleDraft, response: Response) -> RuleView:
    """It applies to what is seen and heard from now on."""
    criteria = draft.to_criteria()
    await services.recognition.refuse_unheard(criteria)
    rule = Rule(
        name=draft.name,
        criteria=criteria,
        camera_ids=draft.camera_ids,
        recipient_ids=draft.recipient_ids,
        severity=draft.severity,
        cooldown_s=draft.cooldown_s,
        enabled=draft.enabled,
        created_at=services.clock.now(),
    )
    async with services.database.unit_of_work() as session:
        view = RuleView.of(await rules.insert_rule(session, rule))
    response.headers["Location"] = f"/rules/{view.id}"
    return view


@router.get("", operation_id="listRules", summary="List rules", responses=problems(401, 422))
async def list_rules(services: ServicesDep, page: PageDep) -> Page[RuleView]:
    """The newest first."""
    async with services.database.reading() as session:
        rows = await rules.list_rules(session, after=page.after, limit=page.fetch)
    return page.cut(rows, RuleView.of, lambda rule: Cursor(rule.created_at, rule.id))


@router.get("/{rule_id}", operation_id="getRule", summary="Read a rule", responses=problems(401, 404, 422))
async def get_rule(services: ServicesDep, rule_id: PathId) -> RuleView:
    """A rule as it stands."""
    async with services.database.reading() as session:
        return RuleView.of(await rules.get_rule(session, rule_id))


@router.put(
    "/{rule_id}",
    operation_id="replaceRule",
    summary="Replace a rule",
    responses=problems(401, 404, 409, 413, 422),
)
async def replace_rule(services: ServicesDep, rule_id: PathId, draft: RuleDraft) -> RuleView:
    """All of it: what the body leaves out takes its default. What GET shows may be sent back, changed or not."""
    criteria = draft.to_criteria()
    await services.recognition.refuse_unheard(criteria)
    async with services.database.unit_of_work() as session:
        rule = await rules.update_rule(
            session,
            rule_id,
            {
                "name": draft.name,
                "criteria": criteria,
                "camera_ids": draft.camera_ids,
                "recipient_ids": draft.recipient_ids,
                "severity": draft.severity,
                "cooldown_s": draft.cooldown_s,
                "enabled": draft.enabled,
            },
        )
        return RuleView.of(rule)


@router.delete(
    "/{rule_id}",
    operation_id="deleteRule",
    summary="Delete a rule",
    status_code=204,
    responses=problems(401, 404, 422),
)
async def delete_rule(services: ServicesDep, rule_id: PathId) -> None:
    """Its alerts stay."""
    async with services.database.unit_of_work() as session:
        await rules.delete_rule(session, rule_id)
