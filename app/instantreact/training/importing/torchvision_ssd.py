"""torchvision's two SSDs, by their published state dicts: its own modules, priors, pixels and limits."""

import math
import pickle
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torchvision.models.detection import ssd300_vgg16, ssdlite320_mobilenet_v3_large
from torchvision.models.detection.image_list import ImageList

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import Licence
from instantreact.inference.detector.bundle import DetectorBundle
from instantreact.inference.detector.preprocess import DetectorInput, Fit, Order
from instantreact.training.importing.labels import COCO_IDS, COCO_LABELS
from instantreact.training.importing.ssd import DecodedNetwork, PublishedDetector, load_weights, write_ssd

_CLASSES = 91
_LIMIT = math.log(1000 / 16)
_LICENCES = (
    Licence(source="torchvision", licence="BSD-3-Clause", used_for="architecture and weights"),
    Licence(
        source="COCO train2017",
        licence="annotations CC BY 4.0; photos of Flickr users under their own terms",
        used_for="training by the authors; no picture is part of the weights' file",
    ),
)


@dataclass(frozen=True)
class TorchvisionArchitecture:
    """How torchvision builds a detector, and what it is published with."""

    build: Callable[..., Any]
    published: PublishedDetector


def _publish(name: str, size: int, mean: tuple[float, float, float], std: float, overlap: float) -> PublishedDetector:
    pixels = DetectorInput(height=size, width=size, order=Order.RGB, fit=Fit.STRETCH, mean=mean, std=(std, std, std))
    return PublishedDetector(name, COCO_LABELS, COCO_IDS, pixels, overlap, _LICENCES)


SSD300_VGG16 = TorchvisionArchitecture(
    ssd300_vgg16,
    _publish("ssd300-vgg16", 300, (0.48235 * 255, 0.45882 * 255, 0.40784 * 255), 1.0, 0.45),
)
SSDLITE320 = TorchvisionArchitecture(
    ssdlite320_mobilenet_v3_large, _publish("ssdlite320", 320, (127.5, 127.5, 127.5), 127.5, 0.55)
)


class TorchvisionNetwork(nn.Module):
    """torchvision's backbone and heads, without what it does to pictures before and to boxes after."""

    def __init__(self, detector: Any) -> None:
        super().__init__()
        self.backbone = detector.backbone
        self.head = detector.head

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Offsets (N, P, 4) and logits (N, P, C)."""
        found = self.head(list(self.backbone(pictures).values()))
        return found["bbox_regression"], found["cls_logits"]


def import_torchvision(source: Path, output: Path, architecture: TorchvisionArchitecture) -> DetectorBundle:
    """Make a bundle of a state dict as torchvision publishes it. Raises InvalidInput where it is another's."""
    detector = architecture.build(weights=None, weights_backbone=None, num_classes=_CLASSES)
    load_weights(detector, read_state_dict(source), source)
    return write_ssd(decoded(detector, architecture.published), architecture.published, output)


def decoded(detector: Any, published: PublishedDetector) -> DecodedNetwork:
    """The detector with its decoding, ready to be exported."""
    detector.eval()
    network = TorchvisionNetwork(detector)
    return DecodedNetwork(network, priors_of(detector, published.input), published.columns, _LIMIT)


def priors_of(detector: Any, pixels: DetectorInput) -> Tensor:
    """torchvision's own priors (P, 4), as centre and size in shares of the picture."""
    picture = torch.zeros(1, 3, pixels.height, pixels.width)
    with torch.no_grad():
        maps = list(detector.backbone(picture).values())
        (corners,) = detector.anchor_generator(ImageList(picture, [(pixels.height, pixels.width)]), maps)
    shares = corners / torch.tensor([pixels.width, pixels.height] * 2)
    return torch.cat([(shares[:, :2] + shares[:, 2:]) / 2, shares[:, 2:] - shares[:, :2]], dim=1)


def read_state_dict(source: Path) -> dict[str, Tensor]:
    """Tensors by name, by torch's own restricted reader. Raises InvalidInput for anything else."""
    try:
        found = torch.load(source, map_location="cpu", weights_only=True)
    except (RuntimeError, pickle.UnpicklingError, EOFError, ValueError, OSError, KeyError) as error:
        raise InvalidInput(f"{source} holds no tensors that can be read, or something beside them.") from error
    if not isinstance(found, Mapping) or not all(isinstance(each, Tensor) for each in found.values()):
        raise InvalidInput(f"{source} is no state dict: it must hold tensors by their names, and nothing else.")
    return {str(name): tensor for name, tensor in found.items()}
