"""What people's answers say about what a camera's scores are worth."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Lesson:
    """One answer to an alert that a concept's score had a part in.

    score     what the model said, before any calibration
    needed    what the rule asked for
    is_false  whether the answer was "false alarm"; otherwise somebody took care of it
    """

    alert_id: str
    score: float
    needed: float
    is_false: bool
    at: datetime
