"""SSD: six maps of a base and of what is put on it, a head on each, a box and a label for every prior."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from instantreact.training.detector.bases import BASES, Maps
from instantreact.training.detector.config import MAPS, DetectorArchitecture
from instantreact.training.detector.priors import CENTRE_VARIANCE, SIZE_VARIANCE, count_shapes, make_priors

_EXTRA_CHANNELS = ((256, 512), (128, 256), (128, 256), (128, 256))
"""Of the layers on the base: narrowed to, and widened to."""


class RescaledMap(nn.Module):
    """Each cell's features with length one, times a learnt scale for each channel, 20 at first (Liu et al. 2015)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.full((1, channels, 1, 1), 20.0))

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) to the same."""
        return F.normalize(features, dim=1) * self.scale


class ExtraStage(nn.Module):
    """A 1 x 1 convolution that narrows and a 3 x 3 one that shrinks the map: by half, from five cells on to the middle.

    So 19 becomes 10, 10 becomes 5, 5 becomes 3 and 3 becomes 1, as published; smaller maps shrink as far as they can.
    """

    def __init__(self, inputs: int, narrow: int, outputs: int, side: int) -> None:
        super().__init__()
        self.narrow = nn.Conv2d(inputs, narrow, 1)
        kernel = min(3, side)
        self.side = side - kernel + 1 if side <= 5 else (side + 1) // 2
        self.shrink = (
            nn.Conv2d(narrow, outputs, kernel) if side <= 5 else nn.Conv2d(narrow, outputs, 3, stride=2, padding=1)
        )

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, side, side) to (N, C', smaller, smaller)."""
        return F.relu(self.shrink(F.relu(self.narrow(features))))


class DetectorModel(nn.Module):
    """Pictures (N, 3, S, S), as `input_of` prepares them, to offsets (N, P, 4) and logits (N, P, labels + 1).

    The first logit is background's. `priors` (P, 4) are what the offsets start from.
    """

    priors: Tensor

    def __init__(self, architecture: DetectorArchitecture, labels: int) -> None:
        super().__init__()
        self.architecture = architecture
        self.labels = labels
        self.base = BASES[architecture.base].build()
        channels = list(self.base.channels)
        sides = _sides_of(self.base, architecture.size)
        self.rescaled = RescaledMap(channels[0])
        self.extras = nn.ModuleList()
        for narrow, wide in _EXTRA_CHANNELS[len(channels) - MAPS :]:
            stage = ExtraStage(channels[-1], narrow, wide, sides[-1])
            self.extras.append(stage)
            channels.append(wide)
            sides.append(stage.side)
        shapes = [count_shapes(ratios) for ratios in architecture.ratios]
        self.offset_heads = _heads(channels, shapes, 4)
        self.label_heads = _heads(channels, shapes, labels + 1)
        priors = make_priors(sides, architecture.scales, architecture.ratios)
        self.register_buffer("priors", torch.from_numpy(priors), persistent=False)
        for part in (self.extras, self.offset_heads, self.label_heads):
            part.apply(_initialise)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Offsets and logits."""
        maps = self.maps(pictures)
        offsets = [_by_prior(head(each), 4) for head, each in zip(self.offset_heads, maps, strict=True)]
        logits = [_by_prior(head(each), self.labels + 1) for head, each in zip(self.label_heads, maps, strict=True)]
        return torch.cat(offsets, dim=1), torch.cat(logits, dim=1)

    def maps(self, pictures: Tensor) -> Maps:
        """The six maps that the heads read, the first one rescaled."""
        maps: Maps = self.base(pictures)
        maps[0] = self.rescaled(maps[0])
        for stage in self.extras:
            maps.append(stage(maps[-1]))
        return maps


class DecodedDetector(nn.Module):
    """A model whose answer can be used as it is: boxes (N, P, 4) as left, top, right, bottom in shares of the input,
    and the probability of each label, (N, P, labels).
    """

    def __init__(self, model: DetectorModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        """Boxes and scores."""
        offsets, logits = self.model(pictures)
        return decode(offsets, self.model.priors), logits.softmax(dim=2)[..., 1:]


def decode(offsets: Tensor, priors: Tensor) -> Tensor:
    """Offsets (N, P, 4) from priors (P, 4) as corners."""
    centre = offsets[..., :2] * CENTRE_VARIANCE * priors[:, 2:] + priors[:, :2]
    half = torch.exp(offsets[..., 2:] * SIZE_VARIANCE) * priors[:, 2:] / 2
    return torch.cat([centre - half, centre + half], dim=-1)


def _heads(channels: list[int], shapes: list[int], values: int) -> nn.ModuleList:
    return nn.ModuleList(
        nn.Conv2d(inputs, count * values, 3, padding=1) for inputs, count in zip(channels, shapes, strict=True)
    )


def _by_prior(answer: Tensor, values: int) -> Tensor:
    """(N, shapes * values, h, w) to (N, h * w * shapes, values), in the order of the priors."""
    return answer.permute(0, 2, 3, 1).reshape(answer.shape[0], -1, values)


def _sides_of(base: nn.Module, size: int) -> list[int]:
    """How many cells a side the base's maps have; computed without weights or pictures."""
    with torch.device("meta"):
        empty = type(base)()
        return [int(each.shape[-1]) for each in empty(torch.empty(1, 3, size, size))]


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
