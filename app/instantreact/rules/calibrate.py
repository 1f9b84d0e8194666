"""How people's answers change what a camera's concept scores are read as. Pure.

Scores fall by a shift of their log-odds. Each "false alarm" moves it half the way to where that alert would not have
been, by no more than `STEP`; each alert that somebody took care of halves it; and it halves by itself in a month. It
never exceeds `CAP`: whatever is tapped, 0.90 reads as no less than 0.77.
"""

import math
from collections.abc import Iterable
from datetime import datetime, timedelta

from instantreact.domain.lesson import Lesson

CAP = 1.0
STEP = 0.35
MARGIN = 0.2
"""How far below what the rule asks for a dismissed score is to come."""
HALF_LIFE = timedelta(days=30)
_SUREST = 0.99


def learn_shift(lessons: Iterable[Lesson], *, now: datetime) -> float:
    """By how much the log-odds of a concept fall, 0 to `CAP`; the lessons' order is that of their times."""
    shift, before = 0.0, now
    for each in sorted(lessons, key=_order):
        shift *= _fade(before, each.at)
        before = each.at
        if each.is_false:
            missing = _log_odds(each.score) - shift - _log_odds(each.needed) + MARGIN
            shift = min(CAP, shift + min(STEP, max(0.0, missing / 2)))
        else:
            shift /= 2
    return shift * _fade(before, now)


def read_score(score: float, shift: float) -> float:
    """What a score is read as; 0 and 1 stay as they are."""
    return score / (score + (1.0 - score) * math.exp(shift)) if score > 0.0 else 0.0


def _order(lesson: Lesson) -> tuple[datetime, float, float, bool]:
    return lesson.at, lesson.score, lesson.needed, lesson.is_false


def _fade(since: datetime, until: datetime) -> float:
    """What is left of a shift; a clock that was set back adds nothing."""
    return float(0.5 ** max(0.0, (until - since) / HALF_LIFE))


def _log_odds(score: float) -> float:
    inside = min(max(score, 1.0 - _SUREST), _SUREST)
    return math.log(inside / (1.0 - inside))
