"""Two people in a zone, uploaded and live: the message says how many, its picture shows them, a mask hides them."""

from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from instantreact.domain.media import Images
from instantreact_demo.graph import FakeGraph
from tests.flows.conftest import PSID
from tests.flows.test_cameras import add_camera, decode_jpeg
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import Service, wait_until

HALL = [{"x": 0.35, "y": 0.45}, {"x": 0.75, "y": 0.45}, {"x": 0.75, "y": 0.95}, {"x": 0.35, "y": 0.95}]
HIDDEN = [{"x": 0.34, "y": 0.2}, {"x": 0.53, "y": 0.2}, {"x": 0.53, "y": 1.0}, {"x": 0.34, "y": 1.0}]
"""Where one of the two is."""
TWO = {"kind": "object", "label": "person", "min_score": 0.4, "min_count": 2, "zone": "hall"}


def set_up(api: httpx.Client) -> str:
    """A rule, whom it tells, and a camera that is not watched but recorded a clip."""
    zones = [{"name": "hall", "polygon": HALL}]
    archive = add_camera(api, "rtsp://192.0.2.1/", name="Archive", zones=zones, enabled=False)
    guard = {"name": "Guard", "channel": "messenger", "address": PSID}
    assert api.post("/recipients", json=guard).status_code == 201
    typo = api.post("/rules", json={"name": "Two", "conditions": [{**TWO, "label": "persn"}]})
    assert typo.status_code == 422
    assert "Did you mean person?" in typo.text
    rule = {"name": "Two in the hall", "conditions": [TWO], "cooldown_s": 600}
    created = api.post("/rules", json=rule)
    assert created.status_code == 201, created.text
    assert created.json()["warning"] is None
    return archive


def edge_of(picture: Images, box: dict[str, float]) -> Images:
    """The pixels around the left edge of a box, in the middle of its height."""
    height, width = picture.shape[:2]
    middle, left = round((box["top"] + box["bottom"]) / 2 * height), round(box["left"] * width)
    return picture[middle - 8 : middle + 8, max(0, left - 2) : left + 3].astype(np.int16)


def check_picture(api: httpx.Client, alert: dict[str, Any], received: bytes) -> None:
    """It shows the snapshot of the event with the boxes of what the snapshot shows, and of nothing else."""
    event = api.get(f"/events/{alert['event_id']}").json()
    plain, drawn = decode_jpeg(api.get(f"/events/{event['id']}/snapshot.jpg").content), decode_jpeg(received)
    assert drawn.shape == plain.shape
    shown = [each for each in event["detections"] if abs(each["time_s"] - event["pictured_s"]) < 0.002]
    people = [each["box"] for each in shown if each["label"] == "person"]
    assert len(people) >= 2
    assert all(np.abs(edge_of(drawn, box) - edge_of(plain, box)).max() > 40 for box in people)
    corner = slice(-plain.shape[0] // 4, None), slice(-plain.shape[1] // 5, None)
    assert np.abs(drawn[corner].astype(np.int16) - plain[corner]).mean() < 3.0


@pytest.mark.data
@pytest.mark.timeout(300)
def test_two_people_in_a_zone_are_told_with_their_boxes_and_a_mask_hides_them(
    tmp_path: Path, graph: FakeGraph, data_dir: Path
) -> None:
    clip = data_dir / "cctv" / "clips" / "nofi138.mp4"
    zones = [{"name": "hall", "polygon": HALL}]
    with ExitStack() as stack:
        camera = stack.enter_context(RtspServer(repeat_clip(clip, tmp_path, times=60)))
        service = stack.enter_context(Service(tmp_path / "state", graph))
        api = stack.enter_context(service.client())
        archive = set_up(api)
        with clip.open("rb") as file:
            answer = api.post("/analyze", params={"wait": 60}, data={"camera_id": archive}, files={"file": file})
        assert answer.status_code == 200, answer.text
        text, picture = graph.wait_for_parts(2, timeout_s=60)
        (uploaded,) = api.get("/alerts").json()["items"]
        count = uploaded["evidence"][0]["count"]
        assert count >= 2
        assert f"{count} people in hall" in text.text
        check_picture(api, uploaded, picture.picture)

        masked = add_camera(api, camera.url, name="Masked", zones=zones, masks=[{"polygon": HIDDEN}])
        open_eyes = add_camera(api, camera.url, name="Entrance", zones=zones)
        text, picture = graph.wait_for_parts(4, timeout_s=60)[2:4]
        assert "Entrance" in text.text

        def look() -> bool:
            live = api.get(f"/cameras/{masked}").json()["live"]
            return bool(live["windows_analyzed"] >= 2)

        wait_until(look, timeout_s=60, what="windows of the masked camera")
        alerts = {each["camera_id"]: each for each in api.get("/alerts").json()["items"]}
        assert set(alerts) == {archive, open_eyes}
        check_picture(api, alerts[open_eyes], picture.picture)
        seen = api.get("/events", params={"camera_id": masked}).json()["items"]
        boxes = [each["box"] for event in seen for each in event["detections"] if each["label"] == "person"]
        assert boxes
        assert not [box for box in boxes if box["left"] > 0.37 and box["right"] < 0.52]
    assert not graph.refused
