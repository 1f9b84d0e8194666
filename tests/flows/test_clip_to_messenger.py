"""The main job, end to end: a clip over HTTP to a running service, the message at Graph, the answer from the chat."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from instantreact_demo.graph import FakeGraph, Signing
from tests.flows.conftest import PSID
from tests.media.clips import Drawing, make_clip
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
    with Service(tmp_path, graph, draw_boxes="false") as service:
        follow_clip_to_messenger(service, graph, drawn_clip, min_score=0.0)


@pytest.mark.timeout(300)
def test_burst_of_matches_is_one_alert_and_a_follow_up_at_most_every_grouping_time(
    tmp_path: Path, graph: FakeGraph
) -> None:
    path = make_clip(tmp_path / "burst.mp4", Drawing(width=160, height=120, fps=8.0, duration_s=100.0))
    with Service(tmp_path, graph, grouping_s="15") as service, service.client() as api:
        graph.webhook_url = f"{service.url}/webhooks/messenger"
        guard = {"name": "Guard", "channel": "messenger", "address": PSID}
        assert api.post("/recipients", json=guard).status_code == 201
        conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
        rule = {"name": "Anything", "conditions": conditions, "cooldown_s": 0}
        rule_id = api.post("/rules", json=rule).json()["id"]
        began_s = time.monotonic()
        with path.open("rb") as file:
            clip_id = api.post("/analyze", files={"file": file}).json()["clip"]["id"]
        wait_until(
            lambda: api.get(f"/clips/{clip_id}").json()["state"] == "analyzed", what="the analysis", timeout_s=200
        )
        events = api.get("/events", params={"limit": 100}).json()["items"]
        assert len(events) >= 49
        last = f"⚠️ Anything: {len(events)} times"
        wait_until(lambda: graph.received[-2].text.startswith(last), what="the last follow-up", timeout_s=60)
        *follow_ups, alert = api.get("/alerts").json()["items"]
        assert (alert["rule_id"], alert["incident"]["count"]) == (rule_id, len(events))
        assert 1 <= len(follow_ups) <= (time.monotonic() - began_s) / 15
        assert len(graph.received) == 2 * (1 + len(follow_ups))
        assert graph.tap(graph.received[-2].mid, "False alarm") == [200]
        wait_until(
            lambda: api.get(f"/alerts/{alert['id']}").json()["state"] == "dismissed", what="the answer to the follow-up"
        )
    assert not graph.refused


@pytest.mark.data
def test_real_fight_reaches_messenger_once_and_is_acknowledged_from_the_chat(
    tmp_path: Path, graph: FakeGraph, data_dir: Path
) -> None:
    with Service(tmp_path, graph, draw_boxes="false") as service:
        follow_clip_to_messenger(service, graph, data_dir / "cctv" / "clips" / "fi001.mp4", min_score=0.5)


@pytest.mark.data
def test_ordinary_clip_raises_no_fight_alert(tmp_path: Path, graph: FakeGraph, data_dir: Path) -> None:
    with Service(tmp_path, graph) as service, service.client() as api:
        add_rule(api, min_score=0.5)
        clip = submit(api, data_dir / "cctv" / "clips" / "in_person_w2.mp4")
        assert clip["state"] == "analyzed"
        assert api.get("/alerts").json()["items"] == []
    assert graph.received == []
