"""One condition against one observation."""

from instantreact.domain.mention import mention_probability, mentions
from instantreact.domain.observation import Observation
from instantreact.domain.rule import (
    CaptionCondition,
    ConceptCondition,
    Condition,
    Evidence,
    MeaningCondition,
    SpeechCondition,
    ZoneCondition,
)
from instantreact.rules.speech import hold_meaning, hold_speech


def hold(condition: Condition, observation: Observation) -> Evidence | None:
    """What makes `condition` hold for `observation`; None when it does not hold."""
    match condition:
        case CaptionCondition():
            return _hold_caption(condition, observation)
        case ConceptCondition():
            return _hold_concept(condition, observation)
        case ZoneCondition():
            return _hold_zone(condition, observation)
        case SpeechCondition():
            return hold_speech(condition, observation.transcript) if observation.transcript else None
        case MeaningCondition():
            return hold_meaning(condition, observation.transcript) if observation.transcript else None


def _hold_caption(condition: CaptionCondition, observation: Observation) -> Evidence | None:
    score = mention_probability(observation.hypotheses, condition.phrases)
    if score < condition.min_score:
        return None
    quote, phrase = _quote(condition.phrases, observation)
    return _seen("caption", phrase, score, quote, observation)


def _hold_concept(condition: ConceptCondition, observation: Observation) -> Evidence | None:
    score = observation.concepts.get(condition.concept)
    if score is None or score < condition.min_score:  # None: the bundle that looked does not know the concept
        return None
    return _seen("concept", condition.concept, score, observation.caption.text, observation)


def _hold_zone(condition: ZoneCondition, observation: Observation) -> Evidence | None:
    share = observation.zones.get(condition.zone, 0.0)
    if share < condition.min_share:
        return None
    return _seen("zone", condition.zone, share, observation.caption.text, observation)


def _quote(phrases: tuple[str, ...], observation: Observation) -> tuple[str, str]:
    """The likeliest sentence that mentions a phrase, the caption itself first; and that phrase."""
    likeliest = sorted(observation.hypotheses, key=lambda hypothesis: -hypothesis.probability)
    sentences = [observation.caption.text, *(hypothesis.text for hypothesis in likeliest)]
    found = ((sentence, mentions(sentence, phrases)) for sentence in sentences)
    return next(((sentence, phrase) for sentence, phrase in found if phrase), (observation.caption.text, phrases[0]))


def _seen(kind: str, what: str, score: float, quote: str, observation: Observation) -> Evidence:
    window = observation.window
    return Evidence(kind, what, score, quote, window.start_s, window.end_s)
