"""What routes ask for."""

import asyncio
from typing import Annotated

from fastapi import Depends
from fastapi.requests import HTTPConnection

from instantreact.api.live import LiveCameras
from instantreact.api.options import ApiOptions, Readiness
from instantreact.domain.capabilities import Capabilities
from instantreact.domain.principal import Principal
from instantreact.pipeline.services import Services


def _services(request: HTTPConnection) -> Services:
    services: Services = request.app.state.services
    return services


def _options(request: HTTPConnection) -> ApiOptions:
    options: ApiOptions = request.app.state.options
    return options


def _readiness(request: HTTPConnection) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


def _live(request: HTTPConnection) -> LiveCameras:
    live: LiveCameras = request.app.state.live
    return live


def _closing(request: HTTPConnection) -> asyncio.Event:
    closing: asyncio.Event = request.app.state.closing
    return closing


def _principal(request: HTTPConnection) -> Principal:
    principal: Principal = request.state.principal
    return principal


ServicesDep = Annotated[Services, Depends(_services)]


async def _capabilities(services: ServicesDep) -> Capabilities:
    return await services.threads.run(services.captioner.capabilities)


CapabilitiesDep = Annotated[Capabilities, Depends(_capabilities)]
OptionsDep = Annotated[ApiOptions, Depends(_options)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
LiveDep = Annotated[LiveCameras, Depends(_live)]
ClosingDep = Annotated[asyncio.Event, Depends(_closing)]
PrincipalDep = Annotated[Principal, Depends(_principal)]
