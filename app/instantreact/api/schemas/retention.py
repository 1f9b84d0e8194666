"""What is kept, for how long, and what was purged."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.domain.retention import KeptKind

_KIND: JsonDict = {
    "kind": "evidence",
    "keep_days": 30,
    "purged_rows": 12,
    "purged_files": 3,
    "purged_bytes": 48291,
    "purged_at": "2026-11-22T10:59:00Z",
    "kept_files": 210,
    "kept_bytes": 9120443,
    "measured_at": "2026-11-22T10:50:00Z",
}
_EXAMPLE: JsonDict = {"kinds": [_KIND], "max_bytes": None, "free_bytes": 1073741824}


class KeptView(BaseModel):
    """One kind of what is kept."""

    model_config = ConfigDict(json_schema_extra={"examples": [_KIND]})

    kind: KeptKind
    keep_days: float | None = Field(description="How long it is kept; null for good.")
    purged_rows: int = Field(description="How many rows lost something, or went, since the service was set up.")
    purged_files: int
    purged_bytes: int
    purged_at: datetime | None = Field(description="When something of it was purged last.")
    kept_files: int = Field(description="Files that were there when it was last looked; pictures are of all events.")
    kept_bytes: int
    measured_at: datetime | None


class RetentionView(BaseModel):
    """What is kept, and for how long."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    kinds: list[KeptView]
    max_bytes: int | None = Field(description="Room for all files; null for no limit.")
    free_bytes: int = Field(description="So much of the disk is to be free.")
