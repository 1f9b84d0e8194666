"""Changed copies of a clip: one crop, flip and colour for all its frames, and so for its motion images too."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import Images
from instantreact.training.captioner.config import Views


@dataclass(frozen=True)
class View:
    """A change of a whole clip.

    size, left, top  the square that is kept, as shares of the picture
    mirrored         left and right swapped
    gain             factor on each colour channel
    """

    size: float = 1.0
    left: float = 0.0
    top: float = 0.0
    mirrored: bool = False
    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def apply(self, images: Images, size: int) -> Images:
        """The changed images (N, size, size, 3) of (N, B, B, 3)."""
        border = images.shape[1]
        kept = max(1, round(self.size * border))
        top, left = round(self.top * border), round(self.left * border)
        cut = images[:, top : top + kept, left : left + kept]
        cut = cut[:, :, ::-1] if self.mirrored else cut
        return np.stack([self._recolour(_resize(image, size)) for image in cut])

    def _recolour(self, image: Images) -> Images:
        if self.gain == (1.0, 1.0, 1.0):
            return image
        recoloured = np.minimum(image * np.asarray(self.gain, np.float32), 255)
        return recoloured.astype(np.uint8)


PLAIN = View()


def draw_views(options: Views, name: str) -> list[View]:
    """The plain view, then `options.count` random ones that depend on the options' seed and the clip's name alone.

    Every second random view is mirrored, so that both sides are learnt however few views there are.
    """
    random = np.random.default_rng([options.seed, *name.encode()])
    return [PLAIN, *(_draw_view(options, mirrored=index % 2 == 0, random=random) for index in range(options.count))]


def _draw_view(options: Views, *, mirrored: bool, random: np.random.Generator) -> View:
    size = float(random.uniform(options.smallest_crop, 1.0))
    left, top = random.uniform(0, 1 - size, 2)
    brightness = random.uniform(1 - options.colour, 1 + options.colour)
    red, green, blue = brightness * random.uniform(1 - options.colour / 2, 1 + options.colour / 2, 3)
    return View(size, float(left), float(top), mirrored, (float(red), float(green), float(blue)))


def _resize(image: NDArray[np.uint8], size: int) -> Images:
    image = np.ascontiguousarray(image)
    if image.shape[0] == size:
        return image
    method = cv2.INTER_AREA if image.shape[0] > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(image, (size, size), interpolation=method), np.uint8)
