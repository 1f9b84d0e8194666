"""Rules, and the lock that matching holds so that a cooldown is not passed twice at once."""

from collections.abc import Sequence, Set
from typing import TypedDict

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from instantreact.domain.escalation import EscalationStep
from instantreact.domain.rule import Confirmation, Criteria, Severity, asked_zones
from instantreact.domain.schedule import WeekSchedule
from instantreact.domain.second_look import LookRequest
from instantreact.errors import Conflict, InvalidInput, NotFound
from instantreact.storage.confinement import WHOLE
from instantreact.storage.inserting import flush_or_conflict
from instantreact.storage.paging import PAGE_SIZE, Cursor, newest_first
from instantreact.storage.tables import Camera, Recipient, Rule


class RuleChanges(TypedDict, total=False):
    """What may be changed of a rule; what is left out stays."""

    name: str
    criteria: Criteria
    camera_ids: list[str] | None
    recipient_ids: list[str] | None
    severity: Severity
    cooldown_s: float
    escalation: tuple[EscalationStep, ...]
    schedule: WeekSchedule | None
    confirmation: Confirmation | None
    second_look: LookRequest | None
    enabled: bool


async def insert_rule(session: AsyncSession, rule: Rule) -> Rule:
    """Raises Conflict when the name is taken, InvalidInput when it names a camera or recipient that is not there."""
    await _check_names(session, rule.camera_ids, _named(rule.recipient_ids, rule.escalation))
    session.add(rule)
    await flush_or_conflict(session, f"There is already a rule called {rule.name}.")
    return rule


async def update_rule(session: AsyncSession, rule_id: str, changes: RuleChanges) -> Rule:
    """Raises NotFound, Conflict and InvalidInput as `insert_rule` does."""
    rule = await get_rule(session, rule_id)
    await check_named(session, changes)
    for name, value in changes.items():
        setattr(rule, name, value)
    await flush_or_conflict(session, f"There is already a rule called {rule.name}.")
    return rule


async def check_named(session: AsyncSession, changes: RuleChanges) -> None:
    """Raise InvalidInput where a camera or recipient that is named is not there."""
    named = _named(changes.get("recipient_ids"), changes.get("escalation"))
    await _check_names(session, changes.get("camera_ids"), named)


async def get_rule(session: AsyncSession, rule_id: str) -> Rule:
    """Raises NotFound."""
    rule = await session.get(Rule, rule_id)
    if rule is None:
        raise NotFound("rule", rule_id)
    return rule


async def list_rules(session: AsyncSession, *, after: Cursor | None = None, limit: int = PAGE_SIZE) -> list[Rule]:
    """Newest first."""
    statement = newest_first(select(Rule), Rule.created_at, Rule.id, after=after, limit=limit)
    return list(await session.scalars(statement))


async def list_all_rules(session: AsyncSession) -> list[Rule]:
    """By name."""
    return list(await session.scalars(select(Rule).order_by(Rule.name)))


async def list_rules_for(session: AsyncSession, camera_id: str | None) -> list[Rule]:
    """The enabled rules that watch this camera, or uploads without a camera, by name."""
    statement = select(Rule).where(Rule.enabled).order_by(Rule.name)
    return [
        rule for rule in await session.scalars(statement) if rule.camera_ids is None or camera_id in rule.camera_ids
    ]


async def list_rules_of(session: AsyncSession, recipient_id: str) -> list[Rule]:
    """The rules that tell somebody, at once or as they escalate, enabled or not, by name."""
    return [
        rule
        for rule in await list_all_rules(session)
        if rule.recipient_ids is None or recipient_id in _named(rule.recipient_ids, rule.escalation)
    ]


async def is_told_by_rule(session: AsyncSession, recipient_id: str) -> bool:
    """Whether an enabled rule tells somebody, at once or as it escalates."""
    return any(rule.enabled for rule in await list_rules_of(session, recipient_id))


async def list_rules_naming(session: AsyncSession, recipient_id: str) -> list[Rule]:
    """The rules that name somebody, at once or when nobody answers, by name."""
    return [
        rule for rule in await list_all_rules(session) if recipient_id in _named(rule.recipient_ids, rule.escalation)
    ]


