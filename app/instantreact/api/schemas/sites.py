"""Sites: the places that cameras belong to."""

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Line, Name
from instantreact.domain.site import check_zone
from instantreact.errors import InvalidInput
from instantreact.storage.sites import SiteChanges

_DRAFT: JsonDict = {"name": "Shop", "time_zone": "Europe/Berlin"}
_EXAMPLE: JsonDict = {"id": "45c48cce2e2d7fbdea1afc51c7c6ad26", **_DRAFT, "created_at": "2026-11-22T10:59:00Z"}


def _check(name: str) -> str:
    try:
        return check_zone(name)
    except InvalidInput as error:
        raise ValueError(str(error)) from error


TimeZone = Annotated[Line, AfterValidator(_check), Field(json_schema_extra={"format": "time-zone"})]


class SiteDraft(Draft):
    """What people decide about a site."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})
    read_only: ClassVar[frozenset[str]] = frozenset({"id", "created_at"})

    name: Name = Field(description="Unique among the sites.")
    time_zone: TimeZone | None = Field(
        None, description="Of the IANA database, in which alerts say when something happened; null: the service's."
    )

    def to_changes(self) -> SiteChanges:
        """As storage takes them."""
        return {"name": self.name, "time_zone": self.time_zone}


class SiteView(BaseModel):
    """A site as it is stored."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    name: str
    time_zone: str | None
    created_at: datetime
