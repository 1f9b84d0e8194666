"""Every error as problem+json (RFC 9457): the one map from our errors to HTTP, and the handlers that use it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.requests import HTTPConnection
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Match

from instantreact import errors
from instantreact.api.schemas.problem import FieldError, Problem

CLIENT_CLOSED_REQUEST = 499
"""For the access log only: nobody is there to read the answer."""
_METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")


@dataclass(frozen=True)
class Kind:
    """What all problems of one kind share."""

    status: int
    slug: str
    title: str


INVALID = Kind(422, "invalid-input", "Invalid input")
FAILED = Kind(500, "internal-error", "Internal error")

KINDS: Mapping[type[errors.InstantReactError], Kind] = MappingProxyType(
    {
        errors.InstantReactError: FAILED,
        errors.Transient: Kind(503, "try-again", "Try again later"),
        errors.NotFound: Kind(404, "not-found", "Not found"),
        errors.Conflict: Kind(409, "conflict", "Conflict"),
        errors.InvalidInput: INVALID,
        errors.TooLarge: Kind(413, "too-large", "Too large"),
        errors.NotAllowed: Kind(403, "not-allowed", "Not allowed"),
        errors.NotSignedIn: Kind(401, "not-signed-in", "Not signed in"),
        errors.CodeNeeded: Kind(401, "code-needed", "Second factor needed"),
        errors.TooManyGuesses: Kind(429, "too-many-guesses", "Too many guesses"),
        errors.TooBusy: Kind(503, "too-busy", "Too busy"),
        errors.Misconfigured: Kind(503, "misconfigured", "Not configured"),
        errors.DatabaseUnreachable: Kind(503, "database-unreachable", "Database unreachable"),
        errors.FileMissing: Kind(503, "file-missing", "File missing"),
        errors.FilesUnreachable: Kind(503, "files-unreachable", "Files unreachable"),
        errors.StorageFull: Kind(507, "storage-full", "Storage full"),
        errors.StorageBusy: Kind(503, "storage-busy", "Storage busy"),
        errors.BrokerUnreachable: Kind(503, "broker-unreachable", "Broker unreachable"),
        errors.Erased: Kind(409, "erased", "Erased"),
        errors.LeaseLost: Kind(409, "lease-lost", "Held by somebody else"),
        errors.MediaError: Kind(422, "media-error", "Unusable media"),
        errors.UnreadableMedia: Kind(422, "unreadable-media", "Unreadable media"),
        errors.UnsupportedMedia: Kind(415, "unsupported-media", "Unsupported media"),
        errors.StreamLost: Kind(503, "stream-lost", "Stream lost"),
        errors.ModelError: Kind(503, "model-error", "Captioner unavailable"),
        errors.BundleMissing: Kind(503, "bundle-missing", "Captioner missing"),
        errors.BundleMismatch: Kind(503, "bundle-mismatch", "Captioner damaged"),
        errors.CaptionerUnavailable: Kind(503, "captioner-unavailable", "Captioner unavailable"),
        errors.DetectorUnavailable: Kind(503, "detector-unavailable", "Detector unavailable"),
        errors.PosesUnavailable: Kind(503, "poses-unavailable", "Poses unavailable"),
        errors.SpeechError: Kind(502, "speech-error", "Speech recognition failed"),
        errors.SpeechTimeout: Kind(504, "speech-timeout", "Speech recognition too slow"),
        errors.SpeechUnavailable: Kind(503, "speech-unavailable", "Speech recognition unavailable"),
        errors.SpeechRejected: Kind(502, "speech-rejected", "Speech recognition refused"),
        errors.ServiceRefused: Kind(502, "service-refused", "Service refused"),
        errors.VisionFailed: Kind(502, "vision-failed", "Vision model failed"),
        errors.DeliveryError: Kind(502, "delivery-error", "Delivery failed"),
        errors.DeliveryDeferred: Kind(503, "delivery-deferred", "Delivery deferred"),
        errors.ChannelRestricted: Kind(503, "channel-restricted", "Channel restricted"),
        errors.ChatWindowClosed: Kind(409, "window-closed", "Messaging window closed"),
        errors.DeliveryRefused: Kind(502, "delivery-refused", "Delivery refused"),
        errors.RecipientUnreachable: Kind(502, "recipient-unreachable", "Recipient unreachable"),
        errors.TemplateRefused: Kind(502, "template-refused", "Template refused"),
        errors.ChannelBroken: Kind(502, "channel-broken", "Channel broken"),
    }
)

_OF_FRAMEWORK = (
    Kind(401, "no-key", "No valid API key"),
    KINDS[errors.NotAllowed],
    KINDS[errors.NotFound],
    Kind(405, "method-not-allowed", "Method not allowed"),
    KINDS[errors.Conflict],
    KINDS[errors.TooLarge],
    KINDS[errors.UnsupportedMedia],
    Kind(416, "range-not-satisfiable", "Range not satisfiable"),
    INVALID,
    Kind(503, "unavailable", "Unavailable"),
    KINDS[errors.StorageFull],
)
_BY_STATUS = {kind.status: kind for kind in _OF_FRAMEWORK} | {400: INVALID}  # what is invalid is 422 throughout


class ProblemResponse(JSONResponse):
    """A problem as the answer."""

    media_type = "application/problem+json"


_ENUM = re.compile(r"<[A-Za-z.]+: ('[^']*')>")
"""How pydantic writes a member of an enum in its messages."""


def kind_of(error: type[errors.InstantReactError]) -> Kind:
    """The kind of problem that an error is: its own, or that of its nearest ancestor."""
    return next(KINDS[ancestor] for ancestor in error.__mro__ if ancestor in KINDS)


def kind_of_status(status: int) -> Kind:
    """The kind of problem that the framework means by a status."""
    phrase = HTTPStatus(status).phrase
    return _BY_STATUS.get(status, Kind(status, phrase.lower().replace(" ", "-"), phrase))


def answer_problem(
    request: HTTPConnection,
    kind: Kind,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    field_errors: Sequence[FieldError] | None = None,
    checks: Mapping[str, str | None] | None = None,
) -> ProblemResponse:
    """The answer to `request` for a problem of this kind."""
    problem = Problem(
        type=f"urn:problem-type:instantreact:{kind.slug}",
        title=kind.title,
        status=kind.status,
        detail=detail,
        instance=request.url.path,
        request_id=request.state.request_id,
        errors=list(field_errors) if field_errors is not None else None,
        checks=dict(checks) if checks is not None else None,
    )
    return ProblemResponse(problem.model_dump(exclude_none=True), kind.status, headers)


def answer_failure(request: Request) -> ProblemResponse:
    """The answer when something broke that nobody foresaw: no internals, but where to find them in the logs."""
    return answer_problem(request, FAILED, "Something went wrong here. The log has more under this request id.")


def install_handlers(app: FastAPI) -> None:
    """Let `app` answer every foreseen error as a problem; the unforeseen are the middleware's."""
    app.add_exception_handler(errors.InstantReactError, _answer_ours)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(ClientDisconnect, _answer_nobody)


