"""The shipped bundle loads; a missing or damaged one says what to do."""

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.errors import BundleMismatch, BundleMissing
from instantreact.inference.bundle import MANIFEST, GraphName, load_bundle, sha256_of
from instantreact.inference.captioner import Captioner
from instantreact.inference.lexicon import Lexicon
from instantreact.inference.phrasing import Phrasing
from tests.conftest import REPOSITORY

SHIPPED = REPOSITORY / "models" / "captioner"
LARGEST_BUNDLE = 20_000_000
LEXICON = Lexicon.model_validate(tomllib.loads((SHIPPED / "lexicon.toml").read_text("utf-8")))
PHRASING = Phrasing(lexicon=LEXICON, sureness={}, priors={}, triples=())


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHIPPED, tmp_path / "bundle"))


def change_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    manifest = json.loads((folder / MANIFEST).read_text())
    change(manifest)
    (folder / MANIFEST).write_text(json.dumps(manifest))


def as_format_1(manifest: dict[str, Any]) -> dict[str, Any]:
    """A manifest as it was when the words of concepts were part of the code."""
    manifest.update(format=1)
    del manifest["kind"], manifest["concepts"]["words"]
    return manifest


def add_theft(manifest: dict[str, Any]) -> None:
    """What no recipe taught."""
    manifest["concepts"]["names"].append("theft")
    manifest["concepts"]["words"]["theft"] = ["steals"]


def test_load_bundle_reads_format_1_with_the_words_of_then(copied: Path) -> None:
    change_manifest(copied, as_format_1)

    assert dict(load_bundle(copied)) == {**dict(load_bundle(SHIPPED)), "folder": copied}


def test_load_bundle_takes_the_words_of_the_bundle(copied: Path) -> None:
    change_manifest(copied, lambda manifest: manifest["concepts"].update(version=7))
    change_manifest(copied, lambda manifest: manifest["concepts"]["words"].update(fire=["embers"]))

    concepts = load_bundle(copied).concepts

    assert (concepts.version, concepts.words["fire"]) == (7, ("embers",))
    assert concepts.words["fall"] == FIRST_CONCEPTS["fall"]


def test_load_bundle_reads_the_shipped_bundle() -> None:
    bundle = load_bundle(SHIPPED)

    assert set(bundle.graphs) == set(GraphName)
    assert bundle.graphs[GraphName.APPEARANCE].inputs["images"][2] == bundle.sampling.image_size
    assert bundle.licences


def test_load_bundle_takes_one_from_before_motion_images_were_cropped(copied: Path) -> None:
    change_manifest(copied, lambda manifest: manifest["preprocessing"].pop("motion_crop", None))

    assert load_bundle(copied).preprocessing.motion_crop == 1


def test_shipped_bundle_is_small() -> None:
    assert sum(file.stat().st_size for file in SHIPPED.iterdir()) <= LARGEST_BUNDLE


def test_load_bundle_names_the_setting_when_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="INSTANTREACT_CAPTIONER_BUNDLE"):
        load_bundle(tmp_path)


def test_load_bundle_refuses_a_changed_graph(copied: Path) -> None:
    with (copied / "step.onnx").open("ab") as stream:
        stream.write(b"x")

    with pytest.raises(BundleMismatch, match=r"step\.onnx.*checksum"):
        load_bundle(copied)


