"""One id, that of the request, leads from an upload to the message: through the log, and through traces."""

import json
from pathlib import Path

import httpx
import pytest

from instantreact_demo.graph import FakeGraph
from tests.flows.test_clip_to_messenger import add_rule
from tests.servers.collector import Collector
from tests.servers.service import API_KEY, Service

REQUEST_ID = "ticket-4711"
STEPS = ["clip.submitted", "http.request", "clip.analyzed", "alerts.raised", "delivery.part_sent"]


@pytest.fixture
def collector() -> Collector:
    return Collector()


def test_request_is_followed_to_the_message_in_log_and_traces(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path, collector: Collector
) -> None:
    with collector:
        service = Service(tmp_path, graph, log_json="true", traces_url=collector.url)
        with service, service.client() as api:
            add_rule(api, min_score=0.0)
            submit(api, drawn_clip)
            graph.wait_for_parts(2)
            api.get("/alerts", params={"key": "in-the-query"})
            (alert,) = api.get("/alerts").json()["items"]
        assert service.stop() == 0

    lines = [json.loads(line) for line in service.output if line.startswith("{")]
    of_request = [line for line in lines if line.get("request_id") == REQUEST_ID]
    assert [step for step in STEPS if step not in {line["event"] for line in of_request}] == []
    sent = [line for line in of_request if line["event"] == "delivery.part_sent"]
    assert {line["alert_id"] for line in sent} == {alert["id"]}
    (raised,) = [line for line in of_request if line["event"] == "alerts.raised"]
    assert raised["alert_ids"] == [alert["id"]]
    others = [line for line in lines if line["event"] == "http.request" and line["path"] != "/analyze"]
    assert REQUEST_ID not in {line["request_id"] for line in others}

    (asked,) = [span for span in collector.spans if span.name == "POST /analyze"]
    trace = {span.name: span for span in collector.spans if span.trace_id == asked.trace_id}
    assert {"POST /analyze", "job analyze", "job deliver_critical"} <= trace.keys()
    assert trace["job analyze"].parent_span_id == asked.span_id
    assert trace["job deliver_critical"].parent_span_id == trace["job analyze"].span_id
    attributes = {each.key: each.value for each in asked.attributes}
    assert attributes["request_id"].string_value == REQUEST_ID
    assert attributes["http.response.status_code"].int_value == 202
    for secret in ("in-the-query", API_KEY, graph.page.access_token, graph.page.app_secret or ""):
        assert not [body for body in collector.bodies if secret.encode() in body]
        assert secret not in "".join(service.output)


def submit(api: httpx.Client, clip: Path) -> None:
    with clip.open("rb") as file:
        answer = api.post("/analyze", files={"file": file}, headers={"X-Request-Id": REQUEST_ID})
    assert answer.headers["X-Request-Id"] == REQUEST_ID
    assert answer.status_code == 202
