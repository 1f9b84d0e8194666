"""The commands, one after the other, on drawn clips: prepare, train, export, evaluate, crossval."""

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import load_bundle
from instantreact.inference.phrasing import triples_of
from instantreact.training.captioner.config import TrainingConfig
from instantreact.training.cli import app
from tests.training.conftest import DrawnData
from tests.training.recipes import make_config

CAPTIONER = Path(__file__).parents[2] / "models" / "captioner"


def write_toml(config: TrainingConfig, path: Path) -> Path:
    """The parts of a configuration that tests change, as TOML."""
    sections = config.model_dump(mode="json", exclude_none=True, exclude={"concepts"})
    lines = [f"{key} = {json.dumps(value)}" for key, value in sections.items() if not isinstance(value, dict)]
    for name, section in sections.items():
        if isinstance(section, dict):
            lines += [f"[{name}]", *(f"{key} = {json.dumps(value)}" for key, value in section.items())]
    path.write_text("\n".join(lines))
    return path


def run(*arguments: object) -> str:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def copy_data(drawn: DrawnData, folder: Path) -> Path:
    return Path(shutil.copytree(drawn.folder, folder))


@pytest.mark.timeout(240)
def test_the_toolkit_goes_from_clips_to_a_measured_bundle(drawn: DrawnData, tmp_path: Path) -> None:
    config = write_toml(make_config(), tmp_path / "train.toml")
    data = ("--data", drawn.folder, "--cache", tmp_path / "cache")
    recipe = (*data, "--config", config, "--backbone-weights", drawn.weights)

    assert "12 clips are prepared" in run("prepare", "captioner", *recipe)
    run("train", "captioner", *recipe, "--output", tmp_path / "first")
    first = tmp_path / "first" / "best.pt"
    run("train", "captioner", *recipe, "--output", tmp_path / "run", "--start-from", first)
    run("export", "captioner", "--checkpoint", tmp_path / "run" / "best.pt", "--output", tmp_path / "bundle")
    kept = sorted((tmp_path / "cache").rglob("*"))
    lexicon = ("--lexicon", CAPTIONER / "lexicon.toml")
    measured = json.loads(run("evaluate", "captioner", *data, "--bundle", tmp_path / "bundle", "--json", *lexicon))
    folds = json.loads(run("crossval", "captioner", *recipe, "--folds", 5, "--json", *lexicon))

    assert sorted((tmp_path / "cache").rglob("*")) == kept, "evaluate and crossval computed features again"
    assert load_bundle(tmp_path / "bundle").name == "tiny"
    assert measured["tiny 0.1.0"]["clips"] == 2
    assert {"majority caption", "nearest neighbour"} == set(measured["baselines"]["captions"])
    assert {"model", "annotator a against b", "model against b", "annotator b against a", "model against a"} == set(
        measured["tiny 0.1.0"]["captions"]
    )
    assert folds["5 folds by scene"]["clips"] == 12
    for wording in (measured["tiny 0.1.0"]["wording"], folds["5 folds by scene"]["wording"]):
        assert 0 <= wording["people_within_one"] <= 1
        assert wording["different"] >= 1
    assert {found["concept"] for found in folds["5 folds by scene"]["recognition"]} == {"fight"}


def test_train_says_which_split_cannot_be_read(drawn: DrawnData, tmp_path: Path) -> None:
    config, data = write_toml(make_config(epochs=1), tmp_path / "train.toml"), copy_data(drawn, tmp_path / "data")
    recipe = ("--data", data, "--config", config, "--backbone-weights", drawn.weights, "--cache", tmp_path / "cache")
    for clip in ("fight3", "normal3"):
        (data / "clips" / f"{clip}.mp4").write_bytes(b"no video")

    with pytest.raises(InvalidInput, match=r"Not one of the 2 clips in val can be read; fight3: The file is not a"):
        run("train", "captioner", *recipe, "--output", tmp_path / "run")


