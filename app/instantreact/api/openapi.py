"""The description of the API (OpenAPI): its front page, and how errors are documented."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from instantreact.api.errors import kind_of_status
from instantreact.api.openapi_links import add_links
from instantreact.api.schemas.problem import Problem
from instantreact.api.schemas.walls import WallDraft, WallPictureView, WallProblemView

DESCRIPTION = """\
InstantReact watches and listens to footage, says what happened in a sentence, and tells the right people.

Submit a clip with `POST /analyze`; read what was seen at `/events`; write down at `/rules` what is worth an alert.
Lists are pages, newest first: pass `next` back as `after` to go on. Every error is a problem (RFC 9457) and carries
the request's id, which the log knows too.

A key may be good for less than everything (`POST /keys`), and be confined to sites or cameras: what lies outside is not
there for it (404). What cannot send a header, such as `<img>`, `<video>` and EventSource, takes the address that
`POST /links` signs, which opens that one for a while.

People sign in with `POST /session`: the cookie that comes back stands for a key. With it, requests that change
something must come from a page of the service itself.

A camera whose source is `push:` is fed through the web socket `/cameras/{id}/push`: each binary message is a frame as
JPEG. The API key comes in its header or, from browsers, as `?key=`. A frame that is refused closes the socket and says
why; a socket that closes with 1012 is to be opened again.

The pictures of many cameras come over one web socket, `/live`: send a `WallDraft` as text, as often as you like; binary
messages come back, each two bytes (big-endian) with the length of a `WallPictureView` as JSON, that, and a JPEG. A
camera without pictures is told once as text, a `WallProblemView`. It closes with 1008 when the session or key ends.
"""

TAGS = [
    {"name": "clips", "description": "Submit footage, follow its analysis, fetch it, delete it."},
    {"name": "events", "description": "What was seen and heard, and when."},
    {"name": "rules", "description": "What is worth an alert."},
    {"name": "alerts", "description": "What people were told, and what they answered."},
    {"name": "recipients", "description": "Whom to tell, and how."},
    {"name": "sites", "description": "The places that cameras belong to, and their time zones."},
    {"name": "cameras", "description": "Where footage comes from."},
    {"name": "jobs", "description": "Queued work, and what was given up."},
    {"name": "keys", "description": "Who may come in, and what they may do and see."},
    {"name": "users", "description": "People: their roles, their sites, and how they sign in."},
    {"name": "session", "description": "Signing in and out, and what is one's own."},
    {"name": "audit", "description": "Who saw, changed and answered what, and from where."},
    {"name": "data protection", "description": "What is kept of a camera or a person: told, exported, erased."},
    {"name": "webhooks", "description": "Called by channels, such as Messenger."},
    {"name": "health", "description": "For whatever runs the service."},
]

_SAID = {
    HTTPStatus.UNAUTHORIZED: "Neither a known API key nor a session was shown, or a password is wrong.",
    HTTPStatus.FORBIDDEN: "The caller may not do this.",
    HTTPStatus.NOT_FOUND: "There is no such thing.",
    HTTPStatus.REQUEST_TIMEOUT: "Nothing came for too long.",
    HTTPStatus.CONFLICT: "It clashes with what is there.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "More than the limit allows.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "Not of a kind that is taken here.",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "The file ends before the range begins.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The request cannot be understood, or is out of bounds; `errors` says where.",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The address and the headers are too long, or too many.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests, or wrong keys; `Retry-After` says when to come again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not possible now, or not configured.",
    HTTPStatus.INSUFFICIENT_STORAGE: "No room is left for the file.",
}

CREATED: dict[str, Any] = {
    "description": "It is stored, under the address in Location.",
    "headers": {"Location": {"description": "Where it can be read.", "schema": {"type": "string"}}},
}
"""What to document for 201."""

Responses = dict[int | str, dict[str, Any]]


def problems(*statuses: int) -> Responses:
    """What to document on a route that answers with these problems; where a key can be wrong, too many can be."""
    guessed = (429,) if 401 in statuses else ()
    return {status: describe_problem(HTTPStatus(status)) for status in sorted({*statuses, *guessed})}


def describe_problem(status: HTTPStatus) -> dict[str, Any]:
    """How one problem is documented, an example included."""
    kind = kind_of_status(status)
    example: dict[str, Any] = {
        "type": f"urn:problem-type:instantreact:{kind.slug}",
        "title": kind.title,
        "status": status.value,
        "detail": _SAID[status],
        "instance": "/clips",
        "request_id": "5b0c1d6f5c0e4f0f9d7c7a3f2b1e0a9c",
    }
    if status is HTTPStatus.UNPROCESSABLE_ENTITY:
        example["errors"] = [{"field": "body.name", "message": "Field required"}]
    schema = {"$ref": "#/components/schemas/Problem"}
    content = {"application/problem+json": {"schema": schema, "example": example}}
    return {"description": _SAID[status], "content": content}


def install_description(app: FastAPI) -> None:
    """Describe `app` with the schema of a problem, to which every documented error refers."""

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            described = get_openapi(
                title=app.title,
                version=app.version,
                description=app.description,
                routes=app.routes,
                tags=app.openapi_tags,
                servers=app.servers,
            )
            _drop_default_errors(described)
            schemas = described["components"]["schemas"]
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas.update(problem.pop("$defs"))
            schemas["Problem"] = problem
            for said in (WallDraft, WallPictureView, WallProblemView):
                schema = said.model_json_schema(ref_template="#/components/schemas/{model}")
                schemas.update(schema.pop("$defs", {}))
                schemas[said.__name__] = schema
            _add_common(described)
            add_links(described)
            app.openapi_schema = described
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _add_common(described: dict[str, Any]) -> None:
    """What the connection may answer, whatever was asked for."""
    status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    described["components"]["responses"] = {"HeadTooLarge": describe_problem(status)}
    for operations in described["paths"].values():
        for operation in operations.values():
            operation["responses"][str(status.value)] = {"$ref": "#/components/responses/HeadTooLarge"}


def _drop_default_errors(described: dict[str, Any]) -> None:
    """Take out FastAPI's own validation error: it adds one to routes with parameters that cannot be wrong."""
    for operations in described["paths"].values():
        for operation in operations.values():
            if "application/json" in operation["responses"].get("422", {}).get("content", {}):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        described["components"]["schemas"].pop(name, None)
