"""Who is told when nobody answers an alert. Pure."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class EscalationStep:
    """Whom to tell when an alert is unanswered so many seconds after it was raised.

    on_call_since  a date from which on one of them is on call a week, in turn; None: all of them are told
    """

    after_s: float
    recipient_ids: tuple[str, ...]
    on_call_since: date | None = None

    def find_told(self, today: date) -> tuple[str, ...]:
        """Their ids, of `today` by the clock of the place. Before the first week the turns are counted backwards."""
        if self.on_call_since is None:
            return self.recipient_ids
        week = (today - self.on_call_since).days // 7
        return (self.recipient_ids[week % len(self.recipient_ids)],)
