"""Training learns, goes on exactly where it stopped, and stops when nothing gets better."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from instantreact.errors import Conflict, InvalidInput
from instantreact.inference.vocabulary import PAD
from instantreact.training.captioner.checkpoint import load_checkpoint
from instantreact.training.captioner.clips import Split
from instantreact.training.captioner.config import load_config
from instantreact.training.captioner.examples import draw_window, plain_batches
from instantreact.training.captioner.recipe import build_model, build_vocabulary, make_examples
from instantreact.training.captioner.run import BEST, train_captioner
from instantreact.training.captioner.train import EpochReport, Trainer, find_device, measure_losses, train_model
from tests.conftest import REPOSITORY
from tests.training.conftest import DrawnData
from tests.training.recipes import make_config


class Interrupted(Exception):
    """The power went."""


def train_into(
    drawn: DrawnData, output: Path, *, epochs: int = 3, stop_after: int | None = None, mixed: bool = False
) -> None:
    def after_epoch(report: EpochReport) -> None:
        if report.epoch == stop_after:
            raise Interrupted

    config = make_config(epochs=epochs)
    config = config.model_copy(update={"training": config.training.model_copy(update={"bfloat16_on_cpu": mixed})})
    train_captioner(config, drawn.encoders, drawn.prepared, drawn.clips, output, after_epoch=after_epoch)


def read_losses(output: Path) -> list[float]:
    with (output / "log.csv").open() as stream:
        return [float(row["train_caption"]) for row in csv.DictReader(stream)]


@pytest.mark.parametrize("mixed", [False, True])
def test_an_interrupted_run_ends_as_a_straight_one(drawn: DrawnData, tmp_path: Path, mixed: bool) -> None:
    train_into(drawn, tmp_path / "straight", mixed=mixed)
    with pytest.raises(Interrupted):
        train_into(drawn, tmp_path / "resumed", stop_after=2, mixed=mixed)

    train_into(drawn, tmp_path / "resumed", mixed=mixed)

    straight, resumed = (load_checkpoint(tmp_path / name / BEST).model.state_dict() for name in ("straight", "resumed"))
    assert all(torch.equal(straight[name], resumed[name]) for name in straight)
    assert (tmp_path / "straight" / "log.csv").read_text() == (tmp_path / "resumed" / "log.csv").read_text()


def test_a_run_may_start_from_the_weights_of_another(drawn: DrawnData, tmp_path: Path) -> None:
    train_into(drawn, tmp_path / "first", epochs=12)
    start = load_checkpoint(tmp_path / "first" / BEST)

    for name, weights in (("fresh", None), ("onward", start)):
        config = make_config(epochs=1)
        train_captioner(config, drawn.encoders, drawn.prepared, drawn.clips, tmp_path / name, start=weights)

    (fresh,), (onward,) = read_losses(tmp_path / "fresh"), read_losses(tmp_path / "onward")
    assert onward < fresh - 0.3


def test_a_run_refuses_to_start_from_other_sizes(drawn: DrawnData, tmp_path: Path) -> None:
    train_into(drawn, tmp_path / "first", epochs=1)
    start = load_checkpoint(tmp_path / "first" / BEST)
    config = make_config(epochs=1, model=drawn.config.model.model_copy(update={"hidden": 32}))

    with pytest.raises(InvalidInput, match="another vocabulary or other sizes"):
        train_captioner(config, drawn.encoders, drawn.prepared, drawn.clips, tmp_path / "second", start=start)


def test_a_run_refuses_the_folder_of_another_configuration(drawn: DrawnData, tmp_path: Path) -> None:
    train_into(drawn, tmp_path, epochs=1)

    with pytest.raises(Conflict, match="another configuration"):
        train_into(drawn, tmp_path, epochs=2)


def test_training_makes_its_captions_more_probable(drawn: DrawnData, tmp_path: Path) -> None:
    train_into(drawn, tmp_path, epochs=12)

    losses = read_losses(tmp_path)
    assert losses[-1] < losses[0] - 0.3


def test_mixed_precision_learns_nearly_as_full_precision_does(drawn: DrawnData, tmp_path: Path) -> None:
    for mixed in (False, True):
        train_into(drawn, tmp_path / str(mixed), mixed=mixed)

    full, mixed_losses = read_losses(tmp_path / "False"), read_losses(tmp_path / "True")
    assert full != mixed_losses
    assert mixed_losses == pytest.approx(full, abs=0.02)
    assert {w.dtype for w in load_checkpoint(tmp_path / "True" / BEST).model.state_dict().values()} == {torch.float32}


def test_words_start_as_spread_out_as_the_recipe_says(drawn: DrawnData) -> None:
    vocabulary = build_vocabulary(drawn.config, drawn.clips)
    examples = make_examples(drawn.config, drawn.clips, drawn.prepared, vocabulary)
    narrow = drawn.config.model_copy(update={"model": drawn.config.model.model_copy(update={"embedding_std": 0.1})})

    wide, near = (build_model(each, vocabulary, examples).decoder.embedding.weight for each in (drawn.config, narrow))

    assert torch.allclose(near, 0.1 * wide)
    assert wide.std().item() == pytest.approx(1, abs=0.2)


def test_padding_adds_nothing_to_the_loss(drawn: DrawnData) -> None:
    vocabulary = build_vocabulary(drawn.config, drawn.clips)
    examples = make_examples(drawn.config, drawn.clips, drawn.prepared, vocabulary)
    model = build_model(drawn.config, vocabulary, examples).eval()
    (batch,) = plain_batches(examples[:2], size=2)
    padded = replace(
        batch, words=nn.functional.pad(batch.words, (0, 5)), targets=nn.functional.pad(batch.targets, (0, 5), value=PAD)
    )

    with torch.no_grad():
        losses = [measure_losses(model, each, label_smoothing=0.1).caption.item() for each in (batch, padded)]

    assert losses[0] == pytest.approx(losses[1], abs=1e-6)


def test_smoothed_loss_is_torchs_own(drawn: DrawnData) -> None:
    vocabulary = build_vocabulary(drawn.config, drawn.clips)
    examples = make_examples(drawn.config, drawn.clips, drawn.prepared, vocabulary)
    model = build_model(drawn.config, vocabulary, examples).eval()
    (batch,) = plain_batches(examples[:2], size=2)
    everywhere = torch.ones_like(batch.targets, dtype=torch.bool)

    with torch.no_grad():
        found = measure_losses(model, batch, label_smoothing=0.1).caption
        scores, _ = model(batch.features, batch.lengths, batch.words, batch.owners, everywhere)

    expected = nn.functional.cross_entropy(scores, batch.targets.flatten(), ignore_index=PAD, label_smoothing=0.1)
    assert found.item() == pytest.approx(expected.item(), abs=1e-6)


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
