"""How right a rule was, by what people answered, and which threshold would have been better. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from instantreact.domain.rule import (
    AbsenceCondition,
    CaptionCondition,
    ConceptCondition,
    Condition,
    Criteria,
    Evidence,
    MeaningCondition,
    ObjectCondition,
    PassageCondition,
    SpeechCondition,
    ZoneCondition,
)
from instantreact.rules.match import asks_for_score, score_needed

FEWEST = 5
"""Answers before anything is said."""
MOSTLY = 0.5
LOST_COUNTS = 2
"""An alert that was right and would be lost weighs as much as so many false alarms that would be spared."""


@dataclass(frozen=True)
class Answered:
    """An alert that somebody answered."""

    evidence: tuple[Evidence, ...]
    is_false: bool


@dataclass(frozen=True)
class Proposal:
    """A least score for the condition at this place, and what it would have changed of the answered alerts."""

    condition: int
    needed: float
    spared: int
    lost: int


def is_mostly_wrong(acknowledged: int, dismissed: int) -> bool:
    """Whether more than half of enough answers say "false alarm"."""
    answers = acknowledged + dismissed
    return answers >= FEWEST and dismissed / answers > MOSTLY


def propose(criteria: Criteria, answered: Sequence[Answered]) -> Proposal | None:
    """The threshold of one condition that spares most false alarms and loses few others; None where none is better."""
    return max(_list_proposals(criteria, answered), key=lambda each: (_gain(each), -each.needed), default=None)


def _list_proposals(criteria: Criteria, answered: Sequence[Answered]) -> Iterator[Proposal]:
    for at, condition in enumerate(criteria.conditions):
        if not asks_for_score(condition):
            continue
        scores = [(score, each.is_false) for each in answered if (score := _find_score(condition, each.evidence))]
        for needed in sorted({round(score + 0.01, 2) for score, is_false in scores if is_false}):
            spared = sum(is_false for score, is_false in scores if score < needed)
            lost = sum(not is_false for score, is_false in scores if score < needed)
            proposal = Proposal(at, needed, spared, lost)
            if score_needed(condition) < needed <= 1.0 and _gain(proposal) > 0:
                yield proposal


def _gain(proposal: Proposal) -> int:
    return proposal.spared - LOST_COUNTS * proposal.lost


def _find_score(condition: Condition, evidence: Iterable[Evidence]) -> float | None:
    """That of the condition among what made a rule hold."""
    return next((each.score for each in evidence if each.kind == condition.kind and _is_of(condition, each)), None)


def _is_of(condition: Condition, evidence: Evidence) -> bool:
    match condition:
        case CaptionCondition(phrases) | SpeechCondition(phrases):
            return evidence.what in phrases
        case ConceptCondition(name) | ZoneCondition(name):
            return evidence.what == name
        case ObjectCondition(label) | AbsenceCondition(label) | PassageCondition(label):
            return (evidence.what, evidence.zone) == (label, condition.zone)
        case MeaningCondition():
            return evidence.what.partition(" = ")[0].casefold() == condition.name.casefold()
