"""A detector learns a few pictures by heart, goes on where it was killed, and its bundle says what torch says."""

import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from instantreact.cli.app import app as command_line
from instantreact.errors import BundleMismatch, Conflict, InvalidInput
from instantreact.inference.bundle import load_bundle
from instantreact.inference.detector import load_detector
from instantreact.training.cli import app
from instantreact.training.detector.checkpoint import load_detector_checkpoint
from instantreact.training.detector.config import (
    DetectorArchitecture,
    DetectorConfig,
    DetectorSchedule,
    load_detector_config,
)
from instantreact.training.detector.evaluate import find_with_bundle, find_with_model
from instantreact.training.detector.formats.load import load_pictures
from instantreact.training.detector.pictures import LabelMap, MarkedPicture
from instantreact.training.detector.run import train_detector
from instantreact.training.detector.trainer import TrainingReport, rate_at
from instantreact.training.runs import BEST
from tests.conftest import DATA_DIR, REPOSITORY
from tests.training.detector.drawn import LABELS, draw_voc
from tests.training.recipes import write_mobilenet_weights

WEIGHTS = DATA_DIR / "weights" / "mobilenet_v2_imagenet.npz"
RECIPE = """name = "drawn"
labels = ["disc", "square"]
[network]
base = "mobilenet_v2"
size = 96
scales = [0.2, 0.3, 0.45, 0.6, 0.75, 0.9]
[augmentation]
distort = false
expand = 1
crop = false
[training]
steps = 20
batch = 6
learning_rate = 5e-3
warm_up = 6
decay_at = [17]
frozen_blocks = 7
val_every = 20
"""


class Killed(Exception):
    """The power went."""


