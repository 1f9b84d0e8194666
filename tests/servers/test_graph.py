"""The fake Graph keeps to the contract's section 9, so that what passes against it is worth something."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from instantreact.channels.messenger.signature import appsecret_proof, is_signed
from instantreact.channels.messenger.webhook import parse_webhook
from instantreact.channels.receiver import Delivered, Echo, Read
from instantreact_demo.graph import events, faults
from instantreact_demo.graph.policies import ONE_FILE, Person
from instantreact_demo.graph.server import FakeGraph, Moment, Page, Received
from tests.servers.hook_target import HookTarget

PSID, CLOSED, BLOCKED = "4242", "5", "6"
JPEG, PNG = b"\xff\xd8\xff\xe0 a picture", b"\x89PNG\r\n\x1a\n a picture"
CREDENTIALS = {
    "access_token": Page.access_token,
    "appsecret_proof": appsecret_proof(Page.access_token, Page.app_secret or ""),
}
POSTBACK = {"type": "postback", "title": "Acknowledge", "payload": "ACK:1"}
IMAGE = {"attachment": {"type": "image", "payload": {}}}


@pytest.fixture(scope="module")
def server() -> Iterator[FakeGraph]:
    """One server for the module; `graph` clears it."""
    with FakeGraph() as server:
        yield server


@pytest.fixture
def graph(server: FakeGraph) -> FakeGraph:
    """Graph, knowing somebody who can be written to, somebody whose window is shut and somebody who blocks."""
    server.reset()
    server.people = {PSID: Person(), CLOSED: Person(window_open=False), BLOCKED: Person(blocked=True)}
    return server


def make_body(message: Any, psid: str = PSID, **changes: Any) -> dict[str, Any]:
    return {"recipient": {"id": psid}, "messaging_type": "UPDATE", "message": message, **changes}


def make_template(text: str = "Fight", buttons: Any = (POSTBACK,)) -> dict[str, Any]:
    payload = {"template_type": "button", "text": text, "buttons": buttons}
    return {"attachment": {"type": "template", "payload": payload}, "metadata": "part:1"}


def make_replies(count: int, **changes: Any) -> dict[str, Any]:
    reply = {"content_type": "text", "title": "Acknowledge", "payload": "ACK:1", **changes}
    return {"text": "Fight", "quick_replies": [reply] * count}


def call(graph: FakeGraph, body: Any, *, path: str = "/v25.0/1000/messages", **credentials: str) -> httpx.Response:
    return httpx.post(f"{graph.url}{path}", params=credentials or CREDENTIALS, json=body)


def upload(
    graph: FakeGraph, *files: tuple[str | None, bytes, str | None], edge: str = "messages", **changes: Any
) -> httpx.Response:
    body = {"messaging_type": "UPDATE", "recipient": {"id": PSID}, "message": IMAGE, **changes}
    data = {name: value if isinstance(value, str) else json.dumps(value) for name, value in body.items()}
    parts = [("filedata", file) for file in files] or [("ignored", ("x", b"x", "text/plain"))]
    return httpx.post(f"{graph.url}/v25.0/1000/{edge}", params=CREDENTIALS, data=data, files=parts)


def error_of(response: httpx.Response) -> tuple[int, int | None]:
    error = response.json()["error"]
    return error["code"], error.get("error_subcode")


@pytest.mark.parametrize(
    ("path", "credentials", "error"),
    [
        ("/v25.0/1000/messages", {"access_token": "EAAwrong"}, (190, None)),
        ("/v25.0/1000/messages", {"access_token": Page.access_token}, (100, None)),
        ("/v25.0/1000/messages", {**CREDENTIALS, "appsecret_proof": "0" * 64}, (100, None)),
        ("/v25.0/2000/messages", CREDENTIALS, (100, 33)),
    ],
)
def test_graph_refuses_a_call_when_its_credentials_or_page_are_wrong(
    graph: FakeGraph, path: str, credentials: dict[str, str], error: tuple[int, int | None]
) -> None:
    assert error_of(call(graph, make_body({"text": "x"}), path=path, **credentials)) == error
    assert (graph.received, len(graph.refused)) == ([], 1)


@pytest.mark.parametrize(
    "message",
    [
        {"text": "x" * 1999},
        {"text": "x", "metadata": "m" * 999},
        make_replies(13),
        make_template("x" * 640, [{**POSTBACK, "title": "t" * 20, "payload": "p" * 1000}] * 3),
        make_template("x", [{"type": "web_url", "title": "Open", "url": "https://x.test"}]),
    ],
)
@pytest.mark.parametrize("path", ["/v25.0/1000/messages", "/v25.0/me/messages"])
def test_graph_accepts_a_message_up_to_its_limits(graph: FakeGraph, message: dict[str, Any], path: str) -> None:
    response = call(graph, make_body(message), path=path)
    assert response.json() == {"recipient_id": PSID, "message_id": graph.received[0].mid}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (make_body({"text": "x" * 2000}), (100, None)),
        (make_body({"text": "🔥" * 1000}), (100, None)),
        (make_body({"text": "x", "metadata": "m" * 1000}), (100, None)),
        (make_body({}), (100, 2018034)),
        (make_body({"text": ""}), (100, 2018034)),
        (make_body(None), (100, None)),
        (make_body({"text": "x", **IMAGE}), (100, None)),
        (make_body(make_replies(14)), (105, None)),
        (make_body(make_replies(1, title="t" * 21)), (100, None)),
        (make_body(make_replies(1, title="")), (100, None)),
        (make_body(make_replies(1, payload="p" * 1001)), (100, None)),
        (make_body(make_replies(1, content_type="location")), (100, None)),
        (make_body(make_template("x" * 641)), (100, None)),
        (make_body(make_template("🔥" * 321)), (100, None)),
        (make_body(make_template(" ")), (100, None)),
        (make_body(make_template(buttons=[])), (194, None)),
        (make_body(make_template(buttons=[POSTBACK] * 4)), (105, None)),
        (make_body(make_template(buttons=[{**POSTBACK, "title": "t" * 21}])), (100, None)),
        (make_body(make_template(buttons=[{**POSTBACK, "payload": "p" * 1001}])), (100, None)),
        (make_body(make_template(buttons=[{"type": "web_url", "title": "Open", "url": "http://x"}])), (100, None)),
        (make_body(make_template(buttons=[{"type": "teleport", "title": "Go"}])), (100, None)),
        (make_body({"attachment": {"type": "hologram", "payload": {}}}), (100, None)),
        (make_body({"attachment": {"type": "template", "payload": {"template_type": "generic"}}}), (100, None)),
        (make_body({"text": "x"}, messaging_type="URGENT"), (100, None)),
        (make_body({"text": "x"}, messaging_type="MESSAGE_TAG", tag="CONFIRMED_EVENT_UPDATE"), (100, None)),
        (make_body({"text": "x"}, messaging_type="MESSAGE_TAG", tag="ACCOUNT_UPDATE"), (100, None)),
        (make_body({"text": "x"}, messaging_type="MESSAGE_TAG", tag="POST_PURCHASE_UPDATE"), (100, None)),
        (make_body({"text": "x"}, tag="HUMAN_AGENT"), (100, None)),
        (make_body({"text": "x"}, psid="unknown"), (100, 2018001)),
        (make_body({"text": "x"}, recipient=PSID), (100, 2018001)),
        (make_body({"text": "x"}, psid=CLOSED), (10, 2018278)),
        (make_body({"text": "x"}, psid=BLOCKED), (551, 1545041)),
        (make_body({"attachment": {"type": "image", "payload": {"attachment_id": "1"}}}), (100, 2018074)),
        (make_body({"attachment": {"type": "image", "payload": {"url": "https://x.test"}}}), (100, 2018008)),
        ([], (100, None)),
    ],
)
def test_graph_refuses_what_the_contract_refuses(graph: FakeGraph, body: Any, error: tuple[int, int | None]) -> None:
    assert error_of(call(graph, body)) == error
    assert graph.received == []


@pytest.mark.parametrize(("data", "content_type"), [(JPEG, "image/jpeg"), (PNG, "image/png")])
def test_graph_keeps_the_picture_when_one_file_is_uploaded(graph: FakeGraph, data: bytes, content_type: str) -> None:
    response = upload(graph, ("frame", data, content_type), message={**IMAGE, "metadata": "part:2"})
    (received,) = graph.received
    assert response.json()["message_id"] == received.mid
    assert (received.part, received.picture, received.metadata) == ("picture", data, "part:2")


@pytest.mark.parametrize(
    ("files", "error", "words"),
    [
        ((), (100, None), ONE_FILE),
        (((None, JPEG, None),), (100, None), ONE_FILE),
        ((("a.jpg", JPEG, "image/jpeg"), ("b.jpg", JPEG, "image/jpeg")), (100, None), ONE_FILE),
        ((("a.jpg", PNG, "image/jpeg"),), (100, 2018047), "type"),
        ((("a.jpg", JPEG, "text/plain"),), (100, 2018047), "type"),
        ((("a.jpg", JPEG + bytes(25 * 1024 * 1024), "image/jpeg"),), (100, 2018109), "size"),
    ],
)
def test_graph_refuses_an_upload_when_it_is_not_one_proper_picture(
    graph: FakeGraph, files: tuple[Any, ...], error: tuple[int, int | None], words: str
) -> None:
    response = upload(graph, *files)
    assert error_of(response) == error
    assert words in response.json()["error"]["message"]
    assert graph.received == []


def test_graph_sends_a_saved_attachment_when_it_was_uploaded_before(graph: FakeGraph) -> None:
    saved = upload(graph, ("a.jpg", JPEG, "image/jpeg"), edge="message_attachments").json()["attachment_id"]
    assert graph.received == []
    call(graph, make_body({"attachment": {"type": "image", "payload": {"attachment_id": saved}}})).raise_for_status()
    assert graph.received[0].picture == JPEG


ALERT_TEMPLATE = {
    "name": "instantreact_alert",
    "language": "en",
    "category": "UTILITY",
    "parameter_format": "NAMED",
    "components": [
        {
            "type": "BODY",
            "text": "InstantReact update: {{what}} was reported by camera {{where}}. Open the dashboard to review it.",
            "example": {
                "body_text_named_params": [
                    {"param_name": "what", "example": "Fighting"},
                    {"param_name": "where", "example": "Front door"},
                ]
            },
        },
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "POSTBACK", "text": "Acknowledge", "payload": "ACK:{{1}}"},
                {"type": "URL", "text": "Review", "url": "https://x.test/open/{{1}}"},
            ],
        },
    ],
}


def make_utility(*, buttons: Any = None, **values: str) -> dict[str, Any]:
    body = [{"type": "text", "parameter_name": name, "text": value} for name, value in values.items()]
    shown = [{"type": "POSTBACK", "payload": "1"}, {"type": "URL", "url": "1/2"}] if buttons is None else buttons
    components = [{"type": "body", "parameters": body}, {"type": "buttons", "parameters": shown}]
    template = {"name": "instantreact_alert", "language": {"code": "en"}, "components": components}
    return make_body({"template": template}, psid=CLOSED, messaging_type="UTILITY")


def create(graph: FakeGraph, **changes: Any) -> httpx.Response:
    return call(graph, {**ALERT_TEMPLATE, **changes}, path="/v25.0/1000/message_templates")


def test_graph_takes_an_approved_utility_template_when_the_window_is_shut(graph: FakeGraph) -> None:
    body = make_utility(what="A fight", where="Front door")
    assert "template cannot be found" in call(graph, body).json()["error"]["message"]
    approved = create(graph).json()
    assert (approved["status"], approved["category"]) == ("APPROVED", "UTILITY")
    assert call(graph, body).json()["recipient_id"] == CLOSED
    (received,) = graph.received
    assert received.text.startswith("InstantReact update: A fight was reported by camera Front door.")
    assert [button.get("payload") or button["url"] for button in received.buttons] == [
        "ACK:1",
        "https://x.test/open/1/2",
    ]
    params = {**CREDENTIALS, "name": "instantreact_alert"}
    (listed,) = httpx.get(f"{graph.url}/v25.0/1000/message_templates", params=params).json()["data"]
    assert (listed["name"], listed["language"], listed["status"]) == ("instantreact_alert", "en", "APPROVED")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (make_utility(what="A fight"), "INCORRECT_PARAMS"),
        (make_utility(what="A fight", where="x", when="now"), "INCORRECT_PARAMS"),
        (make_utility(what="A fight, 91 %", where="x"), "#, $ or %"),
        (make_utility(what=" ", where="x"), "not empty"),
        (make_utility(what="A", where="x", buttons=[]), "INCORRECT_PARAMS"),
        (make_body({"text": "A fight"}, psid=CLOSED, messaging_type="UTILITY"), "only with it"),
        ({**make_utility(what="A", where="x"), "messaging_type": "UPDATE"}, "only with it"),
    ],
)
def test_graph_refuses_a_template_that_is_sent_otherwise_than_it_was_approved(
    graph: FakeGraph, body: dict[str, Any], words: str
) -> None:
    create(graph).raise_for_status()
    reply = call(graph, body)
    assert error_of(reply)[0] == 100
    assert words in reply.json()["error"]["message"]


def test_graph_refuses_a_template_that_is_paused_or_not_permitted(graph: FakeGraph) -> None:
    create(graph).raise_for_status()
    graph.templates[0].status = "PAUSED"
    body = make_utility(what="A fight", where="Front door")
    assert "PAUSED" in call(graph, body).json()["error"]["message"]
    page = graph.page
    graph.page = Page(permissions=frozenset({"pages_messaging"}))
    try:
        assert error_of(call(graph, body)) == (10, None)
        assert error_of(create(graph)) == (200, None)
    finally:
        graph.page = page


@pytest.mark.parametrize(
    "text",
    [
        "{{what}} was seen at {{where}} today, as we see it here",
        "It was seen at {{where}}: {{what}}.",
        "See {{what}} {{where}} now",
    ],
)
def test_graph_refuses_to_create_a_template_that_begins_or_ends_with_a_value_or_has_too_many(
    graph: FakeGraph, text: str
) -> None:
    body = {**ALERT_TEMPLATE["components"][0], "text": text}  # type: ignore[dict-item]
    assert error_of(create(graph, components=[body]))[0] == 100


def test_graph_answers_its_other_addresses(graph: FakeGraph) -> None:
    profile = {"get_started": {"payload": "GET_STARTED"}}
    assert call(graph, profile, path="/v25.0/me/messenger_profile").json() == {"result": "success"}
    params = {**CREDENTIALS, "subscribed_fields": "messages,message_echoes"}
    assert httpx.post(f"{graph.url}/v25.0/1000/subscribed_apps", params=params).json() == {"success": True}
    assert graph.subscribed_fields == ["messages", "message_echoes"]
    assert error_of(call(graph, {}, path="/v25.0/1000/subscribed_apps"))[0] == 100
    page = httpx.get(f"{graph.url}/v25.0/1000", params={**CREDENTIALS, "fields": "name"}).json()
    assert page == {"name": "Fake Page", "id": "1000"}


def test_graph_lets_each_fault_happen_once_in_order(graph: FakeGraph) -> None:
    graph.script(faults.RATE_LIMITED, faults.SEND_FAILURE, faults.TEMPORARY, faults.OUTAGE, faults.slow(0.01))
    body = make_body(make_template())
    assert [error_of(call(graph, body))[0] for _ in range(3)] == [613, 1200, 2]
    outage = call(graph, body)
    assert (outage.status_code, outage.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert graph.received == []
    assert call(graph, body).json()["message_id"] == graph.received[0].mid
    assert graph.faults == []


def test_graph_keeps_a_fault_when_it_is_meant_for_the_other_part(graph: FakeGraph) -> None:
    graph.script(faults.Fault(faults.FaultKind.ERROR, code=613, part="picture"))
    call(graph, make_body(make_template())).raise_for_status()
    assert error_of(upload(graph, ("a.jpg", JPEG, "image/jpeg"))) == (613, None)


@pytest.mark.parametrize(("fault", "taken"), [(faults.RESET_AFTER_ACCEPT, 1), (faults.RESET_BEFORE_ACCEPT, 0)])
def test_graph_resets_the_connection_when_told_to(graph: FakeGraph, fault: faults.Fault, taken: int) -> None:
    graph.script(fault)
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        call(graph, make_body(make_template()))
    assert len(graph.received) == taken


def test_graph_never_answers_when_it_hangs(graph: FakeGraph) -> None:
    graph.script(faults.HANG)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{graph.url}/v25.0/1000/messages", params=CREDENTIALS, json=make_body({"text": "x"}), timeout=0.2)
    call(graph, make_body({"text": "x"})).raise_for_status()


def test_graph_runs_the_hook_before_and_after_it_answers(graph: FakeGraph) -> None:
    seen: list[tuple[Moment, int]] = []
    answered = threading.Event()

    def hook(moment: Moment, received: Received | None) -> None:
        seen.append((moment, len(graph.received)))
        if moment is Moment.AFTER_ANSWER:
            answered.set()

    graph.hook = hook
    call(graph, make_body(make_template())).raise_for_status()
    assert answered.wait(5)
    assert seen == [(Moment.BEFORE_ACCEPT, 0), (Moment.BEFORE_ANSWER, 1), (Moment.AFTER_ANSWER, 1)]


@pytest.fixture
def target(graph: FakeGraph) -> Iterator[HookTarget]:
    """A webhook that keeps what it is told, and to which Graph reports."""
    with HookTarget() as listening:
        graph.webhook_url = listening.url
        yield listening


def test_graph_reports_echo_delivery_and_read_when_asked_to(graph: FakeGraph, target: HookTarget) -> None:
    graph.auto_events = ("echo", "delivery", "read")
    call(graph, make_body(make_template())).raise_for_status()
    calls = target.wait_for_calls(3)
    contents = [parse_webhook(body)[0].content for body, _ in calls]
    assert contents[0] == Echo(graph.received[0].mid, "part:1")
    assert isinstance(contents[1], Delivered)
    assert contents[1].mids == (graph.received[0].mid,)
    assert isinstance(contents[2], Read)


@pytest.mark.parametrize(
    ("signing", "is_genuine"),
    [(events.Signing.GOOD, True), (events.Signing.BAD, False), (events.Signing.NONE, False)],
)
def test_graph_taps_a_button_with_any_signature_and_as_often_as_asked(
    graph: FakeGraph, target: HookTarget, signing: events.Signing, is_genuine: bool
) -> None:
    call(graph, make_body(make_template("Fight ä <1/2>"))).raise_for_status()
    graph.people[PSID].window_open = False
    assert graph.tap(graph.received[0].mid, "Acknowledge", copies=2, signing=signing) == [200, 200]
    (first, header), (second, _) = target.wait_for_calls(2)
    assert first == second
    assert json.loads(first)["entry"][0]["messaging"][0]["postback"]["payload"] == "ACK:1"
    assert is_signed(first, header, Page.app_secret or "") is is_genuine
    assert graph.people[PSID].window_open


def test_graph_sends_events_in_the_order_it_is_given_when_they_come_out_of_order(
    graph: FakeGraph, target: HookTarget
) -> None:
    late, early = events.read(PSID, "1000", 2_000_000_000_000), events.read(PSID, "1000", 1_000_000_000_000)
    graph.call_webhook(late, early)
    ((body, _),) = target.wait_for_calls(1)
    late_seen, early_seen = (incoming.occurred_at for incoming in parse_webhook(body))
    assert late_seen is not None
    assert early_seen is not None
    assert late_seen > early_seen


def test_encode_body_writes_the_contract_s_test_vector() -> None:
    message = {"mid": "m_1", "text": "äöå 🔥 a/b <x@y>"}
    item = events.from_person("42", "1", 1_700_000_000_000, {"message": message})
    body = events.encode_body("1", [item], 1_700_000_000_000)
    signed = "sha256=9015cc15ef7bbcd645784b1078434832e2642bc303cc112417e5a85e08024603"
    assert events.sign(body, "0123456789abcdef0123456789abcdef") == signed


def test_graph_is_scripted_from_outside_when_it_runs_as_a_process(target: HookTarget) -> None:
    command = [sys.executable, "-m", "instantreact_demo.graph", "--person", PSID, "--webhook-url", "http://unused"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["url"]
        with httpx.Client(base_url=url, params=CREDENTIALS) as client:
            client.post("/_webhook", json={"url": target.url, "auto_events": ["delivery"]}).raise_for_status()
            client.post("/_people", json={PSID: {"window_open": True}, "7": {"blocked": True}}).raise_for_status()
            client.post("/_faults", json=[{"kind": "error", "code": 613}]).raise_for_status()
            body = make_body(make_template())
            assert error_of(client.post("/v25.0/1000/messages", json=body)) == (613, None)
            assert error_of(client.post("/v25.0/1000/messages", json={**body, "recipient": {"id": "7"}}))[0] == 551
            mid = client.post("/v25.0/1000/messages", json=body).json()["message_id"]
            (received,) = client.get("/_received").json()
            assert (received["mid"], received["text"], received["picture_bytes"]) == (mid, "Fight", 0)
            assert [refusal["error"]["code"] for refusal in client.get("/_refused").json()] == [551]
            assert client.post("/_tap", json={"mid": mid, "title": "Acknowledge"}).json() == {"statuses": [200]}
        assert len(target.wait_for_calls(2)) == 2
    finally:
        process.terminate()
        process.communicate(timeout=10)
