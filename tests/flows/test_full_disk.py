"""A disk that is nearly full: new clips are refused, what was accepted is analyzed and told, and can be deleted."""

from pathlib import Path

import httpx

from instantreact_demo.graph import FakeGraph
from tests.flows.test_clip_to_messenger import add_rule
from tests.servers.service import Service, wait_until

MORE_MB_THAN_ANY_DISK_HAS = str(10**9)


def test_accepted_clip_is_told_and_deleted_though_no_new_clip_is_taken(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path
) -> None:
    nowhere = tmp_path / "no-bundle-yet"
    with Service(tmp_path / "state", graph, captioner_bundle=str(nowhere)) as service, service.client() as api:
        add_rule(api, min_score=0.0)
        with drawn_clip.open("rb") as file:
            accepted = api.post("/analyze", files={"file": file}).headers["Location"]
    with Service(tmp_path / "state", graph, reserve_mb=MORE_MB_THAN_ANY_DISK_HAS) as service, service.client() as api:
        refused = api.post("/analyze", files={"file": b"another clip"})
        assert refused.status_code == 507
        assert "nearly full" in refused.json()["detail"]
        assert "nearly full" in httpx.get(f"{service.url}/readyz").json()["checks"]["storage"]
        wait_until(lambda: len(graph.received) == 2, timeout_s=60, what="the alert's two parts")
        assert api.delete(accepted).status_code == 204
