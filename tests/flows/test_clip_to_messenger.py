"""The main job, end to end: a clip over HTTP to a running service, the message at Graph, the answer from the chat."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from instantreact_demo.graph import FakeGraph, Signing
from tests.flows.conftest import PSID
from tests.servers.service import Service, wait_until


def add_rule(api: httpx.Client, *, min_score: float) -> None:
    guard = {"name": "Guard", "channel": "messenger", "address": PSID}
    assert api.post("/recipients", json=guard).status_code == 201
    conditions = [{"kind": "concept", "concept": "fight", "min_score": min_score}]
    rule = {"name": "A fight", "conditions": conditions, "severity": "critical", "cooldown_s": 600}
    assert api.post("/rules", json=rule).status_code == 201


def submit(api: httpx.Client, path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        answer = api.post("/analyze", params={"wait": 60}, files={"file": file})
    assert answer.status_code == 200, answer.text
    clip: dict[str, Any] = answer.json()["clip"]
    return clip


def follow_clip_to_messenger(service: Service, graph: FakeGraph, path: Path, *, min_score: float) -> None:
    graph.webhook_url = f"{service.url}/webhooks/messenger"
    with service.client() as api:
        add_rule(api, min_score=min_score)
        clip = submit(api, path)
        assert clip["state"] == "analyzed"
        (alert,) = api.get("/alerts").json()["items"]
        received = graph.wait_for_parts(2)
        assert [(part.part, part.psid) for part in received] == [("text", PSID), ("picture", PSID)]
        assert [button["title"] for button in received[0].buttons] == ["Acknowledge", "False alarm", "Mute"]
        assert alert["evidence"][0]["quote"] in received[0].text
        event = api.get(f"/events/{alert['event_id']}/snapshot.jpg")
        assert received[1].picture == event.content

        assert graph.tap(received[0].mid, "Acknowledge", signing=Signing.BAD) == [403]
        assert api.get(f"/alerts/{alert['id']}").json()["state"] == "raised"
        assert graph.tap(received[0].mid, "Acknowledge", copies=2) == [200, 200]
        acknowledged = wait_until(
            lambda: (found := api.get(f"/alerts/{alert['id']}").json())["state"] == "acknowledged" and found,
            what="the acknowledgement",
        )
        assert acknowledged["answered_by"] == "Guard"
        again = submit(api, path)
        assert again["id"] == clip["id"]
    assert len(graph.received) == 2
    assert not graph.refused
    assert service.stop() == 0


def test_drawn_clip_reaches_messenger_once_and_is_acknowledged_from_the_chat(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path
) -> None:
    with Service(tmp_path, graph) as service:
        follow_clip_to_messenger(service, graph, drawn_clip, min_score=0.0)


@pytest.mark.data
def test_real_fight_reaches_messenger_once_and_is_acknowledged_from_the_chat(
    tmp_path: Path, graph: FakeGraph, data_dir: Path
) -> None:
    with Service(tmp_path, graph) as service:
        follow_clip_to_messenger(service, graph, data_dir / "cctv" / "clips" / "fi001.mp4", min_score=0.5)


@pytest.mark.data
def test_ordinary_clip_raises_no_fight_alert(tmp_path: Path, graph: FakeGraph, data_dir: Path) -> None:
    with Service(tmp_path, graph) as service, service.client() as api:
        add_rule(api, min_score=0.5)
        clip = submit(api, data_dir / "cctv" / "clips" / "in_person_w2.mp4")
        assert clip["state"] == "analyzed"
        assert api.get("/alerts").json()["items"] == []
    assert graph.received == []
