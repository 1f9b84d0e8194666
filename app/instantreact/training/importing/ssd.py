"""SSDs that others published become bundles: a network with its own priors, decoded in the graph as its authors do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from instantreact.errors import BundleMismatch, InvalidInput
from instantreact.inference.bundle import Licence
from instantreact.inference.detector.bundle import GRAPH, DetectorBundle
from instantreact.inference.detector.preprocess import DetectorInput
from instantreact.inference.session import GraphSession
from instantreact.training.captioner.graphs import GraphPlan, write_graph
from instantreact.training.importing.bundle import write_bundle

_TOLERANCE = 1e-4
_MEANING = "the softmax probability of the label against the other labels and background; not calibrated"


@dataclass(frozen=True)
class PublishedDetector:
    """What an architecture is published with, beside its network.

    columns  where a label's probability stands among the network's
    """

    name: str
    labels: tuple[str, ...]
    columns: tuple[int, ...]
    input: DetectorInput
    overlap: float
    licences: tuple[Licence, ...]


class DecodedNetwork(nn.Module):
    """A network that gives offsets (N, P, 4) and logits (N, P, C), with priors (P, 4) as centre and size in shares of
    the picture: boxes (N, P, 4) as left, top, right and bottom in shares, and probabilities (N, P, labels).

    `limit` is the most that a logarithm of a size may be, where the authors limit it.
    """

    priors: Tensor
    columns: Tensor

    def __init__(self, network: nn.Module, priors: Tensor, columns: Sequence[int], limit: float | None = None) -> None:
        super().__init__()
        self.network = network
        self.limit = limit
        self.register_buffer("priors", priors)
        self.register_buffer("columns", torch.tensor(columns))

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes and probabilities."""
        offsets, logits = self.network(pictures)
        centre = offsets[..., :2] * 0.1 * self.priors[:, 2:] + self.priors[:, :2]
        logarithm = offsets[..., 2:] * 0.2
        if self.limit is not None:
            logarithm = logarithm.clamp(max=self.limit)
        half = logarithm.exp() * self.priors[:, 2:] / 2
        boxes = torch.cat([centre - half, centre + half], dim=-1)
        return boxes, logits.softmax(dim=-1).index_select(2, self.columns)


def load_weights(network: nn.Module, weights: dict[str, Tensor], file: Path) -> None:
    """Put published weights into their network, all of them. Raises InvalidInput where they do not fit."""
    try:
        network.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        first = str(error).splitlines()[1 if "\n" in str(error) else 0].strip()
        raise InvalidInput(f"{file} does not hold the weights of this architecture: {first[:200]}") from error


def write_ssd(module: DecodedNetwork, published: PublishedDetector, output: Path) -> DetectorBundle:
    """Export a network, check the graph against torch, and write its bundle.

    Raises BundleMismatch when the graph does not say what torch says.
    """
    module.eval()
    size = (published.input.height, published.input.width)
    plan = GraphPlan(
        {"pictures": ("frames", 3, *size)},
        {"boxes": ("frames", len(module.priors), 4), "scores": ("frames", len(module.priors), len(published.labels))},
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{GRAPH}.onnx"
        write_graph(module, plan, path)
        _check(module, path, size)
        model = onnx.load(path)
    return write_bundle(
        output,
        model,
        name=published.name,
        version="1",
        labels=published.labels,
        input=published.input,
        overlap=published.overlap,
        score_meaning=_MEANING,
        licences=published.licences,
    )


def _check(module: DecodedNetwork, path: Path, size: tuple[int, int]) -> None:
    pictures = torch.rand((1, 3, *size), generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.no_grad():
        expected = module(pictures)
    found = GraphSession(path).run({"pictures": pictures.numpy()})
    for name, tensor in zip(("boxes", "scores"), expected, strict=True):
        worst = float(np.abs(found[name] - tensor.numpy()).max())
        if not worst <= _TOLERANCE:
            raise BundleMismatch(f"The graph's {name} differ from torch's by {worst:.2g}, more than {_TOLERANCE:.2g}.")
