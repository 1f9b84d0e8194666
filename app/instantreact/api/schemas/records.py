"""How right a rule was."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from instantreact.domain.alert import AlertState
from instantreact.pipeline.record import LOOKED_AT, Record
from instantreact.rules.record import Proposal


class CameraRecordView(BaseModel):
    """How a rule's alerts of one camera stand."""

    camera_id: str | None = Field(description="Null for uploads without a camera.")
    raised: int = Field(description="All of them.")
    acknowledged: int
    dismissed: int = Field(description="False alarms.")


class ProposalView(BaseModel):
    """Another least score for one condition."""

    model_config = ConfigDict(from_attributes=True)

    condition: int = Field(description="Its place in the rule, from 0.")
    needed: float
    spared: int = Field(description="Answered false alarms that there would not have been.")
    lost: int = Field(description="Acknowledged alerts that there would not have been.")


class RuleRecordView(BaseModel):
    """What people answered to a rule's alerts."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "days": LOOKED_AT.days,
                    "cameras": [{"camera_id": None, "raised": 9, "acknowledged": 2, "dismissed": 6}],
                    "warning": "6 of its 8 answered alerts of the last 30 days were false alarms.",
                    "proposal": {"condition": 0, "needed": 0.71, "spared": 5, "lost": 0},
                }
            ]
        }
    )

    days: int = Field(description="How far it looks back.")
    cameras: list[CameraRecordView]
    warning: str | None = Field(description="That it is mostly wrong; null where it is not, or few have answered.")
    proposal: ProposalView | None = Field(description="A threshold that the answers speak for; null where none does.")

    @classmethod
    def of(cls, record: Record, proposal: Proposal | None) -> Self:
        cameras = sorted(record.by_camera.items(), key=lambda each: each[0] or "")
        return cls(
            days=LOOKED_AT.days,
            cameras=[
                CameraRecordView(
                    camera_id=camera_id,
                    raised=counts.total(),
                    acknowledged=counts[AlertState.ACKNOWLEDGED],
                    dismissed=counts[AlertState.DISMISSED],
                )
                for camera_id, counts in cameras
            ],
            warning=record.describe_fault(),
            proposal=ProposalView.model_validate(proposal) if proposal else None,
        )