def test_load_bundle_refuses_a_missing_graph(copied: Path) -> None:
    (copied / "motion.onnx").unlink()

    with pytest.raises(BundleMismatch, match=r"motion\.onnx"):
        load_bundle(copied)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda manifest: manifest.update(format=99), "format 99"),
        (lambda manifest: manifest["graphs"].pop("step"), "graphs are missing: step"),
        (lambda manifest: manifest["graphs"]["step"]["inputs"].pop("keys"), "inputs or outputs .*step"),
        (lambda manifest: manifest.update(kind="detector"), "kind: .*'captioner'"),
        (lambda manifest: manifest["concepts"]["words"].pop("fire"), "names and words must hold the same"),
        (lambda manifest: manifest["concepts"]["names"].append("fire"), "names and words must hold the same"),
        (lambda manifest: manifest["concepts"]["words"].update(fire=[]), "words.fire: .*at least 1"),
        (lambda manifest: manifest["concepts"]["words"].update(fire=["?!"]), "words.fire.0: .*holds no word"),
        (lambda manifest: add_theft(manifest), "another number of concepts"),
        (lambda manifest: as_format_1(manifest)["concepts"].update(version=99), "concepts of version 99"),
        (lambda manifest: as_format_1(manifest)["concepts"].update(names=["theft"]), "fight, fall, fire"),
        (lambda manifest: as_format_1(manifest).update(concepts=None), "concepts"),
        (lambda manifest: manifest.pop("vocabulary"), "vocabulary"),
        (lambda manifest: manifest["vocabulary"].reverse(), "vocabulary: .*begin with"),
        (lambda manifest: manifest["sampling"].update(gaps_s=[0.1]), "gaps_s"),
        (lambda manifest: manifest["preprocessing"].update(motion_crop=0), "motion_crop"),
        (lambda manifest: manifest["decoding"].update(beams=0), "beams"),
        (lambda manifest: manifest["decoding"].update(agreement=1.5), "agreement"),
        (lambda manifest: manifest["calibration"].update(rain={"slope": 1, "offset": 0}), "unknown"),
        (lambda manifest: manifest.update(surprise=1), "surprise"),
    ],
)
def test_load_bundle_says_what_is_wrong_with_the_manifest(
    copied: Path, change: Callable[[dict[str, Any]], object], complaint: str
) -> None:
    change_manifest(copied, change)

    with pytest.raises(BundleMismatch, match=complaint):
        load_bundle(copied)


def test_load_bundle_refuses_a_manifest_that_is_not_json(copied: Path) -> None:
    (copied / MANIFEST).write_text("{")

    with pytest.raises(BundleMismatch, match=r"model\.json"):
        load_bundle(copied)


def use_sequence_as_motion(manifest: dict[str, Any]) -> None:
    graphs = manifest["graphs"]
    graphs["motion"].update(file=graphs["sequence"]["file"], sha256=graphs["sequence"]["sha256"])


def test_captioner_refuses_a_graph_with_other_inputs(copied: Path) -> None:
    change_manifest(copied, use_sequence_as_motion)

    with pytest.raises(BundleMismatch, match="other inputs or outputs"):
        Captioner(load_bundle(copied))


def test_captioner_refuses_a_file_that_is_no_graph(copied: Path) -> None:
    bundle = load_bundle(copied)
    (copied / "sequence.onnx").write_bytes(b"not a graph")

    with pytest.raises(BundleMismatch, match=r"sequence\.onnx cannot be opened"):
        Captioner(bundle)


def with_phrasing(folder: Path, text: str) -> None:
    (folder / "phrasing.json").write_text(text)
    manifest = json.loads((folder / "model.json").read_text())
    manifest["phrasing"] = {"file": "phrasing.json", "sha256": sha256_of(folder / "phrasing.json")}
    (folder / "model.json").write_text(json.dumps(manifest))


def test_a_bundle_brings_its_phrasing_and_a_changed_one_is_refused(copied: Path) -> None:
    with_phrasing(copied, PHRASING.model_dump_json())
    assert load_bundle(copied).load_phrasing() == PHRASING
    (copied / "phrasing.json").write_text(PHRASING.model_dump_json() + " ")
    with pytest.raises(BundleMismatch, match=r"phrasing\.json.*checksum"):
        load_bundle(copied)


def test_captioner_refuses_a_phrasing_that_is_none(copied: Path) -> None:
    with_phrasing(copied, '{"lexicon": "words"}')
    with pytest.raises(BundleMismatch, match=r"phrasing\.json.*no phrasing"):
        Captioner(load_bundle(copied))


@pytest.mark.parametrize("file", ["../phrasing.json", "/etc/passwd", ".hidden", "a/b.json"])
def test_files_of_a_bundle_lie_in_its_own_folder(copied: Path, file: str) -> None:
    change_manifest(copied, lambda manifest: manifest["graphs"]["step"].update(file=file))
    with pytest.raises(BundleMismatch, match=r"graphs\.step\.file"):
        load_bundle(copied)
