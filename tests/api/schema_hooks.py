"""For schemathesis: values that no schema describes, refusals that none can foresee, and who may do what.

It imports nothing of the service, which would take seconds.
"""

import base64
import json
import os
import re
import time
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, CheckContext, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

CLIPS = [path.read_bytes() for path in sorted(Path(os.environ.get("SCHEMA_CLIPS", "/nowhere")).glob("*.mp4"))]
SOURCES = ("push:", "device:63", "device:62", "rtsp://ana:secret@127.0.0.1:9/s", "http://[::1]:9/a.jpg#")
NAMED = {"/rules", "/cameras", "/sites", "/keys", "/users", "/recipients", "/invitations"}
NAMED |= {f"{path}/{{{path[1:-1]}_id}}" for path in NAMED}
_session = requests.Session()
_numbers = count(time.time_ns())
_NUMBER = re.compile(r" #\d+$")
_MOMENTS = st.datetimes(timezones=st.just(UTC))
_IDS = st.uuids().map(lambda each: each.hex)


def _encode_cursor(at: datetime, row_id: str) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {row_id}".encode()).decode().rstrip("=")


schemathesis.openapi.format("cursor", st.builds(_encode_cursor, _MOMENTS, _IDS))
schemathesis.openapi.format("time-zone", st.sampled_from(["Europe/Berlin", "UTC", "Asia/Kathmandu", "Etc/GMT+12"]))
schemathesis.openapi.format("camera-source", st.sampled_from(SOURCES))
schemathesis.openapi.format("label", st.sampled_from(["person", "car", "knife"]))
schemathesis.openapi.format("concept", st.sampled_from(["fight", "fall", "fire"]))
if CLIPS:
    schemathesis.openapi.media_type("video/mp4", st.sampled_from(CLIPS))


@schemathesis.hook
def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
    """Names are unique in the service: without this a request that is sent again, as hypothesis does to reproduce what
    it found, would be answered 409, and `stateful` stop there."""
    body = case.body
    if case.operation.path not in NAMED or not isinstance(body, dict):
        return
    name = body.get("name")
    if isinstance(name, str) and 0 < len(name) < 100:
        case.body = {**body, "name": f"{_NUMBER.sub('', name)} #{next(_numbers)}"}


UNFORESEEN: dict[str, tuple[str, ...]] = {
    "what is there": (
        r"There is no (camera|site|recipient|rule) ",
        "is not a known concept",
        "is not looked for",
        "names either a `zone` or a `line`",
        "`way` is",
        "the ends of the `line` are one point",
        "`max_count` is less than `min_count`",
        "has a zone called",
        "There is nothing to be read at",
    ),
    "what is set up": ("needs Wit.ai", "The local phrase spotter cannot spell"),
    "what a camera answers": (
        "What answers there does not speak",
        "There is nothing to open",
        "Nothing listens on port",
        "has no video device",
    ),
    "another field": (
        "lies before `since`",
        "Nothing lies between the two moments",
        "two zones have the same name",
        "takes no user name and no password",
        "A password needs",
        r"asks for \d+ windows of only",
        "`after_s` must grow",
        "a confirmation looks at windows that were seen",
        "days lie between `since` and `until`",
        "or neither for everything; not both",
    ),
    "what is stored": ("No password of this user name", r"The source holds \*\*\*"),
    "what time it is": ("would have expired already", "is no time at which footage was recorded"),
    "what letters mean": ("holds nothing that can be seen", "holds no word", "is no time zone"),
    "a key": ("is no point of the curve", "is not 16 bytes long"),
    "a shape": (
        "has fewer than three different corners",
        "has all its corners on one line",
        "crosses or touches itself",
        "encloses less than a pixel",
    ),
}
"""What decides, beside the description, whether a request is refused, and in which words: no schema can say so."""

_UNFORESEEN = re.compile("|".join(reason for reasons in UNFORESEEN.values() for reason in reasons))


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Case[Any], response: Response) -> bool:
    """Whether a failure counts: a refusal for a reason that no schema can say does not."""
    is_refusal = isinstance(failure, RejectedPositiveData) and response.status_code == 422
    return not (is_refusal and _UNFORESEEN.search(response.json()["detail"]))


SCOPES: dict[str, str] = json.loads(os.environ.get("SCHEMA_SCOPES", "{}"))
"""What each operation that needs a key asks of it."""


@schemathesis.check
def refuses_who_may_not(ctx: CheckContext, response: Response, case: Case[Any]) -> None:
    """The same request without a key, and with one that may only read, is refused for that very reason, whatever else
    may be wrong with it."""
    scope = SCOPES.get(case.operation.definition.raw["operationId"])
    if scope is None or case.meta is None or case.meta.phase.name is TestPhase.COVERAGE:
        return
    answered = _ask_again(response.request, None)
    assert answered == 401, f"Nobody may do this, and is answered {answered}."
    if scope != "read":
        answered = _ask_as_reader(response.request)
        assert answered == 403, f"A reader may not do this, and is answered {answered}."


_readers: list[str] = []
"""A key that may read, the last one: what is tested revokes and rotates keys, also this one."""


def _ask_as_reader(request: requests.PreparedRequest) -> int:
    answered = _ask_again(request, _readers[-1]) if _readers else 401
    if answered == 401:
        address = urlsplit(request.url or "")._replace(path="/keys", query="").geturl()
        draft = {"name": f"reader #{next(_numbers)}", "scopes": ["read"]}
        made = _session.post(address, json=draft, headers={"X-API-Key": request.headers["X-API-Key"]})
        _readers.append(made.json()["key"])
        answered = _ask_again(request, _readers[-1])
    return answered


def _ask_again(request: requests.PreparedRequest, key: str | None) -> int:
    again = request.copy()
    again.headers.pop("X-API-Key", None)
    again.headers.update({"X-API-Key": key} if key else {})
    return _session.send(again).status_code
