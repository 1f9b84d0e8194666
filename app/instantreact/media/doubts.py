"""What of a clip's pictures could not be decoded, or decoded to something that nobody filmed: noticed, and told."""

from collections.abc import Iterator

import numpy as np

from instantreact.domain.media import Images
from instantreact.media.timeline import Timeline

_TOLD_S = 0.25  # clips are cut between keyframes: less than this goes untold
_SAME_S = 1e-4
_EMPTY_BGR = (0, 135, 0)  # a buffer of zeros, which is darker than black: no camera sends it
_EMPTY_SHARE = 0.5
_LINES = 64  # of a picture are enough to tell
_CHANGING_BITS = 0.25  # for each pixel; a picture that changes nothing is coded in less by far
_REPEATED_LEAST = 3


class Doubts:
    """Looks at the pictures of one clip as they are decoded and kept."""

    def __init__(self, timeline: Timeline) -> None:
        self._times_s = timeline.times_s
        self._usual_s = timeline.usual_s
        self._last: Images | None = None
        self._coded_bytes = 0
        self._lost_s = 0.0
        self._empty = 0
        self._kept = 0
        self._repeated = 0

    def note_packet(self, size: int, *, is_keyframe: bool) -> None:
        """A packet goes into the decoder. A keyframe may well show what was there before."""
        self._coded_bytes += 0 if is_keyframe else size

    def note_step(self, before_s: float | None, time_s: float | None) -> None:
        """One picture follows on another, None at either end of the clip: were there others in between?"""
        first = 0 if before_s is None else int(np.searchsorted(self._times_s, before_s + _SAME_S))
        due = len(self._times_s) if time_s is None else int(np.searchsorted(self._times_s, time_s - _SAME_S))
        if due > first:
            back_s = float(self._times_s[-1]) + self._usual_s if time_s is None else time_s
            # The second field of an interlaced picture may have a stamp of its own and gives no picture.
            waited_s = back_s - float(self._times_s[first])
            self._lost_s += waited_s if waited_s > 2 * self._usual_s else 0.0

    def is_empty(self, image: Images) -> bool:
        """Whether a picture (H, W, 3), blue first, that is to be kept is mostly the decoder's untouched buffer."""
        some = image[:: image.shape[0] // _LINES + 1, :: image.shape[1] // _LINES + 1].copy()
        blue, green, red = (some[..., channel] == level for channel, level in enumerate(_EMPTY_BGR))
        is_empty = bool(np.count_nonzero(blue & green & red) > _EMPTY_SHARE * green.size)
        changes = self._coded_bytes * 8 > _CHANGING_BITS * image.shape[0] * image.shape[1]
        self._repeated += changes and self._last is not None and np.array_equal(self._last, some)
        self._kept, self._empty = self._kept + 1, self._empty + is_empty
        self._last, self._coded_bytes = some, 0
        return is_empty

    def tell(self) -> Iterator[str]:
        """A sentence for each kind of doubt; ask after the last picture."""
        if self._lost_s > _TOLD_S:
            yield f"{self._lost_s:.1f} s of the picture cannot be decoded."
        if self._empty:
            yield f"The decoder gave {self._empty} of {self._kept} pictures empty; they were left out."
        if self._repeated >= _REPEATED_LEAST:
            yield f"The decoder gave {self._repeated} of {self._kept} pictures twice instead of the next one."
