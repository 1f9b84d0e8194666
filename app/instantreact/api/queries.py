"""Questions that mean nothing.

A parameter that a route does not take is a mistake: left unread, `?camra_id=` would answer for every camera.
"""

from datetime import datetime

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from instantreact.api.nearest import suggest

_MAX_SHOWN_CHARACTERS = 80


async def refuse_unknown_query(request: Request) -> None:
    """Raise RequestValidationError for parameters that the description of this route does not name."""
    if not request.query_params:
        return
    known = _list_known(request)
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise RequestValidationError([_describe(name, known) for name in unknown])


def refuse_empty_time(since: datetime | None, until: datetime | None) -> None:
    """Raise RequestValidationError where nothing can lie between the two."""
    if since is not None and until is not None and since >= until:
        said = "lies before `since`, or is the same: nothing is between them"
        raise RequestValidationError([{"type": "value_error", "loc": ("query", "until"), "msg": said, "input": None}])


def _list_known(request: Request) -> list[str]:
    operations = request.app.openapi()["paths"].get(request.scope["route"].path, {})
    method = "get" if request.method == "HEAD" else request.method.lower()
    parameters = operations.get(method, {}).get("parameters", [])
    return [parameter["name"] for parameter in parameters if parameter["in"] == "query"]


def _describe(name: str, known: list[str]) -> dict[str, object]:
    said = f"there is no such parameter here. {suggest(name, known)}"
    return {"type": "extra_forbidden", "loc": ("query", name[:_MAX_SHOWN_CHARACTERS]), "msg": said, "input": None}
