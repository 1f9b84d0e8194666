"""What became of a rule whose conditions held for an event: an alert, or why there is none."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of it.

    raised: there is an alert. grouped: it is part of one that was raised shortly before at the same place.
    unconfirmed: it had not held for long, or often, enough. off_schedule: outside of its hours. cooldown: an alert of
    the rule was too near. muted: so was one that everybody had muted, as they still have. silent: the footage was too
    old, or sent with `notify` never.
    """

    RAISED = "raised"
    GROUPED = "grouped"
    UNCONFIRMED = "unconfirmed"
    OFF_SCHEDULE = "off_schedule"
    COOLDOWN = "cooldown"
    MUTED = "muted"
    SILENT = "silent"
