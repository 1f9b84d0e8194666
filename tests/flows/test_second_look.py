"""Second looks, end to end: a clip over HTTP, a picture at a model's endpoint, the message at Graph, or none."""

from pathlib import Path
from typing import Any

import httpx

from instantreact_demo.graph import FakeGraph
from tests.flows.conftest import PSID
from tests.media.clips import Drawing, make_clip
from tests.servers.service import Service, wait_until
from tests.servers.vision import API_KEY, MODEL, FakeVision, Reply, say

LIMIT_S = 3
HUGGING = "two people are hugging"


class Shop:
    """A service with one rule, which is shown the same clip again and again as another file."""

    def __init__(self, service: Service, graph: FakeGraph, clip: Path) -> None:
        self.service = service
        self.graph = graph
        self._bytes = clip.read_bytes()

    def set_up(self) -> None:
        guard = {"name": "Guard", "channel": "messenger", "address": PSID}
        conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
        rule = {"name": "A fight", "conditions": conditions, "cooldown_s": 600, "second_look": {}}
        with self.service.client() as api:
            assert api.post("/recipients", json=guard).status_code == 201
            made = api.post("/rules", json=rule).json()
        assert (made["second_look"], made["warning"]) == ({"question": None, "may_reject": None}, None)

    def show(self) -> list[dict[str, Any]]:
        """Its alerts, the first first, once it is analysed."""
        self._bytes += b"\x00\x00\x00\x08free"
        with self.service.client() as api:
            answer = api.post("/analyze", params={"wait": 60}, files={"file": ("clip.mp4", self._bytes)})
            assert answer.status_code == 200, answer.text
            return self._list(api, {event["id"] for event in answer.json()["events"]})

    def follow(self, alert: dict[str, Any]) -> dict[str, Any]:
        """The alert once its look is over."""
        with self.service.client() as api:

            def find() -> dict[str, Any] | None:
                found: dict[str, Any] = api.get(f"/alerts/{alert['id']}").json()
                return found if found["second_look"]["state"] != "waiting" else None

            over: dict[str, Any] = wait_until(find, what="the end of the look")
        return over

    def wait_for_text(self, number: int) -> str:
        wait_until(lambda: len(self.texts) >= number, what="the message")
        return self.texts[number - 1]

    @property
    def texts(self) -> list[str]:
        return [part.text for part in self.graph.received if part.part == "text"]

    def _list(self, api: httpx.Client, event_ids: set[str]) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = api.get("/alerts", params={"limit": 100}).json()["items"]
        return [alert for alert in reversed(items) if alert["event_id"] in event_ids]


def test_alert_is_withheld_where_it_is_rejected_and_told_where_the_look_takes_too_long_or_is_not_there(
    tmp_path: Path, graph: FakeGraph
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", Drawing(duration_s=2.0, width=640, height=360))
    with FakeVision() as vision, Service(tmp_path / "state", graph, **look_settings(vision)) as service:
        shop = Shop(service, graph, clip)
        shop.set_up()
        see_rejected(shop, vision)
        see_late(shop, vision)
        with service.client() as api:
            metrics = api.get("/metrics").text
        assert 'instantreact_second_looks_total{outcome="rejected"}' in metrics
        assert 'instantreact_second_look_tokens_total{kind="prompt"}' in metrics
        vision.__exit__(None, None, None)
        see_down(shop)
        assert "Traceback" not in "".join(service.output)
        assert API_KEY not in "".join(service.output)
    assert not graph.refused
    assert not vision.refused


def look_settings(vision: FakeVision) -> dict[str, str]:
    return {
        "second_look_url": vision.url,
        "second_look_model": MODEL,
        "second_look_api_key": API_KEY,
        "second_look_mode": "before",
        "second_look_may_reject": "true",
        "second_look_timeout_s": str(LIMIT_S),
        "second_look_picture_px": "320",
    }


def see_rejected(shop: Shop, vision: FakeVision) -> None:
    vision.reply, vision.longest_px = Reply(say("no", HUGGING)), 320
    (alert,) = shop.show()
    alert = shop.follow(alert)
    assert (alert["state"], alert["answered_by"], alert["deliveries"]) == ("dismissed", "Second look", [])
    assert alert["untold_reason"] == f"A second look rejected it: {HUGGING}"
    look = alert["second_look"]
    assert (look["state"], look["sentence"], look["model"], look["mode"]) == ("rejected", HUGGING, MODEL, "before")
    with shop.service.client() as api:
        (explained,) = api.get(f"/events/{alert['event_id']}/explain").json()["rules"]
    assert "A second look rejected it" in explained["why"]
    assert shop.texts == []


def see_late(shop: Shop, vision: FakeVision) -> None:
    vision.reply = Reply(say("no"), hangs_s=60.0)
    (alert,) = shop.show()
    assert "Second look: no answer" in shop.wait_for_text(1)
    assert shop.follow(alert)["second_look"]["state"] == "late"


def see_down(shop: Shop) -> None:
    (alert,) = shop.show()
    assert "Second look: not possible" in shop.wait_for_text(2)
    assert shop.follow(alert)["second_look"]["why"] == "The endpoint cannot be reached: ConnectError."
