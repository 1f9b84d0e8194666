"""A real local server that speaks the Messenger contract, refuses what Graph refuses, and remembers what it took.

In a test: `with FakeGraph() as graph: ...`. As a process of its own: `python -m instantreact_demo.graph --port 9000`.
"""

import asyncio
import hashlib
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import TracebackType
from typing import Any, Self

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from instantreact_demo.graph import events
from instantreact_demo.graph.faults import Fault, FaultKind
from instantreact_demo.graph.policies import (
    GraphError,
    Person,
    Upload,
    check_credentials,
    check_fields,
    check_message,
    check_messaging_type,
    check_permission,
    check_person,
    check_profile,
    check_upload,
    read_json,
)
from instantreact_demo.graph.templates import Rendered, Template, create_template, find_template
from instantreact_demo.graph.wire import Call, DroppableProtocol, read_call
from instantreact_demo.local_server import LocalServer


class Moment(StrEnum):
    """When a test's hook is called while a message comes in."""

    BEFORE_ACCEPT = "before_accept"
    BEFORE_ANSWER = "before_answer"
    AFTER_ANSWER = "after_answer"


@dataclass(frozen=True)
class Page:
    """The Page that this Graph knows, and what its token may do.

    Without an app secret it asks for no proof and signs with an empty one.
    """

    page_id: str = "1000"
    access_token: str = "EAAtesttoken"
    app_secret: str | None = "0123456789abcdef0123456789abcdef"
    permissions: frozenset[str] = frozenset({"pages_messaging", "pages_manage_metadata", "pages_utility_messaging"})


@dataclass(frozen=True)
class Received:
    """A message that was accepted: a text with what may be tapped, or a picture (a clip's bytes are its `picture`)."""

    mid: str
    psid: str
    part: str
    at_ms: int
    messaging_type: str
    metadata: str | None
    text: str = ""
    buttons: tuple[Mapping[str, str], ...] = ()
    quick_replies: tuple[Mapping[str, str], ...] = ()
    picture: bytes = field(default=b"", repr=False)

    def as_json(self) -> dict[str, Any]:
        """Everything but the picture itself."""
        shown = {name: value for name, value in vars(self).items() if name != "picture"}
        return {**shown, "picture_bytes": len(self.picture), "picture_sha256": hashlib.sha256(self.picture).hexdigest()}


