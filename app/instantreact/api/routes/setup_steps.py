"""How far a new installation is: what the first-start page asks."""

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import ServicesDep, WholeServicesDep
from instantreact.api.openapi import problems
from instantreact.domain.camera import CameraState
from instantreact.storage import alerts, recipients, rules, users
from instantreact.storage.cameras import list_all_cameras
from instantreact.storage.leases import list_leases

router = APIRouter(prefix="/setup", tags=["users"], route_class=KeyedRoute)

_EXAMPLE: JsonDict = {
    "has_administrator": True,
    "has_camera": True,
    "has_live_camera": True,
    "has_rule": True,
    "has_recipient": False,
    "was_tested": False,
}


class SetupStepsView(BaseModel):
    """What is there of what an installation needs to be of use."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    has_administrator: bool
    has_camera: bool = Field(description="One that is enabled.")
    has_live_camera: bool = Field(description="One that sends pictures now.")
    has_rule: bool = Field(description="One that is enabled.")
    has_recipient: bool = Field(description="Somebody who is told of alerts.")
    was_tested: bool = Field(description="Whether a test alert reached somebody's channel (`POST /alerts/test`).")


@router.get("/steps", operation_id="getSetupSteps", summary="Read how far the set-up is", responses=problems(401, 403))
async def get_setup_steps(services: ServicesDep, whole: WholeServicesDep) -> SetupStepsView:
    """As the caller sees it: whoever is confined to a site, of its cameras and rules."""
    now = services.clock.now()
    async with whole.database.reading() as session:
        has_administrator = await users.has_administrator(session)
        was_tested = await alerts.was_tried(session)
    async with services.database.reading() as session:
        enabled = [camera.id for camera in await list_all_cameras(session) if camera.enabled]
        leases = (await list_leases(session, enabled)).values()
        return SetupStepsView(
            has_administrator=has_administrator,
            has_camera=bool(enabled),
            has_live_camera=any(each.state is CameraState.LIVE and each.lease_until > now for each in leases),
            has_rule=bool(await rules.list_criteria(session)),
            has_recipient=bool(await recipients.list_recipients_to_tell(session, None)),
            was_tested=was_tested,
        )
