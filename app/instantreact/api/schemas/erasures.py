"""Erasures: what is to be erased for good, how far that is, and what there is to be erased."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from instantreact.api.schemas.fields import Draft, Id, Name, RecordedAt
from instantreact.domain.erasure import ErasedKind, ErasureKind, ErasureStage
from instantreact.pipeline.erase import LEFT_ELSEWHERE

SPAN_EXAMPLE: JsonDict = {
    "kind": "span",
    "camera_id": "f3c8a1d27e5b4c6f9a0b1c2d3e4f5a6b",
    "since": "2026-11-22T10:00:00Z",
    "until": "2026-11-22T10:30:00Z",
}
PERSON_EXAMPLE: JsonDict = {"kind": "recipient", "recipient_id": "6f5902ac237024bdd0c176cb93063dc4"}
_COUNTS: JsonDict = {"events": 12, "pictures": 12, "evidence": 1, "alerts": 2, "unanswered": 1, "deliveries": 4}
_EXAMPLE: JsonDict = {
    "id": "9b2e7c4d1f8a4e3b8c6d5a0f7e1b2c3d",
    **SPAN_EXAMPLE,
    "person_id": None,
    "pseudonym": None,
    "stage": "done",
    "counts": _COUNTS,
    "requested_at": "2026-11-23T09:00:00Z",
    "finished_at": "2026-11-23T09:00:02Z",
    "remains": None,
    "left_elsewhere": list(LEFT_ELSEWHERE),
}


class SpanErasureDraft(Draft):
    """What a camera saw and heard between two moments."""

    kind: Literal[ErasureKind.SPAN]
    camera_id: Id
    since: RecordedAt = Field(description="From this moment on.")
    until: RecordedAt = Field(description="Before this moment, which must not lie in the future.")


class RecipientErasureDraft(Draft):
    """A person who is told: with addresses, deliveries, messages and invitations."""

    kind: Literal[ErasureKind.RECIPIENT]
    recipient_id: Id


class UserErasureDraft(Draft):
    """A person who signs in, or did: with sessions and second factor."""

    kind: Literal[ErasureKind.USER]
    user_id: Id


class NameErasureDraft(Draft):
    """What is left of somebody who is neither a user nor a recipient any more."""

    kind: Literal[ErasureKind.NAME]
    name: Name


PersonDraft = RecipientErasureDraft | UserErasureDraft | NameErasureDraft
ErasureDraft = Annotated[SpanErasureDraft | PersonDraft, Field(discriminator="kind")]


class ErasureView(BaseModel):
    """An erasure: what was asked for, how far it is, and what is gone."""

    model_config = ConfigDict(from_attributes=True, json_schema_extra={"examples": [_EXAMPLE]})

    id: str
    kind: ErasureKind
    camera_id: str | None
    since: datetime | None
    until: datetime | None
    person_id: str | None = Field(description="The id that the user or recipient had.")
    pseudonym: str | None = Field(description="What stands where their name stood, in the audit log say.")
    stage: ErasureStage = Field(description="done: it is over; it goes on by itself until then, whatever dies.")
    counts: dict[ErasedKind, int] = Field(
        description="What is gone so far. unanswered: of the alerts those that nobody had answered, unsent: of the "
        "deliveries those that were not sent; answers and entries (of the audit log) lose a name only."
    )
    requested_at: datetime
    finished_at: datetime | None
    remains: str | None = Field(description="What is left in this installation, and how it goes; null: nothing.")
    left_elsewhere: list[str] = Field(list(LEFT_ELSEWHERE), description="What no erasure reaches.")


class KeptCountsView(BaseModel):
    """How much is kept of a span or a person: what an erasure takes, and an export holds."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"counts": _COUNTS}]})

    counts: dict[ErasedKind, int] = Field(description="Of each kind how many; none of what is left out.")
