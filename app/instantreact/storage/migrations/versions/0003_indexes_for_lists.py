"""Indexes for lists and for files.

What is listed by camera, rule or state, newest first, is read in that order; files are found by their keys.

Follows 0002; made 2026-11-25.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_OLD = (
    ("ix_clips_camera_id", "clips", ["camera_id"]),
    ("ix_clips_state", "clips", ["state"]),
    ("ix_events_camera_id", "events", ["camera_id"]),
    ("ix_alerts_camera_id", "alerts", ["camera_id"]),
    ("ix_alerts_rule_id", "alerts", ["rule_id"]),
    ("ix_alerts_state", "alerts", ["state"]),
)
_NEW = (
    ("ix_clips_of_camera", "clips", ["camera_id", "submitted_at", "id"]),
    ("ix_clips_in_state", "clips", ["state", "submitted_at", "id"]),
    ("ix_clips_blob_key", "clips", ["blob_key"]),
    ("ix_events_of_camera", "events", ["camera_id", "occurred_at", "id"]),
    ("ix_events_snapshot_key", "events", ["snapshot_key"]),
    ("ix_events_evidence_key", "events", ["evidence_key"]),
    ("ix_alerts_of_camera", "alerts", ["camera_id", "raised_at", "id"]),
    ("ix_alerts_of_rule", "alerts", ["rule_id", "raised_at", "id"]),
    ("ix_alerts_in_state", "alerts", ["state", "raised_at", "id"]),
    ("ix_jobs_created", "jobs", ["created_at", "id"]),
)


def upgrade() -> None:
    """Towards the newest tables."""
    for name, table, _ in _OLD:
        op.drop_index(name, table_name=table)
    for name, table, columns in _NEW:
        op.create_index(name, table, columns)


def downgrade() -> None:
    """Back to the tables before."""
    for name, table, _ in _NEW:
        op.drop_index(name, table_name=table)
    for name, table, columns in _OLD:
        op.create_index(name, table, columns)
