"""What is worth an alert.

A rule is changed by PUT, which replaces it whole, as are recipients and cameras: `null` has a meaning of its own here
(every camera, every recipient), so that a partial PATCH could not tell "every" from "as before".
"""

from datetime import timedelta

from fastapi import APIRouter, Response

from instantreact.api.answerable import refuse_unanswerable, refuse_unknown_zones, refuse_unsayable, view_rule
from instantreact.api.auth import KeyedRoute, requires
from instantreact.api.deps import CapabilitiesDep, ServicesDep
from instantreact.api.openapi import CREATED, problems
from instantreact.api.pages import Page, PageDep
from instantreact.api.schemas.explaining import RuleTestDraft, RuleTestView, refuse_span
from instantreact.api.schemas.fields import PathId
from instantreact.api.schemas.records import RuleRecordView
from instantreact.api.schemas.rule_templates import RuleTemplateView, list_usable
from instantreact.api.schemas.rules import RuleDraft, RuleView
from instantreact.domain.principal import Scope
from instantreact.pipeline.record import find_proposal, read_records
from instantreact.pipeline.try_rule import try_rule
from instantreact.rules.replay import Trial
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
        view = view_rule(await rules.insert_rule(session, rule), can, services.looks)
        await refuse_unanswerable(session, services.recognition, rule)
    response.headers["Location"] = f"/rules/{view.id}"
    return view


@router.post(
    "/test",
    operation_id="testRule",
    summary="Try a rule on the past",
    responses=problems(401, 403, 413, 422),
)
@requires(Scope.READ)
async def test_rule(services: ServicesDep, can: CapabilitiesDep, draft: RuleTestDraft) -> RuleTestView:
    """Which alerts it would have raised of what was seen and heard, and with other thresholds. Nobody is told."""
    now = services.clock.now()
    until = draft.until or now
    since = draft.since or until - timedelta(days=7)
    refuse_span(since, until)
    changes = draft.rule.to_changes()
    refuse_unsayable(changes["criteria"], can)
    trial = Trial(changes["criteria"], changes["confirmation"], changes["schedule"], changes["cooldown_s"])
    async with services.database.reading() as session:
        await rules.check_named(session, changes)
        await refuse_unknown_zones(session, trial.criteria, changes["camera_ids"])
    latest = until if draft.until else now + timedelta(days=1)  # an upload's later minutes lie ahead of its arrival
    tried = await try_rule(services, trial, changes["camera_ids"], since=since, until=latest)
    return RuleTestView.of(tried, until)


@router.get("", operation_id="listRules", summary="List rules", responses=problems(401, 403, 422))
async def list_rules(services: ServicesDep, can: CapabilitiesDep, page: PageDep) -> Page[RuleView]:
    """The newest first."""
    async with services.database.reading() as session:
        rows = await rules.list_rules(session, after=page.after, limit=page.fetch)
        known = await read_records(session, [rule.id for rule in rows], now=services.clock.now())
    return page.cut(
        rows,
        lambda rule: view_rule(rule, can, services.looks, known[rule.id]),
        lambda rule: Cursor(rule.created_at, rule.id),
    )


@router.get(
    "/templates",
    operation_id="listRuleTemplates",
    summary="List rules to begin with",
    responses=problems(401, 403),
)
async def list_rule_templates(can: CapabilitiesDep) -> list[RuleTemplateView]:
    """Each may be posted as it stands; `needs` says what it takes: captions, speech, a detector or poses.

    One for a concept that no loaded bundle knows is left out.
    """
    return list_usable(can)


@router.get("/{rule_id}", operation_id="getRule", summary="Read a rule", responses=problems(401, 403, 404, 422))
async def get_rule(services: ServicesDep, can: CapabilitiesDep, rule_id: PathId) -> RuleView:
    """A rule as it stands."""
    async with services.database.reading() as session:
        rule = await rules.get_rule(session, rule_id)
        known = await read_records(session, [rule_id], now=services.clock.now())
    return view_rule(rule, can, services.looks, known[rule_id])


@router.get(
    "/{rule_id}/record",
    operation_id="getRuleRecord",
    summary="Read how right a rule was",
    responses=problems(401, 403, 404, 422),
)
async def get_rule_record(services: ServicesDep, rule_id: PathId) -> RuleRecordView:
    """What people answered to its alerts, by camera, and which threshold would have been better."""
    now = services.clock.now()
    async with services.database.reading() as session:
        rule = await rules.get_rule(session, rule_id)
        record = (await read_records(session, [rule_id], now=now))[rule_id]
        return RuleRecordView.of(record, await find_proposal(session, rule, now=now))


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
        return view_rule(rule, can, services.looks)


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
