"""Training learns, goes on exactly where it stopped, and stops when nothing gets better."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from instantreact.domain.mention import tokenize
from instantreact.errors import Conflict, InvalidInput
from instantreact.inference.lexicon import Lexicon
from instantreact.inference.vocabulary import END, PAD, START, UNKNOWN
from instantreact.training.captioner.checkpoint import load_checkpoint
from instantreact.training.captioner.clips import Split
from instantreact.training.captioner.config import Reward, TrainingConfig, load_config
from instantreact.training.captioner.examples import draw_window, pad_windows, plain_batches
from instantreact.training.captioner.fit import fit_folds, predict_concepts
from instantreact.training.captioner.recipe import build_model, build_vocabulary, make_examples, make_trainer
from instantreact.training.captioner.reward import Rewarder, SampledSentences, measure_reward_loss, sample_words
from instantreact.training.captioner.run import train_captioner
from instantreact.training.captioner.train import EpochReport, Trainer, find_device, measure_losses, train_model
from instantreact.training.detector.config import load_detector_config
from instantreact.training.metrics.cider import cider_d
from instantreact.training.recipes import read_recipe
from instantreact.training.runs import BEST
from tests.conftest import REPOSITORY
from tests.training.conftest import DrawnData
from tests.training.recipes import make_config

SAMPLING = """[sampling]
window_s = 4.0
stride_s = 2.0
rate_hz = 8.0
gaps_s = [0.1, 0.2, 0.4]
image_size = 128
"""


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
        (f"{SAMPLING}[reward]\nsentences_per_window = 1", r"reward\.sentences_per_window"),
    ],
)
def test_a_wrong_configuration_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "train.toml"
    path.write_text(text)

    with pytest.raises(InvalidInput, match=f"train.toml.*({complaint})"):
        load_config(path)


RECIPES = sorted((REPOSITORY / "models").glob("*/*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_shipped_configurations_load(path: Path) -> None:
    if path.name == "lexicon.toml":
        assert read_recipe(path, Lexicon).version > 0
    elif "[sampling]" in path.read_text():
        assert load_config(path).training.epochs > 0
    else:
        assert load_detector_config(path).training.steps > 0


def make_rewarded_config(*, epochs: int = 2, rewarded: int = 3, **schedule: object) -> TrainingConfig:
    config = make_config(epochs=epochs, reward=Reward(epochs=rewarded, sentences_per_window=4, learning_rate=5e-3))
    return config.model_copy(update={"training": config.training.model_copy(update=schedule)})


@pytest.mark.parametrize("stop_after", [1, 2, 3, 4])
def test_a_run_for_reward_goes_on_exactly_where_it_stopped(drawn: DrawnData, tmp_path: Path, stop_after: int) -> None:
    def interrupt(report: EpochReport) -> None:
        if report.epoch == stop_after:
            raise Interrupted

    config = make_rewarded_config()
    parts = (config, drawn.encoders, drawn.prepared, drawn.clips)
    straight = train_captioner(*parts, tmp_path / "straight").model.state_dict()
    with pytest.raises(Interrupted):
        train_captioner(*parts, tmp_path / "resumed", after_epoch=interrupt)

    resumed = train_captioner(*parts, tmp_path / "resumed").model.state_dict()

    assert all(torch.equal(straight[name], resumed[name]) for name in straight)
    assert (tmp_path / "straight" / "log.csv").read_text() == (tmp_path / "resumed" / "log.csv").read_text()


def test_training_for_reward_raises_the_reward(drawn: DrawnData) -> None:
    reward = Reward(epochs=80, sentences_per_window=16, learning_rate=3e-2)
    config = make_config(epochs=20, reward=reward)
    vocabulary = build_vocabulary(config, drawn.clips)
    examples = make_examples(config, drawn.clips, drawn.prepared, vocabulary)[:2]
    reports: list[EpochReport] = []

    train_model(make_trainer(config, vocabulary, examples), examples, [], after_epoch=reports.append)

    rewards = [report.train_reward for report in reports if report.is_for_reward]
    assert len(rewards) == 80
    assert np.mean(rewards[-10:]) > 2 * np.mean(rewards[:10])


def test_patience_ends_each_part_of_the_training(drawn: DrawnData) -> None:
    config = make_rewarded_config(epochs=40, rewarded=40, patience=2, learning_rate=1e-12)
    config = config.model_copy(update={"reward": config.reward.model_copy(update={"learning_rate": 1e-12})})
    train = [clip for clip in drawn.clips if clip.split is Split.TRAIN]
    vocabulary = build_vocabulary(config, train)
    examples = make_examples(config, train, drawn.prepared, vocabulary)
    reports: list[EpochReport] = []

    train_model(make_trainer(config, vocabulary, examples), examples, examples[:1], after_epoch=reports.append)

    words, reward = (sum(report.is_for_reward is kind for report in reports) for kind in (False, True))
    assert 3 <= words < 40
    assert 3 <= reward < 40


def test_concept_scores_do_not_depend_on_how_long_the_decoder_trains(drawn: DrawnData) -> None:
    parts = (drawn.encoders, drawn.prepared, drawn.clips)
    short, long = (
        fit_folds(config, *parts, folds=2).logits
        for config in (make_config(epochs=1), make_rewarded_config(epochs=2, rewarded=1))
    )

    assert np.array_equal(short, long)
    assert len(np.unique(long)) > 2


def test_a_reward_is_the_cider_d_of_a_sentence_with_its_end(drawn: DrawnData) -> None:
    config = make_rewarded_config()
    clips = [clip for clip in drawn.clips if clip.split is Split.TRAIN]
    vocabulary = build_vocabulary(config, clips)
    examples = make_examples(config, clips, drawn.prepared, vocabulary)
    model = build_model(config, vocabulary, examples).eval()
    rewarder = Rewarder(config.reward, vocabulary, examples, max_words=8)

    sampled = rewarder.sample(model, examples, pad_windows([example.views[0] for example in examples]))

    said = [vocabulary.decode(numbers).split() + ["<end>"] * (END in numbers) for numbers in sampled.words.tolist()]
    references = [[[*tokenize(caption), "<end>"] for caption in clip.captions] for clip in clips]
    for first in range(4):
        expected = cider_d(said[first::4], references)
        assert sampled.rewards[first::4].tolist() == pytest.approx(expected.tolist(), abs=1e-5)


def test_sampled_words_are_drawn_as_often_as_the_model_says(drawn: DrawnData) -> None:
    config = make_config()
    vocabulary = build_vocabulary(config, drawn.clips)
    examples = make_examples(config, drawn.clips, drawn.prepared, vocabulary)[:2]
    model = build_model(config, vocabulary, examples).eval()
    windows = pad_windows([example.views[0][: 3 + at] for at, example in enumerate(examples)])
    owners = torch.tensor([0, 1]).repeat_interleave(4000)
    torch.manual_seed(0)

    words = sample_words(model, windows, owners, max_words=2)

    with torch.no_grad():
        first = torch.full((2, 1), START)
        scores, _ = model(windows.features, windows.lengths, first, torch.tensor([0, 1]), first == START)  # (2, V)
    for window in range(2):
        expected = scores[window].exp()
        expected[[PAD, START, UNKNOWN, END]] = 0
        counts = torch.bincount(words[owners == window, 0], minlength=len(vocabulary)) / 4000
        assert torch.allclose(counts, expected / expected.sum(), atol=0.03)
        ended = words[owners == window]
        assert (ended[:, 0] != END).all()


def test_the_reward_loss_prefers_the_better_sentence(drawn: DrawnData) -> None:
    config = make_config()
    vocabulary = build_vocabulary(config, drawn.clips)
    examples = make_examples(config, drawn.clips, drawn.prepared, vocabulary)[:1]
    model = build_model(config, vocabulary, examples).eval()
    windows = pad_windows([examples[0].views[0]])
    words = torch.tensor([[4, 5, END], [6, END, PAD]])
    sampled = SampledSentences(words, torch.tensor([0, 0]), torch.tensor([2.0, 1.0]))

    def probabilities() -> list[float]:
        before = torch.tensor([[START, 4, 5], [START, 6, END]])
        with torch.no_grad():
            scores, _ = model(windows.features, windows.lengths, before, sampled.owners, words != PAD)  # (P, V)
        of_words = scores.gather(1, words[words != PAD][:, None])[:, 0]
        return [float(of_words[:3].sum()), float(of_words[3:].sum())]

    good, bad = probabilities()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    torch.autograd.backward(measure_reward_loss(model, windows, sampled, each=2))
    optimizer.step()

    assert probabilities()[0] > good
    assert probabilities()[1] < bad


@pytest.mark.parametrize("content", [b"\xff\xfe not text", b"version = ", None])
def test_a_lexicon_that_cannot_be_read_is_named_with_who_asks_for_it(tmp_path: Path, content: bytes | None) -> None:
    recipe = tmp_path / "train.toml"
    recipe.write_text(SAMPLING + '\n[phrasing]\nlexicon = "words.toml"\nleast = { place = 0.1 }\n')
    if content is not None:
        (tmp_path / "words.toml").write_bytes(content)
    with pytest.raises(InvalidInput, match=r"words\.toml.*\[phrasing\] lexicon of .*train\.toml"):
        load_config(recipe)
