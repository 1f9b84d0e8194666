"""API keys: what they are good for. The key itself is shown when it is made, and never again."""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Id, Moment, Name, Number
from instantreact.domain.principal import Scope
from instantreact.storage.keys import KeyLimits
from instantreact.storage.tables import ApiKey

_MAX_OVERLAP_S = timedelta(days=90).total_seconds()
_DRAFT: JsonDict = {
    "name": "Camera at the door",
    "scopes": ["ingest"],
    "site_ids": None,
    "camera_ids": ["6f5902ac237024bdd0c176cb93063dc4"],
    "expires_at": None,
}
_EXAMPLE: JsonDict = {
    "id": "d3b07384d113edec49eaa6238ad5ff00",
    **_DRAFT,
    "created_at": "2026-11-22T10:59:00Z",
    "last_used_at": None,
    "old_until": None,
}
_WITH_KEY: JsonDict = {**_EXAMPLE, "key": "ir_Zb0yq3vXkq1pQ0pQx0m9b2c8k1h5s7d4f6g3j2l1n0o"}

Ids = Annotated[list[Id], Field(min_length=1, max_length=1000)]


class KeyDraft(Draft):
    """What people decide about a key. It is confined to the cameras of `site_ids` and to `camera_ids` together."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})

    name: Name = Field(description="Unique among the keys; what is done with it is done in this name.")
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=len(Scope))] = Field(
        description="What it is good for; none includes another."
    )
    site_ids: Ids | None = Field(None, description="Only the cameras of these sites; null with `camera_ids`: every.")
    camera_ids: Ids | None = Field(None, description="Only these cameras; null with `site_ids`: every.")
    expires_at: Moment | None = Field(None, description="From then on it opens nothing; null: it never expires.")

    def to_limits(self) -> KeyLimits:
        """As storage takes them."""
        return KeyLimits(
            scopes=tuple(self.scopes),
            site_ids=None if self.site_ids is None else tuple(self.site_ids),
            camera_ids=None if self.camera_ids is None else tuple(self.camera_ids),
            expires_at=self.expires_at,
        )


class KeyRotation(Draft):
    """How a key is replaced."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: Annotated[Number, Field(ge=0, le=_MAX_OVERLAP_S)] = Field(
        86_400.0, description="For so long the key that is replaced counts as well; 0: it ends at once."
    )


class KeyView(BaseModel):
    """A key as it is stored, without the key itself."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    scopes: list[Scope]
    site_ids: list[str] | None
    camera_ids: list[str] | None
    expires_at: datetime | None
    created_at: datetime
    last_used_at: datetime | None = Field(description="To the minute; null: never.")
    old_until: datetime | None = Field(description="Until when the key before its last rotation counts as well.")


class NewKeyView(KeyView):
    """A key that was just made."""

    model_config = ConfigDict(json_schema_extra={"examples": [_WITH_KEY]})

    key: str = Field(description="Shown this once: only its hash is kept.")

    @classmethod
    def of(cls, row: ApiKey, key: str) -> "NewKeyView":
        """The row, and the key that goes with it."""
        return cls(**KeyView.model_validate(row).model_dump(), key=key)
