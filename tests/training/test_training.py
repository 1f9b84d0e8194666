"""Training learns, goes on exactly where it stopped, and stops when nothing gets better."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch

from instantreact.errors import Conflict, InvalidInput
from instantreact.training.captioner.checkpoint import load_checkpoint
from instantreact.training.captioner.clips import Split
from instantreact.training.captioner.config import load_config
from instantreact.training.captioner.examples import draw_window
from instantreact.training.captioner.fit import fit_folds, predict_concepts
from instantreact.training.captioner.recipe import build_model, build_vocabulary, make_examples
from instantreact.training.captioner.run import BEST, train_captioner
from instantreact.training.captioner.train import EpochReport, Trainer, find_device, train_model
from tests.conftest import REPOSITORY
from tests.training.conftest import DrawnData
from tests.training.recipes import make_config


class Interrupted(Exception):
    """The power went."""


def train_into(drawn: DrawnData, output: Path, *, epochs: int = 3, stop_after: int | None = None) -> None:
    def after_epoch(report: EpochReport) -> None:
        if report.epoch == stop_after:
            raise Interrupted

    config = make_config(epochs=epochs)
    train_captioner(config, drawn.encoders, drawn.prepared, drawn.clips, output, after_epoch=after_epoch)


def test_an_interrupted_run_ends_as_a_straight_one(drawn: DrawnData, tmp_path: Path) -> None:
    train_into(drawn, tmp_path / "straight")
    with pytest.raises(Interrupted):
        train_into(drawn, tmp_path / "resumed", stop_after=2)

    train_into(drawn, tmp_path / "resumed")

    straight, resumed = (load_checkpoint(tmp_path / name / BEST).model.state_dict() for name in ("straight", "resumed"))
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)
    assert (tmp_path / "straight" / "log.csv").read_text() == (tmp_path / "resumed" / "log.csv").read_text()


def test_a_run_refuses_the_folder_of_another_configuration(drawn: DrawnData, tmp_path: Path) -> None:
    train_into(drawn, tmp_path, epochs=1)

    with pytest.raises(Conflict, match="another configuration"):
        train_into(drawn, tmp_path, epochs=2)


def test_training_makes_its_captions_more_probable(drawn: DrawnData, tmp_path: Path) -> None:
    train_into(drawn, tmp_path, epochs=12)

    with (tmp_path / "log.csv").open() as stream:
        losses = [float(row["train_caption"]) for row in csv.DictReader(stream)]
    assert losses[-1] < losses[0] - 0.3


def test_training_stops_when_its_patience_is_used_up(drawn: DrawnData) -> None:
    config = make_config(epochs=40)
    schedule = config.training.model_copy(update={"patience": 2, "learning_rate": 1e-12})
    train = [clip for clip in drawn.clips if clip.split is Split.TRAIN]
    vocabulary = build_vocabulary(config, train)
    examples = make_examples(config, train, drawn.prepared, vocabulary)
    trainer = Trainer(build_model(config, vocabulary, examples), schedule, device=find_device())
    reports: list[EpochReport] = []

    train_model(trainer, examples, examples[:1], after_epoch=reports.append)

    assert trainer.finished
    assert len(reports) < 40


def test_concepts_are_predicted_without_decoders_as_with_them(drawn: DrawnData) -> None:
    config = make_config(epochs=1)

    clips, logits = predict_concepts(config, drawn.prepared, drawn.clips, folds=3)

    whole = fit_folds(config, drawn.encoders, drawn.prepared, drawn.clips, folds=3)
    assert list(whole.clips) == clips
    np.testing.assert_allclose(logits, whole.logits, rtol=1e-4, atol=1e-4)
    assert np.ptp(logits) > 0.1


def test_a_drawn_window_is_a_stretch_of_one_view(drawn: DrawnData) -> None:
    config = drawn.config
    (example, *_) = make_examples(config, drawn.clips, drawn.prepared, build_vocabulary(config, drawn.clips))

    for seed in range(20):
        window = draw_window(example, np.random.default_rng(seed))

        stretches = (
            view[start : start + len(window)] for view in example.views for start in range(len(view) - len(window) + 1)
        )
        assert len(window) >= 3
        assert any(np.array_equal(window, stretch) for stretch in stretches)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "not TOML"),
        ("surprise = 1", "surprise|sampling"),
        ("[sampling]\nwindow_s = 'long'", r"sampling\.window_s"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "train.toml"
    path.write_text(text)

    with pytest.raises(InvalidInput, match=f"train.toml.*({complaint})"):
        load_config(path)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "models").glob("*/*.toml")), ids=lambda path: path.stem)
def test_shipped_configurations_load(path: Path) -> None:
    assert load_config(path).training.epochs > 0
