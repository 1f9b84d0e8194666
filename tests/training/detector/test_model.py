"""The network is the published one."""

import pytest
import torch

from instantreact.training.detector.bases import VggBase, decimate
from instantreact.training.detector.config import DetectorArchitecture
from instantreact.training.detector.model import DetectorModel, RescaledMap


@pytest.mark.parametrize("base", ["vgg16", "mobilenet_v2"])
def test_ssd300_has_six_maps_and_8732_priors(base: str) -> None:
    architecture = DetectorArchitecture.model_validate({"base": base})
    with torch.device("meta"):
        model = DetectorModel(architecture, 20)
        pictures = torch.empty(2, 3, 300, 300)

        offsets, logits = model(pictures)
        sides = [each.shape[-1] for each in model.maps(pictures)]

    assert sides == [38, 19, 10, 5, 3, 1]
    assert model.priors.shape == (8732, 4)
    assert offsets.shape == (2, 8732, 4)
    assert logits.shape == (2, 8732, 21)


def test_the_published_network_has_as_many_weights_as_the_published_one() -> None:
    with torch.device("meta"):
        model = DetectorModel(DetectorArchitecture(), 20)

    assert sum(weight.numel() for weight in model.parameters()) == 26_285_486


@pytest.mark.parametrize("size", [64, 96, 160, 320, 512])
def test_other_sizes_have_six_maps_too(size: int) -> None:
    with torch.device("meta"):
        model = DetectorModel(DetectorArchitecture(base="mobilenet_v2", size=size), 3)
        offsets, _ = model(torch.empty(1, 3, size, size))

    assert offsets.shape[1] == len(model.priors)


def test_a_rescaled_cell_has_the_learnt_length() -> None:
    rescaled = RescaledMap(8)(torch.rand(1, 8, 2, 3) + 1)

    torch.testing.assert_close(rescaled.norm(dim=1), torch.full((1, 2, 3), 20.0))


def test_fully_connected_weights_are_thinned_to_every_fourth() -> None:
    values = torch.arange(8 * 2 * 7 * 7).view(8, 2, 7, 7)

    thinned = decimate(values, (4, None, 3, 3))

    assert thinned.shape == (2, 2, 3, 3)
    assert torch.equal(thinned, values[::4, :, ::3, ::3])


def test_vgg_takes_torchvisions_weights(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    base = VggBase()
    shapes = [tuple(parameter.shape) for block in base.blocks for parameter in block.parameters()]
    numbers = (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28)
    names = [f"features.{number}.{kind}" for number in numbers for kind in ("weight", "bias")]
    stored = {name: torch.full(shape, 0.5) for name, shape in zip(names, shapes, strict=True)}
    stored["classifier.0.weight"] = torch.ones(1).expand(4096, 25088)
    stored["classifier.0.bias"] = torch.arange(4096.0)
    stored["classifier.3.weight"] = torch.ones(1).expand(4096, 4096)
    stored["classifier.3.bias"] = torch.arange(4096.0)
    monkeypatch.setattr("instantreact.training.detector.bases.VGG16_Weights", _Published(stored))

    base.load_weights(None)

    assert all((parameter == 0.5).all() for block in base.blocks for parameter in block.parameters())
    assert base.fc6.bias is not None
    assert base.fc6.bias[:3].tolist() == [0, 4, 8]
    assert (base.fc7.weight == 1).all()


class _Published:
    """Stands where torchvision would fetch half a gigabyte."""

    def __init__(self, state: dict[str, torch.Tensor]) -> None:
        self.IMAGENET1K_V1 = self
        self._state = state

    def get_state_dict(self, *, progress: bool) -> dict[str, torch.Tensor]:
        return self._state
