"""People ask, answer and mute in the chat: a real service, a real camera, the stand-ins for Graph and Telegram."""

import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from instantreact_demo.graph import FakeGraph, Person, Received
from tests.flows.conftest import PSID
from tests.flows.test_cameras import LONG_S, add_camera, decode_clip, decode_jpeg, difference, wait_for_state
from tests.flows.test_clip_to_messenger import add_rule, submit
from tests.media.live_footage import draw_room, write_clip
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import Service, wait_until
from tests.servers.telegram import TOKEN, Chat, FakeTelegram

PROMPT_S = 8.0
"""Two seconds are promised of a machine that has no other tests to run beside a camera."""
CHAT_ID, SECRET = 4242, "agreed-upon"
STEP_S = 10
"""The shortest that an escalation may take."""


def ask(graph: FakeGraph, words: str, *, parts: int = 1) -> list[Received]:
    """What the bot answers, and soon."""
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


def add_person(api: httpx.Client, name: str, address: str, channel: str = "messenger", **values: object) -> str:
    created = api.post("/recipients", json={"name": name, "channel": channel, "address": address, **values})
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


def add_fights(api: httpx.Client, *told: str, **values: object) -> str:
    """A rule that every clip fulfils; its id."""
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    rule = {
        "name": f"A fight {len(values)}",
        "conditions": conditions,
        "cooldown_s": 0,
        "recipient_ids": told,
        **values,
    }
    created = api.post("/rules", json=rule)
    assert created.status_code == 201, created.text
    return str(created.json()["id"])


def wait_for_log(api: httpx.Client, recipient_id: str, *states: str) -> list[dict[str, Any]]:
    """What became of the alerts of one person, the newest first."""

    def look() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = api.get(f"/recipients/{recipient_id}/deliveries").json()["items"]
        return found if [each["state"] for each in found] == list(states) else None

    return list(wait_until(look, what=f"deliveries that are {states}"))


@pytest.mark.timeout(180)
def test_shut_window_falls_back_and_ends_in_a_digest_then_the_next_step_takes_over_and_one_says_stop(
    tmp_path: Path, graph: FakeGraph
) -> None:
    clips = [write_clip(tmp_path / f"{tenths}.mp4", seconds=tenths / 10) for tenths in (20, 22, 24, 26)]
    graph.people |= {PSID: Person(window_open=False), "2002": Person()}
    with ExitStack() as stack:
        telegram = stack.enter_context(FakeTelegram())
        telegram.chats = {CHAT_ID: Chat()}
        settings = {"telegram_url": telegram.url, "telegram_token": TOKEN, "telegram_webhook_secret": SECRET}
        service = stack.enter_context(Service(tmp_path / "state", graph, **settings))
        api = stack.enter_context(service.client())
        graph.webhook_url = f"{service.url}/webhooks/messenger"
        phone = add_person(api, "Guard's phone", str(CHAT_ID), "telegram")
        guard, ben = add_person(api, "Guard", PSID, fallback_id=phone), add_person(api, "Ben", "2002")

        rule = add_fights(api, guard)
        for clip in clips[:2]:
            submit(api, clip)
        telegram.wait_for(4)  # two texts, two pictures
        held = wait_for_log(api, guard, "held", "held")
        assert "24-hour window is shut" in held[0]["reason"]
        assert [each["instead_of"] for each in wait_for_log(api, phone, "sent", "sent")] == [
            each["id"] for each in held
        ]
        assert graph.received == []
        assert graph.write(PSID, "hello") == [200]
        graph.wait_for_parts(2)
        assert [sent for sent in graph.received if sent.text.startswith("2 alerts were kept for you")]
        digested = wait_for_log(api, guard, "sent", "digested", "digested")
        assert digested[0]["alert_id"] in digested[1]["reason"]
        api.delete(f"/rules/{rule}").raise_for_status()

        known = len(graph.received)
        add_fights(api, guard, escalation=[{"after_s": STEP_S, "recipient_ids": [ben]}])
        submit(api, clips[2])
        told = graph.wait_for_parts(known + 4, timeout_s=30 + STEP_S)[known:]
        assert [sent.psid for sent in told] == [PSID, PSID, "2002", "2002"]
        assert graph.tap(told[2].mid, "Acknowledge") == [200]
        informed = graph.wait_for_parts(known + 5)[-1]
        assert (informed.psid, informed.buttons) == (PSID, ())
        assert "Ben acknowledged it. You need do nothing." in informed.text

        assert "You get no more alerts" in ask(graph, "stop")[0].text
        submit(api, clips[3])
        assert api.get("/alerts").json()["items"][0]["deliveries"] == []
        assert api.get(f"/recipients/{guard}").json()["opted_out_at"] is not None
    assert telegram.refused == []
    assert {error.code for error in graph.refused} == {10}
