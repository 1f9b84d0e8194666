"""A rule's criteria against one observation."""

from collections.abc import Sequence
from dataclasses import replace

from instantreact.domain.mention import mention_probability, mentions
from instantreact.domain.observation import Observation
from instantreact.domain.rule import (
    AbsenceCondition,
    CaptionCondition,
    Combine,
    ConceptCondition,
    Condition,
    Criteria,
    Evidence,
    MeaningCondition,
    ObjectCondition,
    PassageCondition,
    PresenceCondition,
    SpeechCondition,
    ZoneCondition,
    asks_in_stillness,
)
from instantreact.rules.presence import match_presence
from instantreact.rules.speech import match_meaning, match_speech


def measure_condition(condition: Condition, observation: Observation) -> Evidence | None:
    """What an observation says about `condition`, whether it holds or not; None when it says nothing.

    That is so for a concept or a label that the bundle which looked does not know, and for words and meanings that were
    not heard.
    """
    match condition:
        case CaptionCondition(phrases):
            score = mention_probability(observation.hypotheses, phrases)
            is_enough = score >= condition.min_score
            quote, phrase = _quote(phrases, observation) if is_enough else (observation.caption.text, phrases[0])
            return _seen("caption", phrase, score, quote, observation)
        case ConceptCondition(concept):
            known = observation.concepts.get(concept)
            return None if known is None else _seen("concept", concept, known, observation.caption.text, observation)
        case ZoneCondition(zone):
            share = observation.zones.get(zone, 0.0)
            return _seen("zone", zone, share, observation.caption.text, observation)
        case ObjectCondition() | AbsenceCondition() | PassageCondition():
            return match_presence(condition, observation)
        case SpeechCondition():
            return match_speech(condition, observation.transcript) if observation.transcript else None
        case MeaningCondition():
            return match_meaning(condition, observation.transcript) if observation.transcript else None


def score_needed(condition: Condition) -> float:
    """The least score with which the condition holds. Words that are found at all are near enough."""
    match condition:
        case CaptionCondition() | ConceptCondition() | ObjectCondition() | PassageCondition():
            return condition.min_score
        case AbsenceCondition():
            return 1.0  # of the time that is asked for
        case ZoneCondition():
            return condition.min_share
        case MeaningCondition():
            return condition.min_confidence
        case SpeechCondition():
            return 0.0


def asks_for_score(condition: Condition) -> bool:
    """Whether there is a score to ask more or less of; words are near enough or not, and a time is over or not."""
    return not isinstance(condition, SpeechCondition | AbsenceCondition)


def ask_for(condition: Condition, needed: float) -> Condition:
    """The same condition with another least score."""
    match condition:
        case CaptionCondition() | ConceptCondition() | ObjectCondition() | PassageCondition():
            return replace(condition, min_score=needed)
        case ZoneCondition():
            return replace(condition, min_share=needed)
        case MeaningCondition():
            return replace(condition, min_confidence=needed)
        case SpeechCondition() | AbsenceCondition():
            return condition


def holds(condition: Condition, measured: Evidence | None) -> bool:
    """Whether what was measured is enough for the condition."""
    return measured is not None and measured.score >= score_needed(condition)


def _quote(phrases: tuple[str, ...], observation: Observation) -> tuple[str, str]:
    """The likeliest sentence that mentions a phrase, the caption itself first; and that phrase."""
    likeliest = sorted(observation.hypotheses, key=lambda hypothesis: -hypothesis.probability)
    sentences = [observation.caption.text, *(hypothesis.text for hypothesis in likeliest)]
    found = ((sentence, mentions(sentence, phrases)) for sentence in sentences)
    return next(((sentence, phrase) for sentence, phrase in found if phrase), (observation.caption.text, phrases[0]))


def _seen(kind: str, what: str, score: float, quote: str, observation: Observation) -> Evidence:
    window = observation.window
    return Evidence(kind, what, score, quote, window.start_s, window.end_s)


def match(criteria: Criteria, observation: Observation) -> tuple[Evidence, ...] | None:
    """The evidence of every condition that holds, in the rule's order; None when the rule does not match.

    A rule without conditions never holds.
    """
    return pick_evidence(criteria, measure(criteria, observation))


def measure(criteria: Criteria, observation: Observation) -> tuple[Evidence | None, ...]:
    """What an observation says about each of a rule's conditions, in their order."""
    return tuple(measure_condition(condition, observation) for condition in criteria.conditions)


def pick_evidence(criteria: Criteria, measured: Sequence[Evidence | None]) -> tuple[Evidence, ...] | None:
    """What is said by those conditions that hold, where they are enough for the rule; else None."""
    pairs = zip(criteria.conditions, measured, strict=True)
    found = tuple(each for condition, each in pairs if each is not None and holds(condition, each))
    return found if found and has_enough(criteria, len(found)) else None


def may_hold_in_stillness(criteria: Criteria, observation: Observation) -> bool:
    """Whether a rule may hold for what is there, or is not, while nothing moves, whatever a caption would say."""
    if not asks_in_stillness(criteria):
        return False
    found = [holds(each, measure_condition(each, observation)) for each in criteria.conditions]
    asked = zip(criteria.conditions, found, strict=True)
    if criteria.combine is Combine.ANY:
        return any(is_held for each, is_held in asked if isinstance(each, PresenceCondition))
    return all(is_held or isinstance(each, CaptionCondition | ConceptCondition) for each, is_held in asked)


def has_enough(criteria: Criteria, holding: int) -> bool:
    """Whether so many conditions that hold are enough for the rule."""
    return holding >= (len(criteria.conditions) if criteria.combine is Combine.ALL else 1)
