"""Whether a rule can ever hold, judged against the bundles, cameras and recognisers that are there."""

from collections.abc import Collection, Sequence

from fastapi.exceptions import RequestValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.api.nearest import suggest
from instantreact.api.schemas.rules import RuleView
from instantreact.domain.capabilities import Capabilities
from instantreact.domain.rule import Criteria, asked_zones
from instantreact.errors import InvalidInput
from instantreact.pipeline.recognition import Recognition
from instantreact.pipeline.record import Record
from instantreact.pipeline.services import SecondLooks
from instantreact.storage.cameras import list_all_cameras
from instantreact.storage.tables import Camera, Rule

_NO_LOOKS = "It asks for a second look, but INSTANTREACT_SECOND_LOOK_URL is not set: its alerts are told without one."


def refuse_unsayable(criteria: Criteria, can: Capabilities) -> None:
    """Raises RequestValidationError that names each condition whose concept or label no loaded bundle knows."""
    found = [
        {
            "type": "value_error",
            "loc": ("body", "conditions", at, "concept", "concept"),
            "msg": f"is not a known concept: {can.offer([concept])}",
        }
        for at, concept in can.unknown_concepts(criteria).items()
    ]
    found += [
        {
            "type": "value_error",
            "loc": ("body", "conditions", at, criteria.conditions[at].kind, "label"),
            "msg": f"is not looked for: {can.offer_labels([label])}",
        }
        for at, label in can.unknown_labels(criteria).items()
    ]
    if found:
        raise RequestValidationError(found)


def view_rule(rule: Rule, can: Capabilities, looks: SecondLooks | None, record: Record | None = None) -> RuleView:
    """A stored rule, with a warning where it asks for what nobody can say or look at, or is mostly wrong."""
    lacks_look = None if rule.second_look is None or looks else _NO_LOOKS
    lacks = can.describe_lack([rule.criteria]), can.describe_untold(rule.criteria)
    warnings = (*lacks, lacks_look, record.describe_fault() if record else None)
    warning = " ".join(each for each in warnings if each) or None
    return RuleView.model_validate(rule).model_copy(update={"warning": warning})


async def refuse_unanswerable(session: AsyncSession, recognition: Recognition, rule: Rule) -> None:
    """Raise InvalidInput for a rule that asks about a zone that none of its cameras has, or for what nobody hears.

    One that is not enabled may wait for its camera or its recogniser.
    """
    if not rule.enabled:
        return
    watched = await refuse_unknown_zones(session, rule.criteria, rule.camera_ids)
    uploads = [None] if rule.camera_ids is None else []
    recognition.refuse_unlistened(rule.criteria, [*uploads, *(camera.speech for camera in watched)])


async def refuse_unknown_zones(
    session: AsyncSession, criteria: Criteria, camera_ids: Collection[str] | None
) -> Sequence[Camera]:
    """The cameras that a rule watches. Raises InvalidInput where none of them has a zone that it asks about."""
    watched = [camera for camera in await list_all_cameras(session) if camera_ids is None or camera.id in camera_ids]
    known = {zone.name for camera in watched for zone in camera.zones}
    for zone in asked_zones(criteria):
        if zone not in known:
            raise InvalidInput(f"No camera that this rule watches has a zone called {zone}. {suggest(zone, known)}")
    return watched
