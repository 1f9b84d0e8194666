"""The checkpoint of the SSD tutorial that this product grew from (sgrvinod/a-PyTorch-Tutorial-to-Object-Detection).

`checkpoint_ssd300.pth.tar` is a whole pickle of the model and its optimiser; here it becomes tensors, and nothing runs.
The network is rebuilt from their names, with the tutorial's own priors: a third is .333 there.
"""

from math import sqrt
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import Licence
from instantreact.inference.detector.bundle import DetectorBundle
from instantreact.inference.detector.preprocess import DetectorInput, Fit, Order
from instantreact.training.importing.inert import InertModule, read_inert, tensors_of
from instantreact.training.importing.labels import VOC_LABELS
from instantreact.training.importing.ssd import DecodedNetwork, PublishedDetector, load_weights, write_ssd

MODULES = frozenset(
    {
        *(("model", name) for name in ("SSD300", "VGGBase", "AuxiliaryConvolutions", "PredictionConvolutions")),
        ("torch.nn.modules.conv", "Conv2d"),
        ("torch.nn.modules.pooling", "MaxPool2d"),
        ("torch.optim.sgd", "SGD"),
    }
)
PUBLISHED = PublishedDetector(
    name="tutorial-ssd300",
    labels=VOC_LABELS,
    columns=tuple(range(1, len(VOC_LABELS) + 1)),
    input=DetectorInput(
        height=300,
        width=300,
        order=Order.RGB,
        fit=Fit.STRETCH,
        mean=(0.485 * 255, 0.456 * 255, 0.406 * 255),
        std=(0.229 * 255, 0.224 * 255, 0.225 * 255),
    ),
    overlap=0.45,
    licences=(
        Licence(
            source="sgrvinod/a-PyTorch-Tutorial-to-Object-Detection", licence="MIT", used_for="architecture and weights"
        ),
        Licence(
            source="PASCAL VOC 2007 and 2012",
            licence="photos of Flickr users under their own terms",
            used_for="training by the author; no picture is part of the weights' file",
        ),
    ),
)
_MAPS = {"conv4_3": (512, 4), "conv7": (1024, 6), "conv8_2": (512, 6), "conv9_2": (256, 6), "conv10_2": (256, 4)}
_MAPS |= {"conv11_2": (256, 4)}
"""Channels, and priors of a cell."""

_SIDES = (38, 19, 10, 5, 3, 1)
_SCALES = (0.1, 0.2, 0.375, 0.55, 0.725, 0.9)
_FEW, _MANY = (1.0, 2.0, 0.5), (1.0, 2.0, 3.0, 0.5, 0.333)
_BLOCKS = ((3, 64, 2), (64, 128, 2), (128, 256, 3), (256, 512, 3), (512, 512, 3))


class TutorialBase(nn.Module):
    """VGG16 up to conv7, under the tutorial's names."""

    def __init__(self) -> None:
        super().__init__()
        for number, (inputs, outputs, count) in enumerate(_BLOCKS, start=1):
            for each in range(1, count + 1):
                layer = nn.Conv2d(inputs if each == 1 else outputs, outputs, 3, padding=1)
                self.add_module(f"conv{number}_{each}", layer)
        self.conv6 = nn.Conv2d(512, 1024, 3, padding=6, dilation=6)
        self.conv7 = nn.Conv2d(1024, 1024, 1)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """The maps of conv4_3 and conv7."""
        maps, first = pictures, pictures
        for number, (_, _, count) in enumerate(_BLOCKS, start=1):
            for each in range(1, count + 1):
                maps = F.relu(self.get_submodule(f"conv{number}_{each}")(maps))
            first = maps if number == 4 else first
            maps = F.max_pool2d(maps, 3, 1, 1) if number == 5 else F.max_pool2d(maps, 2, 2, ceil_mode=number == 3)
        return first, F.relu(self.conv7(F.relu(self.conv6(maps))))


class TutorialNetwork(nn.Module):
    """The tutorial's SSD300, from its pictures to offsets (N, 8732, 4) and logits (N, 8732, 21)."""

    def __init__(self) -> None:
        super().__init__()
        self.base = TutorialBase()
        self.aux_convs, self.pred_convs = nn.Module(), nn.Module()
        inputs = 1024
        for number, narrow, outputs in ((8, 256, 512), (9, 128, 256), (10, 128, 256), (11, 128, 256)):
            stride, padding = (2, 1) if number < 10 else (1, 0)
            self.aux_convs.add_module(f"conv{number}_1", nn.Conv2d(inputs, narrow, 1))
            self.aux_convs.add_module(f"conv{number}_2", nn.Conv2d(narrow, outputs, 3, stride, padding))
            inputs = outputs
        for name, (channels, priors) in _MAPS.items():
            for kind, values in (("loc", 4), ("cl", len(VOC_LABELS) + 1)):
                self.pred_convs.add_module(f"{kind}_{name}", nn.Conv2d(channels, priors * values, 3, padding=1))
        self.rescale_factors = nn.Parameter(torch.full((1, 512, 1, 1), 20.0))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Offsets and logits."""
        first, maps = self.base(pictures)
        # The tutorial divides by zero where all is dark; this does not, and is the same elsewhere.
        found = [F.normalize(first, dim=1) * self.rescale_factors, maps]
        for number in (8, 9, 10, 11):
            maps = F.relu(self.aux_convs.get_submodule(f"conv{number}_1")(maps))
            maps = F.relu(self.aux_convs.get_submodule(f"conv{number}_2")(maps))
            found.append(maps)
        return self._predict("loc", found, 4), self._predict("cl", found, len(VOC_LABELS) + 1)

    def _predict(self, kind: str, maps: list[Tensor], values: int) -> Tensor:
        answers = [
            self.pred_convs.get_submodule(f"{kind}_{name}")(each).permute(0, 2, 3, 1).reshape(each.shape[0], -1, values)
            for name, each in zip(_MAPS, maps, strict=True)
        ]
        return torch.cat(answers, dim=1)


def import_tutorial(source: Path, output: Path) -> DetectorBundle:
    """Make a bundle of the tutorial's checkpoint. Raises InvalidInput where it is none, or holds anything else."""
    found, as_tensor = read_inert(source, MODULES)
    model = found.get("model") if isinstance(found, dict) else None
    if not isinstance(model, InertModule):
        raise InvalidInput(f"{source} is no checkpoint of the tutorial: it holds no model.")
    network = TutorialNetwork()
    load_weights(network, tensors_of(model, as_tensor), source)
    return write_ssd(DecodedNetwork(network, make_priors(), PUBLISHED.columns), PUBLISHED, output)


def make_priors() -> Tensor:
    """The 8,732 priors, as centre and size: by map, row, column, ratio; the larger square after the first one."""
    priors = []
    for at, (side, scale) in enumerate(zip(_SIDES, _SCALES, strict=True)):
        larger = sqrt(scale * _SCALES[at + 1]) if at + 1 < len(_SCALES) else 1.0
        shapes = [(scale * sqrt(ratio), scale / sqrt(ratio)) for ratio in (_MANY if 1 <= at <= 3 else _FEW)]
        shapes.insert(1, (larger, larger))
        for row in range(side):
            for column in range(side):
                centre = ((column + 0.5) / side, (row + 0.5) / side)
                priors += [[*centre, *shape] for shape in shapes]
    return torch.tensor(priors).clamp(0, 1)
