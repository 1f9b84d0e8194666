"""As a customer does it: clips of a running service are collected, described, checked by hand, and trained on."""

import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from instantreact.cli.app import app
from instantreact.labelling.folder import LabelFolder
from instantreact.training.captioner.formats.captions_jsonl import load_captions_jsonl
from tests.media.clips import Drawing, make_clip
from tests.servers.service import API_KEY, Service
from tests.servers.vision import API_KEY as VISION_KEY
from tests.servers.vision import MODEL, FakeVision, Reply, caption
from tests.training.recipes import make_config, write_mobilenet_weights
from tests.training.test_cli import write_toml

CAMERAS = ("Front door", "Yard", "Attic")


def label(*arguments: object, typed: str | None = None) -> str:
    """The command as people give it; its words."""
    result = CliRunner().invoke(app, ["label", *map(str, arguments)], input=typed, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def show_clips(service: Service, folder: Path) -> list[dict[str, Any]]:
    """One clip of each camera, which one rule alerts about; the first alert is acknowledged, the second dismissed."""
    rule = {"name": "A fight", "conditions": [{"kind": "concept", "concept": "fight", "min_score": 0.0}]}
    with service.client() as api:
        assert api.post("/rules", json=rule).status_code == 201
        for number, name in enumerate(CAMERAS):
            camera = api.post("/cameras", json={"name": name, "source": "push:", "enabled": False}).json()
            clip = make_clip(folder / f"{number}.mp4", Drawing(duration_s=1.5 + number / 5))
            sent = {"file": ("clip.mp4", clip.read_bytes())}
            answer = api.post("/analyze", params={"wait": 60}, data={"camera_id": camera["id"]}, files=sent)
            assert answer.status_code == 200, answer.text
        alerts: list[dict[str, Any]] = list(reversed(api.get("/alerts").json()["items"]))
        assert len(alerts) == len(CAMERAS)
        api.post(f"/alerts/{alerts[0]['id']}/acknowledge").raise_for_status()
        api.post(f"/alerts/{alerts[1]['id']}/dismiss").raise_for_status()
        return alerts


@pytest.mark.timeout(300)
def test_stored_clips_become_a_training_set_and_a_training_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "set"
    monkeypatch.setenv("INSTANTREACT_API_KEY", API_KEY)
    with Service(tmp_path / "state", grouping_s="0") as service:
        alerts = show_clips(service, tmp_path)
        told = label("collect", data, "--server", service.url)
        assert "3 new clips" in told
        with service.client() as api:
            api.post(f"/alerts/{alerts[2]['id']}/dismiss").raise_for_status()
        assert "0 new clips; 3 files were here already, 1 of their" in label("collect", data, "--server", service.url)
        refused = CliRunner().invoke(app, ["label", "collect", str(data), "--server", service.url, "--camera", "Yart"])
        assert "Did you mean Yard?" in str(refused.exception)
        own = label("collect", tmp_path / "own", "--state-dir", tmp_path / "state", "--state", "dismissed")
        assert "2 new clips" in own
    describe(data, tmp_path)
    label("review", data, "--by", "ana", typed="a man walks past a wall\n\n-1\na man stands in a yard\n\nq\n")
    assert "The suggestions for 1 clips were taken" in label("review", data, "--accept")

    clips = load_captions_jsonl(data)
    assert [(clip.scene, clip.split.value, clip.label) for clip in sorted(clips, key=lambda each: each.scene)] == [
        ("attic", "train", "normal"),
        ("front-door", "train", "fight"),
        ("yard", "val", "normal"),
    ]
    assert {name for clip in clips for name in clip.annotators} == {MODEL, "ana"}
    train(data, tmp_path)


def describe(data: Path, tmp_path: Path) -> None:
    """An endpoint breaks off, is in a hurry, and answers nonsense before it answers."""
    (tmp_path / "key").write_text(f"{VISION_KEY}\n")
    with FakeVision() as vision:
        vision.script(Reply(breaks_off=True), Reply(status=429, retry_after="0"), Reply("nonsense"))
        vision.reply = Reply(caption("A man walks through a room.", "somebody walks past a wall"))
        to = ("--endpoint", vision.url, "--model", MODEL, "--key-file", tmp_path / "key")
        told = label("suggest", data, *to, "--at-once", 1)
        assert f"3 of 3 clips were described by {MODEL}" in told
        assert VISION_KEY not in told
        assert "0 of 0 clips" in label("suggest", data, *to)
    assert not any(draft.checked for draft in LabelFolder(data).read().values())


def train(data: Path, tmp_path: Path) -> None:
    """By the command that `check` ends with."""
    config, weights = write_toml(make_config(epochs=2), tmp_path / "train.toml"), tmp_path / "weights.npz"
    write_mobilenet_weights(weights)
    told = label("check", data, "--config", config, "--backbone-weights", weights)
    assert "1 clips have captions that nobody checked" in told
    command = shlex.split(told.splitlines()[-1])
    assert command[:3] == ["instantreact", "train", "captioner"]
    command[command.index("runs/mine")] = str(tmp_path / "run")
    from instantreact.training.cli import app as training

    trained = CliRunner().invoke(training, [*command[1:], "--cache", str(tmp_path / "cache")], catch_exceptions=False)
    assert trained.exit_code == 0, trained.output
    assert (tmp_path / "run" / "best.pt").is_file()