async def find_told_cameras(session: AsyncSession, recipient_id: str) -> frozenset[str] | None:
    """The cameras of the rules that tell somebody, enabled or not; None for every camera, as without any such rule."""
    rules = await list_rules_of(session, recipient_id)
    if not rules or any(rule.camera_ids is None for rule in rules):
        return None
    return frozenset(camera_id for rule in rules for camera_id in rule.camera_ids or ())


async def list_enabled(session: AsyncSession, ids: Sequence[str]) -> set[str]:
    """Those of `ids` whose rule is there and enabled."""
    return set(await session.scalars(select(Rule.id).where(Rule.id.in_(ids), Rule.enabled))) if ids else set()


async def list_steps(session: AsyncSession, rule_id: str | None) -> tuple[EscalationStep, ...]:
    """Whom to tell when nobody answers an alert of the rule; none when it is gone."""
    if rule_id is None:
        return ()
    return await session.scalar(select(Rule.escalation).where(Rule.id == rule_id)) or ()


async def list_criteria(session: AsyncSession) -> list[Criteria]:
    """What the enabled rules ask for."""
    return list(await session.scalars(select(Rule.criteria).where(Rule.enabled)))


async def list_asked(session: AsyncSession) -> list[tuple[Criteria, list[str] | None]]:
    """The same, of which cameras; None for every one."""
    rows = await session.execute(select(Rule.criteria, Rule.camera_ids).where(Rule.enabled))
    return [(criteria, camera_ids) for criteria, camera_ids in rows]


async def refuse_while_named(session: AsyncSession, column: InstrumentedAttribute[list[str] | None], key: str) -> None:
    """Raise Conflict where rules name `key` in `column`: without it they would watch nothing, or tell nobody."""
    statement = select(Rule.name, column).where(column.is_not(None)).order_by(Rule.name)
    rows = await session.execute(statement, execution_options=WHOLE)
    naming = [name for name, keys in rows if keys and key in keys]
    if naming:
        raise Conflict(f"It is named by the rules {', '.join(naming)}: change or delete them first.")


async def refuse_while_on_call(session: AsyncSession, recipient_id: str) -> None:
    """Raise Conflict where a rule would tell this recipient when nobody answers."""
    rows = await session.scalars(select(Rule).order_by(Rule.name), execution_options=WHOLE)
    naming = [rule.name for rule in rows if recipient_id in _named(None, rule.escalation)]
    if naming:
        raise Conflict(f"The rules {', '.join(naming)} tell them when nobody answers: change or delete them first.")


async def refuse_lost_zones(session: AsyncSession, lost: Set[str]) -> None:
    """Raise Conflict where an enabled rule asks about one of these zones and, by now, none of its cameras has it."""
    if not lost:
        return
    cameras = list(await session.scalars(select(Camera), execution_options=WHOLE))
    asking = select(Rule).where(Rule.enabled).order_by(Rule.name)
    for rule in await session.scalars(asking, execution_options=WHOLE):
        watched = [camera for camera in cameras if rule.camera_ids is None or camera.id in rule.camera_ids]
        left = {zone.name for camera in watched for zone in camera.zones}
        for zone in lost & set(asked_zones(rule.criteria)) - left:
            raise Conflict(f"The zone {zone} is asked about by the rule {rule.name}: change or delete that first.")


async def delete_rule(session: AsyncSession, rule_id: str) -> None:
    """Its alerts stay, without a rule. Raises NotFound."""
    await session.delete(await get_rule(session, rule_id))
    await session.flush()


def _named(recipient_ids: list[str] | None, steps: Sequence[EscalationStep] | None) -> list[str]:
    """Everybody whom a rule names."""
    return [*(recipient_ids or ()), *(each for step in steps or () for each in step.recipient_ids)]


async def _check_names(session: AsyncSession, camera_ids: list[str] | None, recipient_ids: list[str] | None) -> None:
    for kind, table, wanted in (("camera", Camera, camera_ids), ("recipient", Recipient, recipient_ids)):
        there = await session.scalars(select(table.id).where(table.id.in_(wanted or ())))
        missing = set(wanted or ()) - set(there)
        if missing:
            raise InvalidInput(f"There is no {kind} {', '.join(sorted(missing))}.")
