"""A concept is added by an edit of the recipe, and nothing else: rules ask for it as soon as the bundle is in use."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import load_bundle
from instantreact.training.captioner.clips import CaptionedClip
from instantreact.training.captioner.config import TrainingConfig, load_config
from instantreact.training.captioner.export import export_bundle
from instantreact.training.captioner.fit import fit_captioner
from tests.servers.service import Service
from tests.training.conftest import DrawnData
from tests.training.recipes import make_config
from tests.training.test_cli import write_toml

THEFT = """
[concepts]
version = 2

[concepts.words]
theft = ["steal", "snatches a bag", "theft"]
fire = ["fire", "smoke"]
"""
STOLEN = ("a man steals a bag", "a person snatches a bag", "a man is stealing from a shop")


def write_recipe(path: Path, concepts: str, *, epochs: int = 3) -> Path:
    write_toml(make_config(epochs=epochs), path)
    path.write_text(path.read_text() + "\n" + concepts)
    return path


def steal(clip: CaptionedClip) -> CaptionedClip:
    """Somebody who knows nothing but thieves."""
    return replace(clip, label="theft", captions=STOLEN, annotators=())


def analyze(api: httpx.Client, path: Path) -> str:
    """Submit a clip and wait until it is analyzed; its id."""
    with path.open("rb") as file:
        answer = api.post("/analyze", params={"wait": 60}, files={"file": file})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["clip"]["id"])


@pytest.fixture(scope="module")
def bundle(drawn: DrawnData, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained from a recipe that teaches theft."""
    folder = tmp_path_factory.mktemp("thieves")
    config = load_config(write_recipe(folder / "train.toml", THEFT, epochs=20))
    trained = fit_captioner(config, drawn.encoders, drawn.prepared, [steal(clip) for clip in drawn.clips])
    return export_bundle(trained, folder / "bundle").folder


@pytest.fixture(scope="module")
def service(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    state_dir = tmp_path_factory.mktemp("service") / "state"
    with Service(state_dir, captioner_bundle=str(bundle), speech="off", detector="off", poses="off") as service:
        yield service


def test_a_bundle_carries_the_concepts_of_its_recipe(bundle: Path) -> None:
    concepts = load_bundle(bundle).concepts

    assert (concepts.version, concepts.names) == (2, ("theft", "fire"))
    assert concepts.words["theft"] == ("steal", "snatches a bag", "theft")


def test_a_rule_for_the_new_concept_fires_end_to_end(service: Service, drawn: DrawnData) -> None:
    with service.client() as api:
        for concept in ("theft", "fire"):
            rule = {"name": concept, "conditions": [{"kind": "concept", "concept": concept, "min_score": 0.5}]}
            assert api.post("/rules", json=rule).status_code == 201
        clip_id = analyze(api, drawn.folder / "clips" / "fight0.mp4")
        (alert,) = api.get("/alerts").json()["items"]
        event = api.get(f"/events/{alert['event_id']}").json()

    assert event["clip_id"] == clip_id
    assert [evidence["what"] for evidence in alert["evidence"]] == ["theft"]
    assert event["concepts"]["theft"] >= 0.5 > event["concepts"]["fire"]


def test_a_rule_for_a_concept_that_the_new_bundle_lacks_is_refused(service: Service) -> None:
    rule = {"name": "Thefts", "conditions": [{"kind": "concept", "concept": "thefts"}]}

    with service.client() as api:
        answer = api.post("/rules", json=rule)
        (bundle,) = api.get("/bundles").json()["bundles"]

    assert answer.status_code == 422
    assert "is not a known concept: theft, fire (tiny 0.1.0). Did you mean theft?" in answer.json()["detail"]
    scored = {"concepts": ["theft", "fire"], "concepts_version": 2, "labels": []}
    assert bundle == {"kind": "captioner", "name": "tiny", "version": "0.1.0", **scored}


@pytest.mark.parametrize(
    ("concepts", "complaint"),
    [
        ("[concepts.words]\ntheft = []", "concepts.words.theft: .*at least 1 item"),
        ('[concepts.words]\ntheft = ["?!"]', "concepts.words.theft.0: .*holds no word"),
        ('[concepts.words]\n"Theft!" = ["steals"]', "concepts.words.Theft!"),
        ("[concepts.words]", "concepts.words: .*at least 1 item"),
        ("[concepts]\nverison = 2", "concepts.verison"),
    ],
)
def test_a_recipe_says_what_is_wrong_with_its_concepts(tmp_path: Path, concepts: str, complaint: str) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        load_config(write_recipe(tmp_path / "train.toml", concepts))


def test_a_recipe_or_checkpoint_from_before_words_takes_the_first_ones() -> None:
    recipe = make_config().model_dump(mode="json") | {"concepts": ["fire", "fight"]}

    words = TrainingConfig.model_validate(recipe).concepts.words

    assert list(words) == ["fire", "fight"]
    assert "smoke" in words["fire"]
    with pytest.raises(ValueError, match="fight, fall, fire"):
        TrainingConfig.model_validate(recipe | {"concepts": ["theft"]})