def tiny_config(**schedule: object) -> DetectorConfig:
    options = {"steps": 7, "batch": 2, "warm_up": 2, "decay_at": (5,), "val_every": 3, **schedule}
    return DetectorConfig(
        labels={label: (label,) for label in LABELS},
        network=DetectorArchitecture(base="mobilenet_v2", size=64),
        training=DetectorSchedule.model_validate(options),
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_voc(tmp_path_factory.mktemp("voc"), {"train": 6, "val": 2})


@pytest.fixture(scope="module")
def random_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_mobilenet_weights(tmp_path_factory.mktemp("weights") / "weights.npz")


def pictures_of(folder: Path, part: str = "train") -> tuple[MarkedPicture, ...]:
    return load_pictures(folder, [part], LabelMap({label: (label,) for label in LABELS})).pictures


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.mark.data
def test_pictures_that_are_learnt_by_heart_are_found_by_the_bundle(folder: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "train.toml"
    recipe.write_text(RECIPE)
    (folder / "ImageSets" / "Main" / "val.txt").write_text((folder / "ImageSets" / "Main" / "train.txt").read_text())

    run("train", "detector", "--data", folder, "--config", recipe, "--output", tmp_path / "run",
        "--backbone-weights", WEIGHTS)  # fmt: skip
    run("export", "detector", "--checkpoint", tmp_path / "run" / BEST, "--output", tmp_path / "bundle")
    told = run("evaluate", "detector", "--bundle", tmp_path / "bundle", "--data", folder, "--split", "train",
               "--json", "--record")  # fmt: skip

    found = json.loads(told)["drawn 0.1.0"]
    assert found["map_by_area"]["value"] > 0.95
    assert found["map_by_11_points"]["value"] > 0.95
    assert found["coco"]["at_50"] > 0.95
    bundle = load_detector(tmp_path / "bundle").bundle
    assert {metric.name for metric in bundle.metrics} >= {"mAP50, area", "AP50 disc, area"}
    assert bundle.labels == LABELS
    pictures = pictures_of(folder)
    expected = find_with_model(load_detector_checkpoint(tmp_path / "run" / BEST).model, pictures)
    for one, other in zip(expected, find_with_bundle(load_detector(tmp_path / "bundle"), pictures), strict=True):
        np.testing.assert_allclose(one.scores[:2], other.scores[:2], atol=5e-3)  # its weights are halves by now
        np.testing.assert_allclose(one.boxes[:2], other.boxes[:2], atol=5e-3)
    with pytest.raises(BundleMismatch, match="kind"):
        load_bundle(tmp_path / "bundle")
    only = run("evaluate", "detector", "--bundle", tmp_path / "bundle", "--data", folder, "--split", "train",
               "--label", "disc", "--name", "disc=square")  # fmt: skip
    assert "| disc" in only
    assert "| square" not in only


def test_a_run_that_was_killed_ends_with_the_same_weights_whoever_prepares_its_pictures(
    folder: Path, random_weights: Path, tmp_path: Path
) -> None:
    killed_after = random.randint(1, 4)

    def kill(step: int) -> None:
        if step == killed_after:
            raise Killed

    parts = (tiny_config(steps=5, val_every=2), random_weights, pictures_of(folder), pictures_of(folder, "val"))
    straight = train_detector(*parts, tmp_path / "straight").model.state_dict()
    with pytest.raises(Killed):
        train_detector(*parts, tmp_path / "resumed", after_step=kill)

    resumed = train_detector(*parts, tmp_path / "resumed", workers=1).model.state_dict()

    assert all(torch.equal(straight[name], resumed[name]) for name in straight)
    assert (tmp_path / "straight" / "log.csv").read_text() == (tmp_path / "resumed" / "log.csv").read_text()
    kept = load_detector_checkpoint(tmp_path / "resumed" / BEST)
    assert all(torch.equal(straight[name], value) for name, value in kept.model.state_dict().items())


def test_a_folder_of_another_recipe_is_left_alone(folder: Path, random_weights: Path, tmp_path: Path) -> None:
    pictures = pictures_of(folder)
    train_detector(tiny_config(steps=1), random_weights, pictures, (), tmp_path)

    with pytest.raises(Conflict, match="another configuration"):
        train_detector(tiny_config(steps=2), random_weights, pictures, (), tmp_path)


def test_a_run_may_start_from_the_weights_of_another(folder: Path, random_weights: Path, tmp_path: Path) -> None:
    pictures = pictures_of(folder)
    first = train_detector(tiny_config(steps=2), random_weights, pictures, (), tmp_path / "first")
    weights = {name: value.clone() for name, value in first.model.state_dict().items()}

    onward = train_detector(
        tiny_config(steps=1, learning_rate=1e-12), None, pictures, (), tmp_path / "onward", start=first
    )

    assert all(torch.allclose(weights[name], value) for name, value in onward.model.state_dict().items())
    other = DetectorConfig(labels={"disc": ("disc",)}, network=first.config.network)
    with pytest.raises(InvalidInput, match="other labels"):
        train_detector(other, None, pictures, (), tmp_path / "other", start=first)


def test_pictures_without_a_box_of_the_recipe_train_nothing(folder: Path, tmp_path: Path) -> None:
    bare = [replace(each, boxes=each.boxes[:0], labels=each.labels[:0]) for each in pictures_of(folder)]

    with pytest.raises(InvalidInput, match=r"None of the \d+ pictures has a box of "):
        train_detector(tiny_config(steps=1), None, bare, (), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_result_takes_the_place_of_no_file(folder: Path, random_weights: Path, tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine")

    for output in (taken, taken / "below"):
        with pytest.raises(Conflict, match="a file has its name"):
            train_detector(tiny_config(steps=1), random_weights, pictures_of(folder), (), output)
    assert taken.read_text() == "mine"


def test_weights_that_are_none_are_told(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("hello world")

    with pytest.raises(InvalidInput, match=r"it is no \.npz file"):
        train_detector(tiny_config(steps=1), tmp_path / "text.npz", pictures_of(folder), (), tmp_path / "run")


def test_a_loss_that_is_no_number_is_told(folder: Path, random_weights: Path, tmp_path: Path) -> None:
    config = tiny_config(learning_rate=1e30, warm_up=0)

    with pytest.raises(InvalidInput, match=r"Lower training\.learning_rate"):
        train_detector(config, random_weights, pictures_of(folder), (), tmp_path)


def test_frozen_blocks_stay_as_they_are(folder: Path, random_weights: Path, tmp_path: Path) -> None:
    def first_and_last(output: str, steps: int) -> list[torch.Tensor]:
        config = tiny_config(steps=steps, frozen_blocks=7, learning_rate=1e-2)
        model = train_detector(config, random_weights, pictures_of(folder), (), tmp_path / output).model
        return [next(model.base.blocks[at].parameters()).detach().clone() for at in (6, 7)]

    (frozen, moving), (still_frozen, moved) = first_and_last("one", 1), first_and_last("three", 3)

    assert torch.equal(frozen, still_frozen)
    assert not torch.equal(moving, moved)


def test_the_rate_warms_up_and_decays() -> None:
    schedule = DetectorSchedule(learning_rate=1.0, warm_up=4, decay_at=(10, 20))

    rates = [rate_at(step, schedule) for step in (0, 3, 9, 10, 20)]

    assert rates == pytest.approx([0.25, 1, 1, 0.1, 0.01])


def test_the_published_recipe_runs_on_folders_like_vocs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = load_detector_config(REPOSITORY / "models" / "recipes" / "voc0712.toml")
    for year in ("VOC2007", "VOC2012"):
        draw_voc(tmp_path / year, {"trainval": 2})
    labels = LabelMap({**recipe.labels, "boat": ("disc",), "sofa": ("square",)})
    pictures = load_pictures(tmp_path, recipe.data.train, labels).pictures
    monkeypatch.setattr("instantreact.training.detector.run.load_base", lambda base, path: None)
    short = {"steps": 2, "batch": 2, "warm_up": 0, "learning_rate": 1e-5}
    config = recipe.model_copy(
        update={
            "training": recipe.training.model_copy(update=short),
            "network": recipe.network.model_copy(update={"size": 64}),
        }
    )
    reports: list[TrainingReport] = []

    trained = train_detector(config, None, pictures, (), tmp_path / "run", after_report=reports.append)

    assert len(pictures) == 4
    assert trained.step == 2
    assert np.isfinite(reports[0].boxes_loss + reports[0].labels_loss)
    assert recipe.network == DetectorArchitecture()
    assert len(recipe.labels) == 20


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "not TOML"),
        ("name = 'x'", "labels"),
        ("labels = ['a']\n[network]\nscales = [0.1]", "network.*entries"),
        ("[labels]\na = ['x']\nb = ['x']", "one label only"),
        ("labels = ['a']\nsurprise = 1", "surprise"),
    ],
)
def test_a_wrong_recipe_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "train.toml"
    path.write_text(text)

    with pytest.raises(InvalidInput, match=f"train.toml.*{complaint}"):
        load_detector_config(path)


def test_what_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_bytes(b"nothing")

    with pytest.raises(InvalidInput, match="not a checkpoint"):
        load_detector_checkpoint(tmp_path / "best.pt")


def test_the_command_line_knows_the_commands_for_detectors() -> None:
    for command in ("train", "evaluate", "export"):
        result = CliRunner().invoke(command_line, [command, "detector", "--help"])
        assert result.exit_code == 0, result.output
        assert "detector" in result.output
