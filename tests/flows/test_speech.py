"""What is said raises alerts: together with what is seen, by Wit.ai or by the engine on this machine."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from instantreact_demo.graph import FakeGraph
from instantreact_demo.story import HELP
from tests.flows.conftest import PSID
from tests.flows.test_clip_to_messenger import submit
from tests.servers.service import Service
from tests.servers.wit import FakeWit
from tests.servers.wit_reply import Reply


@pytest.fixture
def wit() -> Iterator[FakeWit]:
    with FakeWit() as wit:
        yield wit


def add_spoken_rule(api: httpx.Client, *conditions: dict[str, object]) -> None:
    guard = {"name": "Guard", "channel": "messenger", "address": PSID}
    assert api.post("/recipients", json=guard).status_code == 201
    answer = api.post("/rules", json={"name": "Robbery", "conditions": list(conditions), "severity": "critical"})
    assert answer.status_code == 201, answer.text


def speak(text: str, path: Path) -> Path:
    """Synthetic speech, in a quiet room for half a second before and after."""
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", str(path), text], check=True)
    return path


def put_sound(video: Path, sound: Path, path: Path) -> Path:
    """The pictures of `video`, as they are, with another sound."""
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", "-i", str(video), "-i", str(sound)]
    mapped = ["-map", "0:v:0", "-map", "1:a:0", "-c:v", "copy", "-af", "apad", "-shortest", str(path)]
    subprocess.run([*command, *mapped], check=True)
    return path


@pytest.mark.data
def test_fight_seen_and_money_heard_by_wit_reach_messenger_in_one_alert(
    tmp_path: Path, graph: FakeGraph, wit: FakeWit, data_dir: Path
) -> None:
    wit.reply = Reply("give back my money")
    fight = data_dir / "cctv" / "clips" / "fi001.mp4"
    clip = put_sound(fight, speak("give back my money", tmp_path / "money.wav"), tmp_path / "robbery.mp4")
    settings = {"speech": "wit", "wit_url": wit.url, "wit_token": wit.token}
    with Service(tmp_path / "state", graph, **settings) as service, service.client() as api:
        add_spoken_rule(
            api,
            {"kind": "concept", "concept": "fight", "min_score": 0.5},
            {"kind": "speech", "phrases": ["money"]},
        )
        assert submit(api, clip)["state"] == "analyzed"
        (alert,) = api.get("/alerts").json()["items"]
        assert [evidence["kind"] for evidence in alert["evidence"]] == ["concept", "speech"]
        received = graph.wait_for_parts(2)
    assert "“money” heard" in received[0].text
    assert [heard.endpoint for heard in wit.heard] == ["/speech"]
    assert not wit.refused


def test_call_for_help_is_heard_on_this_machine_when_there_is_no_token(
    tmp_path: Path, graph: FakeGraph, drawn_clip: Path
) -> None:
    clip = put_sound(drawn_clip, HELP, tmp_path / "help.mp4")
    with Service(tmp_path / "state", graph) as service, service.client() as api:
        add_spoken_rule(api, {"kind": "speech", "phrases": ["call the police"]})
        submitted = submit(api, clip)
        received = graph.wait_for_parts(2)
        events = api.get(f"/clips/{submitted['id']}/events").json()
    assert "“call the police” heard" in received[0].text
    assert {event["transcript"]["engine"] for event in events} == {"phrase_spotter"}


def test_rule_on_words_that_the_local_engine_cannot_spell_is_refused(tmp_path: Path) -> None:
    with Service(tmp_path / "state") as service, service.client() as api:
        rule = {"name": "Unheard", "conditions": [{"kind": "speech", "phrases": ["call xyzzyq"]}]}
        answer = api.post("/rules", json=rule)
    assert answer.status_code == 422
    assert "xyzzyq" in answer.json()["detail"]
