"""What people answer to a camera's alerts changes what its concept scores are read as, before rules see them."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.happening import RuleMatched
from instantreact.domain.lesson import Lesson
from instantreact.domain.observation import Observation
from instantreact.domain.rule import ConceptCondition
from instantreact.errors import NotFound
from instantreact.pipeline.services import Services
from instantreact.rules.calibrate import learn_shift, read_score
from instantreact.storage import rules, taps
from instantreact.storage.tables import Alert


async def calibrate(
    session: AsyncSession, services: Services, camera_id: str | None, observation: Observation
) -> Observation:
    """The observation as a camera's rules are to see it: changed scores have what the model said beside them."""
    if camera_id is None or not services.adapts or not observation.concepts:
        return observation
    lessons, now = await taps.list_lessons_that_count(session, camera_id), services.clock.now()
    shifts = {concept: learn_shift(some, now=now) for concept, some in lessons.items()}
    before = {name: score for name, score in observation.concepts.items() if shifts.get(name)}
    if not before:
        return observation
    read = {name: read_score(score, shifts[name]) for name, score in before.items()}
    return replace(observation, concepts={**observation.concepts, **read}, concepts_before=before)


async def learn_from_answer(session: AsyncSession, alert: Alert, *, is_false: bool, now: datetime) -> None:
    """Keep what the answer to an alert says of its camera's scores, in the caller's transaction."""
    happening, event = alert.happening, alert.event
    if not isinstance(happening, RuleMatched) or event is None or alert.camera_id is None:
        return
    needed = await _list_needed(session, alert.rule_id)
    said = {**event.observation.concepts, **event.observation.concepts_before}
    concepts = {each.what for each in happening.evidence if each.kind == "concept"} & said.keys() & needed.keys()
    lessons = {name: Lesson(alert.id, said[name], needed[name], is_false, now) for name in concepts}
    await taps.replace_taps(session, alert, lessons)


async def _list_needed(session: AsyncSession, rule_id: str | None) -> Mapping[str, float]:
    """What a rule asks of concepts, as it is now; nothing where it is gone."""
    try:
        rule = await rules.get_rule(session, rule_id or "")
    except NotFound:
        return {}
    asked = (each for each in rule.criteria.conditions if isinstance(each, ConceptCondition))
    return {each.concept: each.min_score for each in asked}
