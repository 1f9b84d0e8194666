"""People ask, answer and mute in the chat: a real service, a real camera, the stand-ins for Graph and Telegram."""

import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from instantreact_demo.graph import FakeGraph, Received
from tests.flows.conftest import PSID
from tests.flows.test_cameras import LONG_S, add_camera, decode_clip, decode_jpeg, difference, wait_for_state
from tests.flows.test_clip_to_messenger import add_rule, submit
from tests.media.live_footage import draw_room, write_clip
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import Service, wait_until
from tests.servers.telegram import TOKEN, Chat, FakeTelegram

PROMPT_S = 2.0
CHAT_ID, SECRET = 4242, "agreed-upon"


def ask(graph: FakeGraph, words: str, *, parts: int = 1) -> list[Received]:
    """What the bot answers, within the time that it promises."""
    known, began_s = len(graph.received), time.monotonic()
    assert graph.write(PSID, words) == [200]
    replies = graph.wait_for_parts(known + parts)[known:]
    assert time.monotonic() - began_s < PROMPT_S, words
    return replies


def test_alert_is_muted_by_a_tap_and_told_again_once_that_is_over(tmp_path: Path, graph: FakeGraph) -> None:
    first, later, last = (write_clip(tmp_path / f"{seconds}.mp4", seconds=seconds) for seconds in (2.0, 2.2, 2.4))
    with Service(tmp_path / "state", graph) as service, service.client() as api:
        graph.webhook_url = f"{service.url}/webhooks/messenger"
        add_rule(api, min_score=0.0)
        submit(api, first)
        told = graph.wait_for_parts(2)[0]
        assert graph.tap(told.mid, "Mute") == [200]
        asked = graph.wait_for_parts(3)[2]
        assert "Rule: A fight" in asked.text
        (said,) = ask(graph, "Rule 15 min")
        assert "A fight: you are told nothing until" in said.text
        (mute,) = api.get("/mutes").json()["items"]
        assert mute["made_by"] == "Guard"
        submit(api, later)
        newest = api.get("/alerts").json()["items"][0]
        assert (newest["state"], newest["deliveries"]) == ("raised", [])
        assert "has muted it" in newest["untold_reason"]
        assert len(graph.received) == 4

        assert api.delete(f"/mutes/{mute['id']}").status_code == 204
        submit(api, last)
        assert graph.wait_for_parts(6)[4].text
        (answered,) = ask(graph, "False alarm")
        assert answered.text == "Dismissed by Guard"
    assert not graph.refused


@pytest.mark.timeout(180)
def test_person_asks_how_cameras_are_what_was_last_and_for_a_photo_and_a_clip(tmp_path: Path, graph: FakeGraph) -> None:
    footage = repeat_clip(write_clip(tmp_path / "room.mp4"), tmp_path, times=60)
    settings = {"evidence_before_s": "1", "evidence_after_s": "1", "camera_lost_after_s": "600"}
    with ExitStack() as stack:
        camera = stack.enter_context(RtspServer(footage))
        service = stack.enter_context(Service(tmp_path / "state", graph, **settings))
        api = stack.enter_context(service.client())
        graph.webhook_url = f"{service.url}/webhooks/messenger"
        add_rule(api, min_score=0.0)
        camera_id = add_camera(api, camera.url)
        wait_for_state(api, camera_id, "live")
        graph.wait_for_parts(2, timeout_s=LONG_S)
        assert "Front door: live since" in ask(graph, "STATUS")[0].text
        seen, picture = ask(graph, "last", parts=2)
        assert seen.text.startswith("Front door\n")
        assert decode_jpeg(picture.picture).shape == draw_room().shape
        near, photo = ask(graph, "photo frnt door")[0], ask(graph, "Photo  Front Door", parts=2)[1]
        assert [reply["title"] for reply in near.quick_replies] == ["Front door"]
        assert difference(decode_jpeg(photo.picture), draw_room()) < 40
        wait_until(lambda: "not ready" not in ask(graph, "clip")[0].text, timeout_s=LONG_S, what="the clip")
        wait_until(lambda: graph.received[-1].picture, what="the clip's file")
        assert len(decode_clip(graph.received[-1].picture)) > 5
        assert "STATUS" in ask(graph, "hello?")[0].text
        camera.kill()
        wait_for_state(api, camera_id, "lost")
        assert "Front door: lost since" in ask(graph, "status")[0].text
        assert "no picture now. Front door: lost since" in ask(graph, "photo front door")[0].text
        saw = api.get("/audit", params={"action": "saw"}).json()["items"]
    assert {"messenger last", "messenger photo", "messenger clip"} <= {entry["route"] for entry in saw}
    assert not graph.refused


def test_person_on_telegram_is_spoken_to_in_french_and_gets_a_link_to_the_clip(
    tmp_path: Path, drawn_clip: Path
) -> None:
    with FakeTelegram() as telegram:
        telegram.chats = {CHAT_ID: Chat()}
        settings = {"telegram_url": telegram.url, "telegram_token": TOKEN, "telegram_webhook_secret": SECRET}
        settings |= {"public_url": "https://alerts.example"}
        with Service(tmp_path, None, **settings) as service, service.client() as api:
            hook = {"url": f"{service.url}/webhooks/telegram", "secret_token": SECRET}
            assert httpx.post(f"{telegram.url}/bot{TOKEN}/setWebhook", json=hook).is_success
            guard = {"name": "Guard", "channel": "telegram", "address": str(CHAT_ID)}
            assert api.post("/recipients", json=guard).status_code == 201
            conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
            assert api.post("/rules", json={"name": "Bagarre", "conditions": conditions}).status_code == 201
            assert telegram.bring(telegram.make_message(CHAT_ID, "/État", language="fr-CA")) == 200
            assert telegram.wait_for(1)[0].text == "Il n’y a pas encore de caméra."
            assert api.get("/recipients").json()["items"][0]["language"] == "fr"

            submit(api, drawn_clip)
            text = telegram.wait_for(3)[1]
            assert [button["text"] for button in text.buttons] == [
                "Je m’en occupe", "Fausse alerte", "Silence", "Ouvrir"
            ]  # fmt: skip
            tap_id, tap = telegram.make_tap(text, "Silence")
            assert telegram.bring(tap) == 200
            telegram.wait_for_sign(tap_id)
            asked = telegram.wait_for(4)[3]
            assert "Que faut-il faire taire" in asked.text
            _, tap = telegram.make_tap(asked, "Tout 1 h")
            assert telegram.bring(tap) == 200
            assert "Tout : vous n’êtes averti de rien jusqu’à" in telegram.wait_for(5)[4].text
            assert telegram.bring(telegram.make_message(CHAT_ID, "clip")) == 200
            link = telegram.wait_for(6)[5].text.split()[-1]
            film = httpx.get(link.replace("https://alerts.example", service.url))
            assert film.content == drawn_clip.read_bytes()
        assert telegram.refused == []
