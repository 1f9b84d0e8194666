"""What decoding gives, without what decodes: who only takes it needs no decoder in its process."""

from dataclasses import dataclass

from instantreact.domain.media import FrameSample, Glance


@dataclass(frozen=True, eq=False)
class DecodedWindow:
    """One window of a clip.

    snapshot_jpeg  its middle sample as JPEG, at most 1280 pixels across
    pictured_s     when that was seen
    glances        what a detector is to look at, of what no window before has
    warning        on the last window: what of the clip could not be used, in sentences
    is_last        whether the clip ends with it
    """

    sample: FrameSample
    snapshot_jpeg: bytes
    warning: str | None = None
    pictured_s: float = 0.0
    glances: tuple[Glance, ...] = ()
    is_last: bool = False
