"""A token that Messenger refuses: said in /readyz and on the console; what waited goes out with a new one."""

from pathlib import Path

import httpx

from instantreact_demo.graph import FakeGraph
from tests.flows.test_clip_to_messenger import add_rule, submit
from tests.servers.service import Service, wait_until


def read_status(service: Service) -> str:
    answer = httpx.get(f"{service.url}/readyz")
    assert answer.status_code == 200
    return str(answer.json()["status"])


def test_alert_waits_for_a_new_token_and_goes_out_when_the_service_is_started_with_it(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path
) -> None:
    with Service(tmp_path / "state", graph, messenger_page_token="expired") as service, service.client() as api:
        wait_until(lambda: read_status(service) == "degraded", what="the fault to be found")
        assert "access token" in httpx.get(f"{service.url}/readyz").json()["checks"]["messenger"]
        wait_until(lambda: any("No alert goes out" in line for line in service.output), what="the console's word")
        add_rule(api, min_score=0.0)
        submit(api, drawn_clip)
        assert graph.received == []
    with Service(tmp_path / "state", graph) as service:
        graph.wait_for_parts(2, timeout_s=60)
        wait_until(lambda: read_status(service) == "ready", what="the repair to be found")
