"""Backbones by name, from files, and the seed project's own configuration."""

import importlib
from pathlib import Path

import numpy as np
import pytest
import torch
from torchvision import models

from instantreact.domain.media import SamplingPlan
from instantreact.errors import InvalidInput
from instantreact.training import BackboneWeights, fit_captioner, load_clips, load_config, prepare_data
from instantreact.training.captioner.backbones import BACKBONES, find_backbone
from instantreact.training.captioner.config import Backbones
from instantreact.training.captioner.mobilenet import CellPool, MobileNetV2
from instantreact.training.captioner.recipe import write_encoders
from tests.conftest import REPOSITORY
from tests.training.drawn import draw_data_set
from tests.training.recipes import make_config, write_mobilenet_weights

SEED = REPOSITORY / "models" / "recipes" / "seed.toml"


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_a_torchvision_backbone_takes_its_weights_from_a_file(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    torch.save(getattr(models, name)(weights=None).state_dict(), tmp_path / "weights.pt")

    network = find_backbone(name).build(tmp_path / "weights.pt", 1)

    with torch.no_grad():
        assert network(torch.zeros(2, 3, 64, 64)).shape == (2, BACKBONES[name].width)


@pytest.mark.parametrize("name", ["mobilenet_v2", "resnet18"])
def test_the_cells_of_a_grid_average_to_the_features_of_the_whole_picture(tmp_path: Path, name: str) -> None:
    torch.manual_seed(0)
    weights = write_mobilenet_weights(tmp_path / "weights.npz")
    if name == "resnet18":
        torch.save(models.resnet18(weights=None).state_dict(), weights := tmp_path / "weights.pt")
    images, kind = torch.rand(2, 3, 128, 128), BACKBONES[name]

    with torch.no_grad():
        whole, cells = kind.build(weights, 1)(images), kind.build(weights, 2)(images)

    assert cells.shape == (2, 4 * kind.width)
    assert torch.allclose(cells.reshape(2, 4, kind.width).mean(dim=1), whole, atol=1e-5)


def test_cells_are_in_reading_order() -> None:
    corner = torch.zeros(1, 3, 4, 4)
    corner[0, 1, :2, 2:] = 1  # above on the right

    assert CellPool(2)(corner).reshape(4, 3).tolist() == [[0, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]]


def test_a_grid_that_does_not_divide_the_feature_map_is_refused(tmp_path: Path) -> None:
    weights = BackboneWeights(write_mobilenet_weights(tmp_path / "weights.npz"))
    config = make_config(
        sampling=SamplingPlan(window_s=1, stride_s=1, rate_hz=1, gaps_s=(), image_size=96),
        backbones=Backbones(moving=False, grid=2),
    )

    with pytest.raises(InvalidInput, match=r"backbones\.grid = 2 does not divide .* image_size 96"):
        write_encoders(config, weights, tmp_path)


def test_vgg16_refuses_a_grid(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"vgg16.*backbones\.grid"):
        find_backbone("vgg16").build(tmp_path / "weights.pt", 7)


def test_mobilenet_keeps_what_the_file_holds(tmp_path: Path) -> None:
    network = find_backbone("mobilenet_v2").build(write_mobilenet_weights(tmp_path / "weights.npz"), 1)

    with np.load(tmp_path / "weights.npz") as stored:
        first = next(iter(network.parameters())).detach().numpy()
        assert np.array_equal(first, stored["00_CONV_2D_w"].astype(np.float32))


@pytest.mark.parametrize("size", [32, 96, 224])
def test_mobilenet_halves_even_sizes_as_tensorflow_does(size: int) -> None:
    network = MobileNetV2().eval()

    with torch.no_grad():
        assert network.blocks(torch.zeros(1, 3, size, size)).shape == (1, 1280, size // 32, size // 32)


def test_an_unknown_backbone_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput, match="no backbone alexnet; there are mobilenet_v2, resnet18, resnet50, vgg16"):
        find_backbone("alexnet")


@pytest.mark.parametrize("name", sorted(BACKBONES))
def test_weights_of_another_network_are_refused(tmp_path: Path, name: str) -> None:
    np.savez(tmp_path / "weights.npz", a_w=np.zeros((2, 2)))

    with pytest.raises(InvalidInput, match="weights"):
        find_backbone(name).build(tmp_path / "weights.npz", 1)


def test_mobilenet_without_a_file_says_what_to_give() -> None:
    with pytest.raises(InvalidInput, match="--backbone-weights"):
        find_backbone("mobilenet_v2").build(None, 1)


def test_everything_the_toolkit_promises_is_there() -> None:
    toolkit = importlib.import_module("instantreact.training")

    assert all(getattr(toolkit, name).__doc__ for name in toolkit.__all__)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_seeds_configuration_trains_an_epoch(tmp_path: Path) -> None:
    with torch.device("meta"):
        shapes = {name: weight.shape for name, weight in models.vgg16(weights=None).state_dict().items()}
    torch.save({name: torch.full(shape, 1e-3) for name, shape in shapes.items()}, tmp_path / "vgg16.pt")
    config = load_config(SEED)
    config = config.model_copy(update={"training": config.training.model_copy(update={"epochs": 1})})
    clips = load_clips(draw_data_set(tmp_path / "data", scenes=1))

    encoders, prepared = prepare_data(config, BackboneWeights(tmp_path / "vgg16.pt"), clips, tmp_path / "cache")
    trained = fit_captioner(config, encoders, prepared, clips)

    assert config.sampling.samples_per_window == 40
    assert {views[0].shape for views in prepared.views.values()} == {(5, 4096)}
    assert trained.model.shape.hidden == 300
