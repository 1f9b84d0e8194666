"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

from instantreact.api.options import ApiOptions, Readiness
from instantreact.pipeline.services import Services


def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def _options(request: Request) -> ApiOptions:
    options: ApiOptions = request.app.state.options
    return options


def _readiness(request: Request) -> Readiness:
    readiness: Readiness = request.app.state.readiness
    return readiness


ServicesDep = Annotated[Services, Depends(_services)]
OptionsDep = Annotated[ApiOptions, Depends(_options)]
ReadinessDep = Annotated[Readiness, Depends(_readiness)]
