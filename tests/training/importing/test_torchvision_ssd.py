"""torchvision's SSDs say the same as bundles: logits, boxes, and what is left of them; other weights are refused.

The published weights cannot be had on the machines that test this: the weights are random, the network is the same.
"""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor
from torchvision.models.detection import _utils
from torchvision.models.detection.image_list import ImageList

from instantreact.domain.media import Images
from instantreact.errors import InvalidInput
from instantreact.inference.detector import load_detector
from instantreact.inference.detector.preprocess import feed
from instantreact.inference.session import GraphSession
from instantreact.media.stills import read_still
from instantreact.training.importing.torchvision_ssd import (
    SSD300_VGG16,
    SSDLITE320,
    TorchvisionArchitecture,
    import_torchvision,
)

LABELS = 91


@pytest.fixture(params=[SSD300_VGG16, SSDLITE320], ids=["ssd300-vgg16", "ssdlite320"], scope="module")
def architecture(request: pytest.FixtureRequest) -> TorchvisionArchitecture:
    assert isinstance(request.param, TorchvisionArchitecture)
    return request.param


@pytest.fixture(scope="module")
def detector(architecture: TorchvisionArchitecture) -> Any:
    """torchvision's own, with random weights whose answers differ from place to place and from label to label."""
    torch.manual_seed(1)
    made = architecture.build(weights=None, weights_backbone=None, num_classes=LABELS).eval()
    pixels = architecture.published.input
    with torch.no_grad():
        pictures = torch.randn(1, 3, pixels.height, pixels.width) * 64 / pixels.std[0]
        maps = list(made.backbone(pictures).values())
        for part, spread in ((made.head.classification_head, 2.0), (made.head.regression_head, 1.0)):
            for features, head in zip(maps, part.module_list, strict=True):
                last = head[-1] if isinstance(head, torch.nn.Sequential) else head
                last.weight *= spread / head(features).std()
    return made


@pytest.fixture(scope="module")
def folder(architecture: TorchvisionArchitecture, detector: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("torchvision")
    torch.save(detector.state_dict(), made / "published.pth")
    import_torchvision(made / "published.pth", made, architecture)
    (made / "published.pth").unlink()
    return made


@pytest.fixture
def picture(data_dir: Path) -> Images:
    """A real one."""
    path = min((data_dir / "coco256" / "images" / "val2017").glob("*.jpg"))
    return read_still(path)


def ask_torchvision(detector: Any, pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Its boxes in shares of the picture, before suppression, and its probabilities."""
    with torch.no_grad():
        maps = list(detector.backbone(pictures).values())
        head = detector.head(maps)
        size = pictures.shape[-2:]
        (priors,) = detector.anchor_generator(ImageList(pictures, [(size[0], size[1])]), maps)
        boxes = detector.box_coder.decode_single(head["bbox_regression"][0], priors)
    return boxes / torch.tensor([size[1], size[0]] * 2), head["cls_logits"][0].softmax(dim=-1)


@pytest.mark.data
def test_bundle_says_what_torchvision_says_before_suppression(
    architecture: TorchvisionArchitecture, detector: Any, folder: Path, picture: Images
) -> None:
    bundle = load_detector(folder).bundle
    pictures, _ = feed([picture], bundle.input)

    found = GraphSession(bundle.path).run({"pictures": pictures})

    boxes, scores = ask_torchvision(detector, torch.from_numpy(pictures))
    assert found["boxes"][0] == pytest.approx(boxes.numpy(), abs=1e-4)
    assert found["scores"][0] == pytest.approx(scores[:, list(architecture.published.columns)].numpy(), abs=1e-4)


def test_bundle_feeds_what_torchvision_feeds(detector: Any, folder: Path) -> None:
    bundle = load_detector(folder).bundle
    size = (bundle.input.height, bundle.input.width)
    frame = np.random.default_rng(1).integers(0, 256, (*size, 3)).astype(np.uint8)  # of that size: nothing is scaled

    images, _ = detector.transform([torch.from_numpy(frame.transpose(2, 0, 1).copy()).float() / 255])

    assert feed([frame], bundle.input)[0] == pytest.approx(images.tensors.numpy(), abs=1e-3)


@pytest.mark.data
def test_detect_finds_what_torchvision_finds(
    architecture: TorchvisionArchitecture, detector: Any, folder: Path, picture: Images
) -> None:
    ours = load_detector(folder)
    size = (ours.bundle.input.width, ours.bundle.input.height)
    scaled = np.asarray(cv2.resize(picture, size), np.uint8)
    with torch.no_grad():
        (theirs,) = detector([torch.from_numpy(scaled.transpose(2, 0, 1).copy()).float() / 255])
    named = torch.isin(theirs["labels"], torch.tensor(architecture.published.columns))
    best = theirs["scores"][named].numpy()[:20]
    boxes = (theirs["boxes"][named] / torch.tensor([*size, *size])).numpy()[:20]
    assert np.abs(np.diff(best)).min() > 1e-6  # else the order of equals is chance

    found = ours.detect([scaled], [0.0], min_score=float(best[-1]) - 1e-6)

    assert [each.score for each in found] == pytest.approx(best, abs=1e-4)
    sides = [(each.box.left, each.box.top, each.box.right, each.box.bottom) for each in found]
    assert np.array(sides) == pytest.approx(boxes, abs=1e-4)


def test_import_torchvision_refuses_what_is_not_its_state_dict(tmp_path: Path) -> None:
    (tmp_path / "text.pth").write_text("no weights")
    torch.save({"epoch": 3}, tmp_path / "other.pth")
    torch.save({"a.weight": torch.zeros(1)}, tmp_path / "strange.pth")
    torch.save(torch.nn.Conv2d(1, 1, 1), tmp_path / "module.pth")
    for name, complaint in [
        ("text.pth", "no tensors"),
        ("other.pth", "no state dict"),
        ("strange.pth", "does not hold the weights"),
        ("module.pth", "no tensors"),
    ]:
        with pytest.raises(InvalidInput, match=complaint):
            import_torchvision(tmp_path / name, tmp_path / "bundle", SSDLITE320)


def test_box_coder_of_torchvision_has_the_limit_that_is_exported(detector: Any) -> None:
    coder = detector.box_coder
    assert isinstance(coder, _utils.BoxCoder)
    assert coder.weights == (10.0, 10.0, 5.0, 5.0)
    assert coder.bbox_xform_clip == pytest.approx(np.log(1000 / 16))
