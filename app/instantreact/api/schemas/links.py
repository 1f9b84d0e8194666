"""Links that open one address for a while."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Number

DAY_S = 86_400.0
_DRAFT: JsonDict = {"path": "/events/8a7d5e3c1b9f4a2d8c6e0f1a2b3c4d5e/snapshot.jpg", "valid_s": 300.0}
_EXAMPLE: JsonDict = {
    "url": "/events/8a7d5e3c1b9f4a2d8c6e0f1a2b3c4d5e/snapshot.jpg"
    "?link=1795348800.d3b07384d113edec49eaa6238ad5ff00.0cc175b9c0f1b6a831c399e2697726610cc175b9",
    "expires_at": "2026-11-22T12:05:00Z",
}


class LinkDraft(Draft):
    """What is to be opened, and for how long."""

    model_config = ConfigDict(json_schema_extra={"examples": [_DRAFT]})

    path: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9_./-]{1,500}(\?[A-Za-z0-9_.~=&%:+-]{1,1000})?$")] = (
        Field(description="Path, and query if any, of something that is read by GET.")
    )
    valid_s: Annotated[Number, Field(ge=1, le=DAY_S)] = Field(300.0, description="It opens nothing afterwards.")


class LinkView(BaseModel):
    """A link that was just made."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    url: str = Field(description="Relative to where this service is reached.")
    expires_at: datetime
