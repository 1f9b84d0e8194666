"""What deliveries are made of."""

from instantreact.channels.registry import CHANNELS
from instantreact.domain.alert import ChannelKind, PartKind
from instantreact.storage.alerts import PartsOf


def parts_for(*, has_picture: bool) -> PartsOf:
    """What deliveries are made of on each channel."""

    def parts_of(channel: ChannelKind) -> list[PartKind]:
        return [part for part in CHANNELS[channel].parts if has_picture or part is not PartKind.PICTURE]

    return parts_of
