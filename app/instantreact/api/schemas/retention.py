"""What is kept, for how long, and what was purged."""

from datetime import datetime

from pydantic import BaseModel, Field

from instantreact.domain.retention import KeptKind


class KeptView(BaseModel):
    """One kind of what is kept."""

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

    kinds: list[KeptView]
    max_bytes: int | None = Field(description="Room for all files; null for no limit.")
    free_bytes: int = Field(description="So much of the disk is to be free.")
