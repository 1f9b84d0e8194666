"""What lies where at the broker: our topics, and what Home Assistant is told so that it shows them. Pure."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from instantreact.channels.values import write_json
from instantreact.domain.camera import CameraStanding, CameraState
from instantreact.domain.happening import Happening

ONLINE, OFFLINE = b"online", b"offline"

_STATES = {CameraState.LIVE: b"live", CameraState.LOST: b"lost"}
_UNKNOWN = b"None"
"""As Home Assistant calls a state that nobody knows."""

_KINDS = [kind.kind for kind in get_args(Happening)]


@dataclass(frozen=True)
class Topics:
    """The topics of one service.

    prefix      what ours begin with
    discovery   what those of Home Assistant's discovery begin with; None where it is told nothing
    """

    prefix: str = "instantreact"
    discovery: str | None = "homeassistant"

    @property
    def status(self) -> str:
        """Whether we are there."""
        return f"{self.prefix}/status"

    @property
    def node(self) -> str:
        """What we are called in topics of discovery and in ids."""
        return re.sub(r"[^A-Za-z0-9_-]", "_", self.prefix)

    @property
    def kept(self) -> list[str]:
        """Filters of all topics whose last message the broker keeps for us."""
        ours = [self.status, f"{self.prefix}/cameras/+"]
        return ours if self.discovery is None else [*ours, f"{self.discovery}/+/{self.node}/+/config"]

    def alert(self, address: str) -> str:
        """Where alerts for somebody come."""
        return f"{self.prefix}/alerts/{address}"

    def picture(self, address: str) -> str:
        """Where their pictures come."""
        return f"{self.prefix}/pictures/{address}"

    def write_kept(self, cameras: Sequence[CameraStanding], addresses: Collection[str]) -> dict[str, bytes]:
        """Every message that the broker shall keep for us, by its topic."""
        kept = {self.status: ONLINE}
        kept |= {self._camera(each): _STATES.get(each.state, _UNKNOWN) for each in cameras}
        if self.discovery is None:
            return kept
        for camera in cameras:
            kept[self._config("binary_sensor", f"camera_{camera.id}")] = self._write_camera(camera)
        for address in addresses:
            kept[self._config("event", f"{address}_alert")] = self._write_alert(address)
            kept[self._config("image", f"{address}_picture")] = self._write_picture(address)
        return kept

    def _camera(self, camera: CameraStanding) -> str:
        return f"{self.prefix}/cameras/{camera.id}"

    def _config(self, component: str, name: str) -> str:
        return f"{self.discovery}/{component}/{self.node}/{name}/config"

    def _write_camera(self, camera: CameraStanding) -> bytes:
        on, off = (_STATES[state].decode() for state in (CameraState.LIVE, CameraState.LOST))
        shown = {"state_topic": self._camera(camera), "device_class": "connectivity", "payload_on": on}
        return self._write(f"camera_{camera.id}", camera.name, {**shown, "payload_off": off})

    def _write_alert(self, address: str) -> bytes:
        shown = {"state_topic": self.alert(address), "event_types": _KINDS, "icon": "mdi:cctv"}
        return self._write(f"{address}_alert", f"Alert {address}", shown)

    def _write_picture(self, address: str) -> bytes:
        shown = {"image_topic": self.picture(address), "content_type": "image/jpeg"}
        return self._write(f"{address}_picture", f"Picture {address}", shown)

    def _write(self, unique: str, name: str, shown: Mapping[str, object]) -> bytes:
        device = {"identifiers": [self.node], "name": "InstantReact", "manufacturer": "InstantReact"}
        about = {"unique_id": f"{self.node}_{unique}", "name": name, "availability_topic": self.status}
        return write_json({**about, **shown, "device": device, "origin": {"name": "InstantReact"}})
