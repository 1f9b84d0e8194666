"""Cameras end to end: a real RTSP server, real `serve` processes, the message at Graph, the evidence afterwards."""

import io
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import av
import cv2
import httpx
import numpy as np
import pytest

from instantreact.domain.media import Images
from instantreact_demo.graph import FakeGraph
from tests.flows.conftest import PSID
from tests.flows.test_clip_to_messenger import add_rule
from tests.media.live_footage import write_clip
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import API_KEY, Service, wait_until

LONG_S = 60.0


def add_camera(api: httpx.Client, source: str, **values: object) -> str:
    answer = api.post("/cameras", json={"name": "Front door", "source": source, **values})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def wait_for_state(api: httpx.Client, camera_id: str, state: str) -> dict[str, Any]:
    """The camera's live state, once it is `state`."""

    def look() -> dict[str, Any] | None:
        live: dict[str, Any] = api.get(f"/cameras/{camera_id}").json()["live"]
        return live if live["state"] == state else None

    found: dict[str, Any] = wait_until(look, timeout_s=LONG_S, what=f"state {state}")
    return found


def decode_jpeg(jpeg: bytes) -> Images:
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return np.asarray(decoded, np.uint8)


def decode_clip(mp4: bytes) -> list[Images]:
    with av.open(io.BytesIO(mp4), "r") as container:
        return [np.asarray(frame.to_ndarray(format="bgr24"), np.uint8) for frame in container.decode(video=0)]


def difference(one: Images, other: Images) -> float:
    """Mean difference of two pictures, in grey levels."""
    return float(np.abs(one.astype(np.int16) - other.astype(np.int16)).mean())


@pytest.mark.data
@pytest.mark.timeout(300)
def test_fight_at_a_camera_reaches_messenger_and_its_evidence_shows_the_moment(
    tmp_path: Path, graph: FakeGraph, data_dir: Path
) -> None:
    footage = repeat_clip(data_dir / "cctv" / "clips" / "fi001.mp4", tmp_path, times=20)
    settings = {"evidence_before_s": "2", "evidence_after_s": "2", "draw_boxes": "false"}
    with RtspServer(footage) as camera, Service(tmp_path / "state", graph, **settings) as service:
        with service.client() as api:
            probed = api.post("/cameras/probe", json={"source": camera.url}).json()
            add_rule(api, min_score=0.5)
            camera_id = add_camera(api, camera.url)
            assert wait_for_state(api, camera_id, "live")["last_error"] is None
            text, picture = graph.wait_for_parts(2, timeout_s=LONG_S)
            (alert,) = api.get("/alerts").json()["items"]
            event = wait_for_evidence(api, alert["event_id"])
            clip = api.get(f"/events/{event['id']}/evidence.mp4")
            part = api.get(f"/events/{event['id']}/evidence.mp4", headers={"Range": "bytes=4-7"})
            seen = wait_for_state(api, camera_id, "live")
            filed = api.get("/events", params={"camera_id": camera_id}).json()["items"]
        assert service.stop() == 0
    assert (probed["video_codec"], probed["audio_codec"]) == ("h264", None)
    assert text.psid == PSID
    assert alert["evidence"][0]["quote"] in text.text
    assert seen["windows_analyzed"] >= 1
    assert event["id"] in {each["id"] for each in filed[-2:]}, "the rule fires within two windows"
    assert (part.status_code, part.content) == (206, b"ftyp")
    shown = decode_clip(clip.content)
    moment = decode_jpeg(picture.picture)
    assert moment.shape[:2] == (probed["height"], probed["width"])
    assert min(difference(moment, frame) for frame in shown) < 4.0
    assert difference(moment, shown[0]) > 4.0
    assert clip.headers["Content-Type"] == "video/mp4"


def wait_for_evidence(api: httpx.Client, event_id: str) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        event: dict[str, Any] = api.get(f"/events/{event_id}").json()
        return event if event["has_evidence"] else None

    found: dict[str, Any] = wait_until(look, timeout_s=LONG_S, what="the evidence clip")
    return found


@pytest.mark.timeout(300)
def test_camera_that_is_lost_is_told_once_and_once_when_it_is_back(tmp_path: Path, graph: FakeGraph) -> None:
    graph.people[PSID].window_open = True
    footage = repeat_clip(write_clip(tmp_path / "room.mp4", moving=False), tmp_path, times=60)
    with ExitStack() as stack:
        camera = stack.enter_context(RtspServer(footage))
        service = stack.enter_context(Service(tmp_path / "state", graph, camera_lost_after_s="2"))
        api = stack.enter_context(service.client())
        guard = {"name": "Guard", "channel": "messenger", "address": PSID}
        assert api.post("/recipients", json=guard).status_code == 201
        camera_id = add_camera(api, camera.url)
        wait_for_state(api, camera_id, "live")
        camera.kill()
        lost = graph.wait_for_parts(1, timeout_s=LONG_S)
        assert wait_for_state(api, camera_id, "lost")["last_error"]
        refused = api.get(f"/cameras/{camera_id}/snapshot.jpg")
        camera.start()
        wait_for_state(api, camera_id, "live")
        told = graph.wait_for_parts(2, timeout_s=LONG_S)
        metrics = api.get("/metrics").text
    assert "Front door has sent no picture since" in lost[0].text
    assert refused.status_code == 503
    assert "This camera is lost." in refused.json()["detail"]
    assert "Front door is back" in told[1].text
    assert "Nothing was seen for" in told[1].text
    assert len(graph.received) == 2
    assert f'instantreact_camera_state{{camera="Front door",camera_id="{camera_id}",state="live"}} 1.0' in metrics
    assert API_KEY not in "".join(service.output)
