"""Questions that mean nothing, or two things.

A parameter that a route does not take is a mistake: left unread, `?camra_id=` would answer for every camera.
"""

from collections import Counter
from datetime import datetime

from fastapi import Request
from fastapi.exceptions import RequestValidationError

from instantreact.api.nearest import suggest

_MAX_SHOWN_CHARACTERS = 80


async def refuse_unknown_query(request: Request) -> None:
    """Raise RequestValidationError for parameters that the description of this route does not name, or that come twice.

    No route takes a list: of two values one would be left unread.
    """
    if not request.query_params:
        return
    known = _list_known(request)
    given = Counter(name for name, _ in request.query_params.multi_items())
    wrong = {name: f"there is no such parameter here. {suggest(name, known)}" for name in given if name not in known}
    twice = {name: "is given more than once" for name in given if name in known and given[name] > 1}
    if wrong or twice:
        raise RequestValidationError([_describe(name, said) for name, said in {**wrong, **twice}.items()])


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


def _describe(name: str, said: str) -> dict[str, object]:
    return {"type": "extra_forbidden", "loc": ("query", name[:_MAX_SHOWN_CHARACTERS]), "msg": said, "input": None}
