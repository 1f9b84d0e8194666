"""An exported bundle says what torch says, in float32 and nearly so in int8, at every size."""

from pathlib import Path

import numpy as np
import pytest
import torch

from instantreact.errors import BundleMismatch, InvalidInput
from instantreact.inference.bundle import GraphName
from instantreact.inference.captioner import Captioner
from instantreact.inference.session import GraphSession
from instantreact.training.captioner.checkpoint import TrainedCaptioner, load_checkpoint, save_checkpoint
from instantreact.training.captioner.export import export_bundle
from instantreact.training.captioner.fit import fit_captioner
from instantreact.training.captioner.graphs import (
    SequenceGraph,
    StepGraph,
    check_parity,
    sequence_plan,
    step_plan,
    write_graph,
)
from instantreact.training.captioner.model import CaptionModel, ModelShape
from instantreact.training.captioner.prepare import sample_clip
from tests.training.conftest import DrawnData


@pytest.fixture(scope="module")
def trained(drawn: DrawnData) -> TrainedCaptioner:
    return fit_captioner(drawn.config, drawn.encoders, drawn.prepared, drawn.clips)


@pytest.mark.parametrize("int8", [False, True])
def test_an_exported_bundle_describes_drawn_clips(
    drawn: DrawnData, trained: TrainedCaptioner, tmp_path: Path, int8: bool
) -> None:
    captioner = Captioner(export_bundle(trained, tmp_path, int8=int8))

    for views in drawn.prepared.views.values():
        description = captioner.describe(views[0].astype(np.float32))
        assert set(description.caption.text.split()) <= set(trained.vocabulary.words)


def test_a_bundle_sees_a_clip_as_training_saw_it(drawn: DrawnData, trained: TrainedCaptioner, tmp_path: Path) -> None:
    captioner = Captioner(export_bundle(trained, tmp_path))
    clip = drawn.clips[0]

    parts = [captioner.encode_frames(*part) for part in sample_clip(clip.path, captioner.bundle.sampling)]

    assert captioner.bundle.preprocessing.motion_crop < 1
    assert np.allclose(np.concatenate(parts), drawn.prepared.views[clip.name][0], rtol=1e-3, atol=1e-3)


def test_int8_is_smaller_and_scores_concepts_nearly_alike(
    drawn: DrawnData, trained: TrainedCaptioner, tmp_path: Path
) -> None:
    bundles = [export_bundle(trained, tmp_path / str(int8), int8=int8) for int8 in (False, True)]

    sizes = [sum(file.stat().st_size for file in bundle.folder.iterdir()) for bundle in bundles]
    assert sizes[1] < 0.7 * sizes[0]
    features = drawn.prepared.views[drawn.clips[0].name][0].astype(np.float32)
    exact, short = (
        GraphSession(bundle.path(GraphName.SEQUENCE)).run({"features": features})["concepts"] for bundle in bundles
    )
    assert np.allclose(exact, short, atol=0.1)


@pytest.mark.parametrize("frames", [1, 2, 5, 33])
def test_the_encoder_graph_agrees_with_a_padded_torch_batch(
    trained: TrainedCaptioner, tmp_path: Path, frames: int
) -> None:
    path = tmp_path / "sequence.onnx"
    write_graph(SequenceGraph(trained.model), sequence_plan(trained.model), path)
    features = torch.rand(2, 40, sum(trained.model.shape.streams))
    with torch.no_grad():
        encoded = trained.model.encoder(features, torch.tensor([frames, 40]))

    found = GraphSession(path).run({"features": features[0, :frames].numpy()})

    assert np.allclose(found["concepts"], encoded.concepts[0].numpy(), atol=1e-4)
    assert np.allclose(found["memory"], encoded.memory[0, :frames].numpy(), atol=1e-4)


@pytest.mark.parametrize("frames", [1, 3])
def test_the_encoder_graph_of_a_model_with_cells_agrees_with_a_padded_torch_batch(tmp_path: Path, frames: int) -> None:
    torch.manual_seed(0)
    shape = ModelShape(streams=(6, 5), vocabulary=9, concepts=2, projection=8, hidden=16, embedding=8, cells=4)
    model, path = CaptionModel(shape).eval(), tmp_path / "sequence.onnx"
    write_graph(SequenceGraph(model), sequence_plan(model), path)
    features = torch.rand(2, 5, 4 * 11)
    with torch.no_grad():
        encoded = model.encoder(features, torch.tensor([frames, 5]))

    found = GraphSession(path).run({"features": features[0, :frames].numpy()})

    assert found["memory"].shape == (4 * frames, 16)
    assert np.allclose(found["memory"], encoded.memory[0, : 4 * frames].numpy(), atol=1e-4)
    assert np.allclose(found["hidden"][0], encoded.hidden[0].numpy(), atol=1e-4)
    assert encoded.mask.sum(dim=1).tolist() == [4 * frames, 20]


def test_cells_of_each_stream_stay_together() -> None:
    shape = ModelShape(streams=(2, 1), vocabulary=9, concepts=1, projection=4, hidden=4, embedding=4, cells=2)
    frame = torch.tensor([[[1, 2, 3, 4, 10, 20]]])  # appearance of both cells, then motion of both

    rows = CaptionModel(shape).encoder.spread(frame)

    assert rows.tolist() == [[[1, 2, 10], [3, 4, 20]]]


def test_the_shapes_a_bundle_states_are_those_of_its_graphs(trained: TrainedCaptioner, tmp_path: Path) -> None:
    bundle = export_bundle(trained, tmp_path)

    assert bundle.graphs[GraphName.SEQUENCE].inputs == sequence_plan(trained.model).inputs
    assert bundle.graphs[GraphName.STEP].outputs == step_plan(trained.model).outputs


def test_parity_refuses_a_graph_of_other_weights(trained: TrainedCaptioner, tmp_path: Path) -> None:
    plan, path = step_plan(trained.model), tmp_path / "step.onnx"
    write_graph(StepGraph(trained.model), plan, path)
    changed = StepGraph(load_copy(trained, tmp_path).model)
    changed.decoder.bias.data.copy_(torch.linspace(0, 1, len(trained.vocabulary)))

    with pytest.raises(BundleMismatch, match=r"step\.onnx differs from torch"):
        check_parity(changed, plan, path, [{"frames": 3, "sentences": 2}])


def load_copy(trained: TrainedCaptioner, folder: Path) -> TrainedCaptioner:
    save_checkpoint(trained, folder / "copy.pt")
    return load_checkpoint(folder / "copy.pt")


def test_a_checkpoint_comes_back_as_it_was_saved(trained: TrainedCaptioner, tmp_path: Path) -> None:
    copy = load_copy(trained, tmp_path)

    assert copy.config == trained.config
    assert copy.vocabulary.words == trained.vocabulary.words
    assert copy.encoders == trained.encoders
    weights = trained.model.state_dict()
    assert all(torch.equal(weights[name], tensor) for name, tensor in copy.model.state_dict().items())


def test_what_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "best.pt").write_bytes(b"nothing")

    with pytest.raises(InvalidInput, match="not a checkpoint"):
        load_checkpoint(tmp_path / "best.pt")
