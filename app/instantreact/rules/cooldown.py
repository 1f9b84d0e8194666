"""Quiet time after an alert."""

from datetime import datetime, timedelta


def is_quiet(cooldown_s: float, last_alert_at: datetime | None, *, now: datetime) -> bool:
    """Whether an alert at `now` falls into the quiet time of the last one.

    `last_alert_at` is the time of what was seen, of the last alert that is pending or sent: suppressed, refused and
    buried ones hold no cooldown. Footage is uploaded out of order, so the quiet time reaches both ways.
    """
    return last_alert_at is not None and abs(now - last_alert_at) < timedelta(seconds=cooldown_s)
