"""What routes ask for."""

import asyncio
from dataclasses import replace
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from instantreact.api.live import LiveCameras
from instantreact.api.options import ApiOptions, Readiness
from instantreact.domain.capabilities import Capabilities
from instantreact.domain.principal import Principal
from instantreact.pipeline.bundles import find_capabilities
from instantreact.pipeline.services import Services
from instantreact.storage.cameras import get_camera


def _services(request: HTTPConnection) -> Services:
    """With the database as the caller may see it, and who waits for an answer."""
    services: Services = request.app.state.services
    principal: Principal = request.state.principal
    return replace(services, database=services.database.confined_to(principal.confinement).waited_for())


def _options(request: HTTPConnection) -> ApiOptions:
    options: ApiOptions = request.app.state.options
    return options


def _readiness(request: HTTPConnection) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


def _closing(request: HTTPConnection) -> asyncio.Event:
    closing: asyncio.Event = request.app.state.closing
    return closing


def _principal(request: HTTPConnection) -> Principal:
    principal: Principal = request.state.principal
    return principal


def _whole_services(request: HTTPConnection) -> Services:
    """With all of the database, for what is the caller's own: users and sessions belong to no camera."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(_services)]
WholeServicesDep = Annotated[Services, Depends(_whole_services)]


async def find_live(request: HTTPConnection) -> LiveCameras:
    """The cameras as they are now. Raises NotFound where the address names one that the caller may not see."""
    live: LiveCameras = request.app.state.live
    camera_id = request.path_params.get("camera_id")
    if camera_id is not None and request.state.principal.confinement is not None:
        async with _services(request).database.reading() as session:
            await get_camera(session, camera_id)
    return live


async def _capabilities(services: ServicesDep) -> Capabilities:
    return await find_capabilities(services)


CapabilitiesDep = Annotated[Capabilities, Depends(_capabilities)]
OptionsDep = Annotated[ApiOptions, Depends(_options)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
LiveDep = Annotated[LiveCameras, Depends(find_live)]
ClosingDep = Annotated[asyncio.Event, Depends(_closing)]
PrincipalDep = Annotated[Principal, Depends(_principal)]
