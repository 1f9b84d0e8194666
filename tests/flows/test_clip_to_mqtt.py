"""A clip over HTTP to a running service, the messages at a real broker, and cameras there that are live and lost."""

import json
from pathlib import Path

import httpx

from tests.flows.test_cameras import add_camera
from tests.flows.test_clip_to_messenger import submit
from tests.media.live_footage import write_clip
from tests.servers.mosquitto import PASSWORD, Mosquitto, MqttListener
from tests.servers.service import Service

CONFIG = "homeassistant/binary_sensor/instantreact/camera_{}/config"


def add_rule(api: httpx.Client) -> None:
    home = {"name": "Home", "channel": "mqtt", "address": "home"}
    assert api.post("/recipients", json=home | {"address": "home/#"}).status_code == 422
    assert api.post("/recipients", json=home).status_code == 201
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    assert api.post("/rules", json={"name": "A fight", "conditions": conditions}).status_code == 201


def test_drawn_clip_and_cameras_reach_home_assistant_by_a_broker(tmp_path: Path, drawn_clip: Path) -> None:
    (tmp_path / "footage").mkdir()
    footage = write_clip(tmp_path / "footage" / "still.mp4", moving=False)
    with Mosquitto() as broker, MqttListener(broker) as home:
        settings = {"mqtt_url": broker.url(), "allowed_source_folders": str(footage.parent)}
        with Service(tmp_path / "state", None, draw_boxes="false", **settings) as service, service.client() as api:
            add_rule(api)
            live = add_camera(api, f"file:{footage}#loop", name="Front door")
            lost = add_camera(api, "rtsp://127.0.0.1:9/none", name="Yard")
            assert json.loads(home.wait_for(CONFIG.format(live)))["name"] == "Front door"
            assert home.wait_for("homeassistant/event/instantreact/home_alert/config")
            submit(api, drawn_clip)
            alert = json.loads(home.wait_for("instantreact/alerts/home"))
            (stored,) = api.get("/alerts").json()["items"]
            assert (alert["alert_id"], alert["title"]) == (stored["id"], "A fight")
            picture = api.get(f"/events/{stored['event_id']}/snapshot.jpg").content
            assert home.wait_for("instantreact/pictures/home") == picture

            home.wait_for_kept(f"instantreact/cameras/{live}", b"live", timeout_s=30)
            home.wait_for_kept(f"instantreact/cameras/{lost}", b"lost", timeout_s=30)
            assert api.delete(f"/cameras/{lost}").status_code == 204
            home.wait_for_kept(CONFIG.format(lost), b"")
            assert home.kept["instantreact/status"] == b"online"
            service.kill()
            home.wait_for_kept("instantreact/status", b"offline")
        assert not any(PASSWORD in line for line in service.output)