def describe_errors(found: Sequence[Mapping[str, Any]]) -> list[FieldError]:
    """pydantic's errors in words, without what was sent: it may hold a secret."""
    return [FieldError(field=".".join(str(step) for step in error["loc"]), message=_describe(error)) for error in found]


async def _answer_ours(request: Request, error: Exception) -> Response:
    return answer_error(request, error) if isinstance(error, errors.InstantReactError) else answer_failure(request)


def answer_error(request: HTTPConnection, error: errors.InstantReactError) -> ProblemResponse:
    """The answer to `request` for one of our errors."""
    kind = kind_of(type(error))
    headers = {}
    if isinstance(error, errors.Transient) and error.retry_after_s is not None:
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    if kind.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        headers["Connection"] = "close"  # the rest of the body is not read
    return answer_problem(request, kind, str(error), headers=headers)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    found = error.errors() if isinstance(error, RequestValidationError) else []
    field_errors = describe_errors(found)
    detail = "; ".join(f"{each.field}: {each.message}" for each in field_errors)
    return answer_problem(request, INVALID, detail, field_errors=field_errors)


async def _answer_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        return answer_failure(request)
    kind = kind_of_status(error.status_code)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(_list_methods(request))
    return answer_problem(request, kind, _say_why(request, error), headers=headers)


def _list_methods(request: Request) -> list[str]:
    """What is possible at this path: the routes that share it each know their own method only."""
    described = request.app.openapi()["paths"].get(request.url.path) if request.app.openapi_url else None
    if described:  # said of this very path, not of all that look like it
        return sorted(method.upper() for method in described)
    scopes = ({**request.scope, "method": method} for method in _METHODS)
    return [
        scope["method"]
        for scope in scopes
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)
    ]


async def _answer_nobody(request: Request, error: Exception) -> Response:
    return Response(status_code=CLIENT_CLOSED_REQUEST)


def _describe(error: Mapping[str, Any]) -> str:
    message = _ENUM.sub(r"\1", str(error["msg"]).removeprefix("Value error, "))
    reason = error.get("ctx", {}).get("error") if error["type"] == "json_invalid" else None
    return f"{message}: {reason}" if reason else message


def _say_why(request: Request, error: HTTPException) -> str:
    if error.detail != HTTPStatus(error.status_code).phrase:
        return error.detail
    if error.status_code == HTTPStatus.NOT_FOUND:
        return f"There is nothing at {request.url.path}."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"{request.method} is not possible at {request.url.path}."
    return error.detail