class FakeGraph:
    """Graph for one Page. Set `people`, `templates`, `webhook_url`, `hook`, `auto_events`; read `received`.

    `weather` gives the fault of a call, by its part, where none is scripted.
    """

    def __init__(self, page: Page | None = None, *, port: int = 0, webhook_url: str | None = None) -> None:
        self.page = page or Page()
        self._numbers = itertools.count(1)
        self.reset(webhook_url=webhook_url)
        self.app = self._route()
        self._server = LocalServer(self.app, name="fake-graph", port=port, protocol=DroppableProtocol)
        self.url = self._server.url

    def serve(self) -> None:
        """Answer until stopped, in the calling thread."""
        self._server.serve()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def reset(self, *, webhook_url: str | None = None) -> None:
        """Forget everything but the Page: nobody can be written to, nothing was received, no fault waits."""
        self.webhook_url = webhook_url
        self.people: dict[str, Person] = {}
        self.received: list[Received] = []
        self.refused: list[GraphError] = []
        self.faults: list[Fault] = []
        self.weather: Callable[[str], Fault | None] = lambda part: None
        self.auto_events: tuple[str, ...] = ()
        self.hook: Callable[[Moment, Received | None], None] | None = None
        self.profile: dict[str, Any] = {}
        self.subscribed_fields: list[str] = []
        self.templates: list[Template] = []
        self._attachments: dict[str, bytes] = {}

    def script(self, *faults: Fault) -> None:
        """Let these faults happen to the next calls, in order; a fault for a part waits for that part."""
        self.faults.extend(faults)

    def wait_for_parts(self, count: int, *, timeout_s: float = 10.0) -> list[Received]:
        """What was received, once it is at least `count` parts; raises TimeoutError."""
        deadline_s = time.monotonic() + timeout_s
        while len(self.received) < count:
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"{len(self.received)} of {count} parts, refused: {self.refused}")
            time.sleep(0.01)
        return list(self.received)

    def tap(self, mid: str, title: str, *, copies: int = 1, signing: events.Signing = events.Signing.GOOD) -> list[int]:
        """Let the person tap a button of a received message; the webhook's HTTP statuses. Opens their window."""
        received = next(one for one in self.received if one.mid == mid)
        payload = next(button["payload"] for button in received.buttons if button["title"] == title)
        self.people[received.psid].window_open = True
        event = events.postback(received.psid, self.page.page_id, _now_ms(), title=title, payload=payload)
        return self.call_webhook(event, copies=copies, signing=signing)

    def write(self, psid: str, text: str) -> list[int]:
        """Let a person write to the Page, or tap a quick reply of the last message that had one of this title."""
        shown = [each for one in self.received if one.psid == psid for each in one.quick_replies]
        payload = next((each["payload"] for each in reversed(shown) if each["title"] == text), None)
        self.people[psid].window_open = True
        mid = f"m_written_{next(self._numbers)}"
        return self.call_webhook(
            events.message(psid, self.page.page_id, _now_ms(), mid=mid, text=text, payload=payload)
        )

    def call_webhook(
        self, *batch: events.Event, copies: int = 1, signing: events.Signing = events.Signing.GOOD
    ) -> list[int]:
        """Send one body with these events, `copies` times; the HTTP statuses of the answers."""
        if self.webhook_url is None:
            raise ValueError("this Graph was told no webhook_url")
        body = events.encode_body(self.page.page_id, batch, _now_ms())
        secret = self.page.app_secret or ""
        return [events.post(self.webhook_url, body, secret, signing) for _ in range(copies)]

    def events_about(self, received: Received, kind: str) -> events.Event:
        """The echo, delivery or read that Messenger sends about a message."""
        psid, page_id = received.psid, self.page.page_id
        match kind:
            case "echo":
                return events.echo(psid, page_id, _now_ms(), mid=received.mid, metadata=received.metadata)
            case "delivery":
                return events.delivery(psid, page_id, _now_ms(), mids=[received.mid])
            case "read":
                return events.read(psid, page_id, _now_ms())
            case _:
                raise ValueError(f"no event is called {kind}")

    def _route(self) -> Starlette:
        node = "/{version}/{page_id}"
        return Starlette(
            routes=[
                Route(f"{node}/messages", self._messages, methods=["POST"]),
                Route(f"{node}/message_attachments", self._save_attachment, methods=["POST"]),
                Route(f"{node}/messenger_profile", self._profile, methods=["GET", "POST", "DELETE"]),
                Route(f"{node}/subscribed_apps", self._subscribe, methods=["GET", "POST"]),
                Route(f"{node}/message_templates", self._templates, methods=["GET", "POST"]),
                Route(node, self._page_node, methods=["GET"]),
            ],
            exception_handlers={GraphError: self._refuse},  # type: ignore[dict-item]  # starlette types the base class
        )

    async def _refuse(self, _: Request, error: GraphError) -> Response:
        self.refused.append(error)
        return JSONResponse(error.body(), status_code=error.status)

    async def _messages(self, request: Request) -> Response:
        self._authorise(request)
        call = await read_call(request)
        fault = self._take_fault(call.part)
        await self._run_hook(Moment.BEFORE_ACCEPT, None)
        if fault is not None and not fault.accepted:
            return await self._fail(fault, request, {})
        received = self._accept(call)
        await self._run_hook(Moment.BEFORE_ANSWER, received)
        receipt: dict[str, Any] = {"recipient_id": received.psid, "message_id": received.mid}
        reply = JSONResponse(receipt) if fault is None else await self._fail(fault, request, receipt)
        reply.background = BackgroundTask(self._after_answer, received)
        return reply

    async def _save_attachment(self, request: Request) -> Response:
        self._authorise(request)
        call = await read_call(request)
        check_message(call.body.get("message"))
        attachment_id = str(1_857_777_000_000 + next(self._numbers))
        self._attachments[attachment_id] = check_upload(call.body["message"]["attachment"], call.files or ()).data
        return JSONResponse({"attachment_id": attachment_id})

    async def _profile(self, request: Request) -> Response:
        self._authorise(request)
        check_permission("pages_messaging", self.page.permissions, code=230)
        if request.method == "GET":
            asked = request.query_params.get("fields", "").split(",")
            found = {name: value for name, value in self.profile.items() if name in asked}
            return JSONResponse({"data": [found] if found else []})
        body = read_json(await request.body())
        if request.method == "DELETE":
            self.profile = {name: value for name, value in self.profile.items() if name not in body["fields"]}
        else:
            self.profile |= check_profile(body, self.profile)
        return JSONResponse({"result": "success"})

    async def _subscribe(self, request: Request) -> Response:
        self._authorise(request)
        check_permission("pages_manage_metadata", self.page.permissions, code=200)
        if request.method == "GET":
            app = {"id": "1517776481860111", "name": "Fake App", "subscribed_fields": self.subscribed_fields}
            return JSONResponse({"data": [app] if self.subscribed_fields else []})
        self.subscribed_fields = check_fields(request.query_params.get("subscribed_fields", ""))
        return JSONResponse({"success": True})

    async def _templates(self, request: Request) -> Response:
        self._authorise(request)
        check_permission("pages_utility_messaging", self.page.permissions, code=200)
        if request.method == "GET":
            name = request.query_params.get("name")
            found = [each for each in self.templates if name in (None, each.name)]
            return JSONResponse({"data": [each.as_json(number) for number, each in enumerate(found, start=1)]})
        template = create_template(read_json(await request.body()))
        self.templates.append(template)
        return JSONResponse({"id": str(next(self._numbers)), "status": template.status, "category": "UTILITY"})

    async def _page_node(self, request: Request) -> Response:
        self._authorise(request)
        return JSONResponse({"name": "Fake Page", "id": self.page.page_id})

    def _authorise(self, request: Request) -> None:
        query = request.query_params
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        check_credentials(
            query.get("access_token", bearer),
            query.get("appsecret_proof"),
            expected_token=self.page.access_token,
            app_secret=self.page.app_secret,
        )
        if request.path_params["page_id"] not in (self.page.page_id, "me"):
            page_id = request.path_params["page_id"]
            raise GraphError(100, f"Unsupported request. Object with ID '{page_id}' does not exist", subcode=33)

    def _accept(self, call: Call) -> Received:
        check_messaging_type(call.body)
        message = call.body.get("message")
        rendered = self._render(call.body)
        check_message(message)
        assert isinstance(message, dict)
        psid = check_person(call.body, self.people)
        number = next(self._numbers)
        payload = (message.get("attachment") or {}).get("payload", {})
        received = Received(
            mid=f"m_fake_{number}", psid=psid, part=call.part, at_ms=_now_ms(),
            messaging_type=call.body["messaging_type"], metadata=message.get("metadata"),
            text=message.get("text") or payload.get("text", rendered.text),
            buttons=tuple(payload.get("buttons", rendered.buttons)),
            quick_replies=tuple(message.get("quick_replies", ())),
            picture=self._picture(message.get("attachment"), call.files),
        )  # fmt: skip
        self.received.append(received)
        return received

    def _render(self, body: Mapping[str, Any]) -> Rendered:
        """What a message's template comes to; a template goes with UTILITY, and only with it."""
        message = body.get("message")
        template = message.get("template") if isinstance(message, dict) else None
        if (body.get("messaging_type") == "UTILITY") != isinstance(template, dict):
            raise GraphError(100, "param message[template] goes with messaging_type UTILITY, and only with it")
        if not isinstance(template, dict):
            return Rendered("", ())
        if "pages_utility_messaging" not in self.page.permissions:
            raise GraphError(10, "This endpoint requires the 'pages_utility_messaging' permission", status=403)
        return find_template(self.templates, template).render(template.get("components", []))

    def _picture(self, attachment: Mapping[str, Any] | None, files: tuple[Upload, ...] | None) -> bytes:
        if attachment is None or attachment["type"] == "template":
            return b""
        if files is not None:
            return check_upload(attachment, files).data
        saved = attachment["payload"].get("attachment_id")
        if saved is not None and saved not in self._attachments:
            raise GraphError(100, "Invalid attachment id", subcode=2018074)
        if saved is None:
            raise GraphError(100, "Failed to fetch the file from the url", subcode=2018008)
        return self._attachments[saved]

    def _take_fault(self, part: str) -> Fault | None:
        fault = next((one for one in self.faults if one.part in (None, part)), None)
        if fault is None:
            return self.weather(part)
        self.faults.remove(fault)
        return fault

    async def _fail(self, fault: Fault, request: Request, receipt: Mapping[str, Any]) -> Response:
        match fault.kind:
            case FaultKind.ERROR:
                body = GraphError(fault.code, fault.message, subcode=fault.subcode).body()
                return JSONResponse(body, status_code=fault.status, headers=dict(fault.headers))
            case FaultKind.PAGE:
                return HTMLResponse("<html><body>Sorry.</body></html>", fault.status, headers=dict(fault.headers))
            case FaultKind.SLOW:
                await asyncio.sleep(fault.delay_s)
                return JSONResponse(dict(receipt), headers=dict(fault.headers))
            case FaultKind.RESET:
                DroppableProtocol.drop(request)
        while (await request.receive())["type"] != "http.disconnect":
            pass
        return Response()

    async def _run_hook(self, moment: Moment, received: Received | None) -> None:
        if self.hook is not None:
            await run_in_threadpool(self.hook, moment, received)

    def _after_answer(self, received: Received) -> None:
        if self.hook is not None:
            self.hook(Moment.AFTER_ANSWER, received)
        for kind in self.auto_events:
            self.call_webhook(self.events_about(received, kind))


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
