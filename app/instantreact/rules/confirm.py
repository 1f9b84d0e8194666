"""Whether what a rule asks for lasts: looks at the windows before this one, too. Pure.

A window that is missing is one in which nothing moved, or that was lost: after a pause everything begins anew.
Footage that is shorter than what is asked for cannot be asked for more than it has: with its last window it is judged
by all of it.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from instantreact.domain.media import Window
from instantreact.domain.observation import Observation
from instantreact.domain.rule import (
    Confirmation,
    Criteria,
    DurationConfirmation,
    Evidence,
    HitsConfirmation,
    MeanConfirmation,
)
from instantreact.rules.match import has_enough, measure, pick_evidence, score_needed

LONGEST_PAUSE_S = 5.0
"""Between the end of a window and the start of the next one that goes on with it."""
REACH_S = 600.0
"""The longest that a confirmation may look back, in seconds of footage."""
MOST_WINDOWS = 100


@dataclass(frozen=True)
class Look:
    """What one window came to for a rule: the score of each condition (0 where nothing is known), and if all holds."""

    start_s: float
    end_s: float
    scores: tuple[float, ...]
    holds: bool


@dataclass(frozen=True)
class RuleFinding:
    """What a rule made of a window: its evidence where its conditions hold, and whether they are confirmed.

    `progress` says how far it has come, where they hold and are not confirmed yet.
    """

    evidence: tuple[Evidence, ...] | None
    is_confirmed: bool
    progress: str = ""


class RecentLooks:
    """What a rule's last windows of one stream or clip came to. Not safe to share between threads."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[Criteria, Confirmation]] = {}
        self._looks: dict[str, deque[Look]] = {}
        self._cut: set[str] = set()  # rules whose looks do not reach back to the first window

    def find(
        self,
        rule_id: str,
        criteria: Criteria,
        confirmation: Confirmation | None,
        observation: Observation,
        *,
        is_last: bool = False,
    ) -> RuleFinding:
        """What the rule makes of the next window, the last where an upload ends; a changed rule begins anew."""
        measured = measure(criteria, observation)
        return self.judge(rule_id, criteria, confirmation, observation.window, measured, is_last=is_last)

    def judge(
        self,
        rule_id: str,
        criteria: Criteria,
        confirmation: Confirmation | None,
        window: Window,
        measured: Sequence[Evidence | None],
        *,
        is_last: bool = False,
    ) -> RuleFinding:
        """The same, of what was measured already."""
        evidence = pick_evidence(criteria, measured)
        if confirmation is None:
            return RuleFinding(evidence, is_confirmed=True)
        scores = tuple(each.score if each else 0.0 for each in measured)
        look = Look(window.start_s, window.end_s, scores, evidence is not None)
        looks = self._remember(rule_id, criteria, confirmation, look)
        if is_last and rule_id not in self._cut:
            confirmation = shorten(confirmation, looks)
        if evidence is None or is_confirmed(confirmation, criteria, looks):
            return RuleFinding(evidence, is_confirmed=evidence is not None)
        return RuleFinding(evidence, is_confirmed=False, progress=describe(confirmation, looks))

    def _remember(self, rule_id: str, criteria: Criteria, confirmation: Confirmation, look: Look) -> Sequence[Look]:
        if self._asked.get(rule_id) != (criteria, confirmation):
            if rule_id in self._asked:
                self._cut.add(rule_id)
            self._asked[rule_id], self._looks[rule_id] = (criteria, confirmation), deque()
        looks = self._looks[rule_id]
        if looks and not -LONGEST_PAUSE_S <= look.start_s - looks[-1].end_s <= LONGEST_PAUSE_S:
            looks.clear()
            self._cut.add(rule_id)
        looks.append(look)
        while looks[-1].end_s - looks[0].start_s > REACH_S:
            looks.popleft()
            self._cut.add(rule_id)
        return looks


def shorten(confirmation: Confirmation, looks: Sequence[Look]) -> Confirmation:
    """What may be asked of footage that has these looks and no more."""
    has_s = looks[-1].end_s - looks[0].start_s
    match confirmation:
        case HitsConfirmation(hits, of):
            return HitsConfirmation(min(hits, len(looks)), of)
        case DurationConfirmation(at_least_s):
            return DurationConfirmation(min(at_least_s, has_s))
        case MeanConfirmation(over_s):
            return MeanConfirmation(min(over_s, has_s))


def is_confirmed(confirmation: Confirmation, criteria: Criteria, looks: Sequence[Look]) -> bool:
    """Whether the last look, which must hold, is borne out by those before it."""
    if not looks or not looks[-1].holds:
        return False
    match confirmation:
        case HitsConfirmation(hits, of):
            return sum(look.holds for look in list(looks)[-of:]) >= hits
        case DurationConfirmation(at_least_s):
            return _held_s(looks) >= at_least_s
        case MeanConfirmation(over_s):
            return _mean_is_enough(criteria, looks, over_s)


def describe(confirmation: Confirmation, looks: Sequence[Look]) -> str:
    """How far it has come, such as `1 of the last 3 windows, where 2 are asked for`."""
    match confirmation:
        case HitsConfirmation(hits, of):
            holding = sum(look.holds for look in list(looks)[-of:])
            return f"It held in {holding} of the last {min(of, len(looks))} windows; {hits} of {of} are asked for."
        case DurationConfirmation(at_least_s):
            return f"It had held for {_held_s(looks):.1f} s without a break; {at_least_s:g} s are asked for."
        case MeanConfirmation(over_s):
            recent = list(_recent(looks, over_s))
            means = ", ".join(f"{mean:.2f}" for mean in _means(recent))
            seen_s = recent[-1].end_s - recent[0].start_s if recent else 0.0
            return f"Its mean score over the last {min(seen_s, over_s):.1f} s was {means}; {over_s:g} s are looked at."


def _held_s(looks: Sequence[Look]) -> float:
    """For how long the last looks hold without a break, in seconds."""
    if not looks or not looks[-1].holds:
        return 0.0
    backwards = list(reversed(looks))
    start_s = backwards[0].start_s
    for later, earlier in pairwise(backwards):
        if not earlier.holds or later.start_s - earlier.end_s > LONGEST_PAUSE_S:
            break
        start_s = earlier.start_s
    return backwards[0].end_s - start_s


def _recent(looks: Sequence[Look], over_s: float) -> Iterator[Look]:
    since_s = looks[-1].end_s - over_s if looks else 0.0
    return (look for look in looks if look.end_s > since_s)


def _means(recent: Sequence[Look]) -> list[float]:
    return [sum(scores) / len(recent) for scores in zip(*(look.scores for look in recent), strict=True)]


def _mean_is_enough(criteria: Criteria, looks: Sequence[Look], over_s: float) -> bool:
    recent = list(_recent(looks, over_s))
    if recent[-1].end_s - recent[0].start_s < over_s:
        return False
    pairs = zip(_means(recent), criteria.conditions, strict=True)
    return has_enough(criteria, sum(mean >= score_needed(condition) for mean, condition in pairs))
