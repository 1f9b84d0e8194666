"""Cameras: where footage comes from. Their passwords go in and never come out."""

from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.addresses import HIDDEN, Login
from instantreact.api.redaction import complete_source, redact_source
from instantreact.api.schemas.fields import Draft, Flag, Id, Line, Name, Number, Password, Source, Username
from instantreact.api.schemas.live import LIVE_EXAMPLE, LiveView
from instantreact.domain.camera import Mask, Point, SpeechMode, Zone, find_flaw
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.tables import Camera

_DRAFT: JsonDict = {
    "name": "Front door",
    "site": "Shop",
    "source": "rtsp://user:password@192.168.1.20/stream1",
    "enabled": True,
    "speech": None,
    "sensitivity": 0.5,
    "zones": [{"name": "counter", "polygon": [{"x": 0.1, "y": 0.5}, {"x": 0.6, "y": 0.5}, {"x": 0.4, "y": 1.0}]}],
    "masks": [],
}
_EXAMPLE: JsonDict = {
    "id": "d8e8fca2dc0f896fd7cb4cb0031ba249",
    **_DRAFT,
    "source": "rtsp://***@192.168.1.20/stream1",
    "position": 1,
    "created_at": "2026-11-22T12:00:00Z",
    "live": LIVE_EXAMPLE,
}


class PointDraft(Draft):
    """A corner, as shares of the frame's width and height."""

    x: Number = Field(ge=0.0, le=1.0)
    y: Number = Field(ge=0.0, le=1.0)


def _check_polygon(polygon: list[PointDraft]) -> list[PointDraft]:
    if flaw := find_flaw(_to_points(polygon)):
        raise ValueError(flaw)
    return polygon


Polygon = Annotated[list[PointDraft], Field(min_length=3, max_length=64), AfterValidator(_check_polygon)]


class ZoneDraft(Draft):
    """A polygon that a rule may ask about."""

    name: Name
    polygon: Polygon


class MaskDraft(Draft):
    """A polygon that is blacked out for everybody."""

    polygon: Polygon


def _check_zone_names(zones: list[ZoneDraft]) -> list[ZoneDraft]:
    if len({zone.name for zone in zones}) < len(zones):
        raise ValueError("two zones have the same name")
    return zones


class CameraDraft(Draft):
    """What people decide about a camera."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})
    read_only: ClassVar[frozenset[str]] = frozenset({"id", "position", "created_at", "live"})

    name: Name = Field(description="Unique among the cameras.")
    site: Line = Field("", description="The name of the site it belongs to, which is made if there is none yet.")
    source: Source = Field(
        description="Its address, with user and password. In a PUT, the address as GET shows it keeps the stored one."
    )
    username: Username | None = Field(
        None, repr=False, description="Instead of the one in the source, where it would have to be escaped."
    )
    password: Password | None = Field(
        None, repr=False, description="Likewise. In a PUT without it, the same user at the same address keeps theirs."
    )
    enabled: Flag = Field(True, description="Whether it is to be watched.")
    speech: SpeechMode | None = Field(None, description="What may be done with its sound; null: the service's setting.")
    sensitivity: Number = Field(0.5, ge=0.0, le=1.0, description="How little motion is enough.")
    zones: Annotated[list[ZoneDraft], AfterValidator(_check_zone_names)] = Field([], max_length=32)
    masks: list[MaskDraft] = Field([], max_length=32)

    @property
    def leaves_unsaid(self) -> bool:
        """Whether what is stored may be meant in part."""
        return HIDDEN in self.source or (self.username is None) != (self.password is None)

    def to_settings(self, *, stored: CameraSettings | None = None) -> CameraSettings:
        """As storage takes them; `stored` is what the camera has. Raises InvalidInput."""
        known = (stored.source, stored.login) if stored else None
        source, login = complete_source(self.source, Login(self.username, self.password), known)
        return CameraSettings(
            name=self.name,
            source=source,
            login=login,
            site=self.site,
            enabled=self.enabled,
            speech=self.speech,
            sensitivity=self.sensitivity,
            zones=tuple(Zone(zone.name, _to_points(zone.polygon)) for zone in self.zones),
            masks=tuple(Mask(_to_points(mask.polygon)) for mask in self.masks),
        )


class CameraOrderDraft(Draft):
    """Which camera comes first."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"camera_ids": []}]})

    camera_ids: Annotated[list[Id], Field(max_length=10_000)]


class CameraView(BaseModel):
    """A camera as it is stored, its credentials replaced by ***."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    site: str
    source: str
    enabled: bool
    speech: SpeechMode | None
    sensitivity: float
    zones: tuple[Zone, ...]
    masks: tuple[Mask, ...]
    position: int | None = Field(description="Among the cameras on a wall (`PUT /cameras/order`); null: at the end.")
    created_at: datetime
    live: LiveView = Field(description="How its watching goes.")

    @classmethod
    def of(cls, camera: Camera, settings: CameraSettings, live: LiveView) -> Self:
        """From a row, its opened settings, and how its watching goes."""
        return cls(
            id=camera.id,
            name=settings.name,
            site=settings.site,
            source=redact_source(settings.source, settings.login),
            enabled=settings.enabled,
            speech=settings.speech,
            sensitivity=settings.sensitivity,
            zones=settings.zones,
            masks=settings.masks,
            position=camera.position,
            created_at=camera.created_at,
            live=live,
        )


def _to_points(polygon: list[PointDraft]) -> tuple[Point, ...]:
    return tuple(Point(corner.x, corner.y) for corner in polygon)