def test_train_tells_of_skipped_clips_and_goes_on_without_validation(drawn: DrawnData, tmp_path: Path) -> None:
    config, data = write_toml(make_config(epochs=1), tmp_path / "train.toml"), copy_data(drawn, tmp_path / "data")
    lines = (data / "captions.jsonl").read_text().splitlines(keepends=True)
    (data / "captions.jsonl").write_text("".join(line for line in lines if '"val"' not in line))
    (data / "clips" / "fight1.mp4").write_bytes(b"no video")
    recipe = ("--data", data, "--config", config, "--backbone-weights", drawn.weights, "--cache", tmp_path / "cache")

    told = CliRunner().invoke(
        app, [str(each) for each in ("train", "captioner", *recipe, "--output", tmp_path / "run")]
    )

    assert told.exit_code == 0
    assert "10 of 10 clips are prepared" in told.stderr
    assert "skipped fight1: " in told.stderr
    assert "no validation clips" in told.stderr


def test_evaluate_says_which_split_cannot_be_read(drawn: DrawnData, tmp_path: Path) -> None:
    shipped, data = CAPTIONER, copy_data(drawn, tmp_path / "data")
    for clip in ("fight4", "normal4"):
        (data / "clips" / f"{clip}.mp4").write_bytes(b"no video")

    with pytest.raises(InvalidInput, match="Not one of the 2 clips in test can be read; fight4"):
        run("evaluate", "captioner", "--data", data, "--bundle", shipped, "--cache", tmp_path / "cache")


def test_evaluate_says_which_splits_there_are(drawn: DrawnData, tmp_path: Path) -> None:
    shipped, data = CAPTIONER, copy_data(drawn, tmp_path / "data")
    text = (data / "captions.jsonl").read_text().replace('"test"', '"val"')
    (data / "captions.jsonl").write_text(text)

    with pytest.raises(InvalidInput, match="no clips in its split test; there are 8 in train, 4 in val"):
        run("evaluate", "captioner", "--data", data, "--bundle", shipped, "--cache", tmp_path / "cache")


def test_evaluate_prints_tables_for_people(drawn: DrawnData, tmp_path: Path) -> None:
    shipped = Path(__file__).parents[2] / "models" / "captioner"

    command = ("evaluate", "captioner", "--data", drawn.folder, "--bundle", shipped, "--cache", tmp_path)
    text, few = run(*command, "--split", "train"), run(*command, "--split", "test")

    assert "| captions " in text
    assert "container metadata" in text
    assert "bootstrap over scenes" in text
    assert "fight is not measured: 1 with this label and 1 without" in few


def test_crossval_refuses_more_folds_than_scenes(drawn: DrawnData, tmp_path: Path) -> None:
    config = write_toml(make_config(), tmp_path / "train.toml")

    with pytest.raises(InvalidInput, match="9 folds need as many scenes"):
        run(
            *("crossval", "captioner", "--data", drawn.folder, "--config", config, "--folds", 9),
            *("--backbone-weights", drawn.weights, "--cache", tmp_path / "cache"),
        )


def test_train_final_uses_val_learns_its_phrasing_and_records_what_it_measures(
    drawn: DrawnData, tmp_path: Path
) -> None:
    config = write_toml(make_config(), tmp_path / "train.toml")
    config.write_text(config.read_text() + '\n[phrasing]\nlexicon = "words.toml"\nleast = { place = 0.1, who = 0.0 }\n')
    shutil.copy(CAPTIONER / "lexicon.toml", tmp_path / "words.toml")
    data = ("--data", drawn.folder, "--cache", drawn.cache)
    recipe = (*data, "--config", config, "--backbone-weights", drawn.weights)

    run("train", "captioner", *recipe, "--output", tmp_path / "run", "--final")
    run("export", "captioner", "--checkpoint", tmp_path / "run" / "best.pt", "--output", tmp_path / "bundle", "--int8")
    run("evaluate", "captioner", *data, "--bundle", tmp_path / "bundle", "--split", "val", "--record")

    bundle = load_bundle(tmp_path / "bundle")
    phrasing, metrics = bundle.load_phrasing(), bundle.metrics
    assert phrasing is not None
    assert set(phrasing.sureness) <= {"place", "who"}
    assert all(0 < share <= 1 for share in phrasing.priors.values())
    known = {triple for clip in drawn.clips for text in clip.captions for triple in triples_of(text)}
    assert set(phrasing.triples) <= known
    assert all(set(triples_of(text)) <= known for text in phrasing.plain)
    assert {"BLEU-4", "CIDEr-D"} <= {metric.name for metric in metrics}
    assert {(metric.data_set, metric.split) for metric in metrics} == {("data", "val")}
