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
from instantreact.rules.speech import match_meaning, match_speech


def match_condition(condition: Condition, observation: Observation) -> Evidence | None:
    """What makes `condition` match_condition for `observation`; None when it does not match_condition."""
    match condition:
        case CaptionCondition():
            return _match_caption(condition, observation)
        case ConceptCondition():
            return _match_concept(condition, observation)
        case ZoneCondition():
            return _match_zone(condition, observation)
        case SpeechCondition():
            return match_speech(condition, observation.transcript) if observation.transcript else None
        case MeaningCondition():
            return match_meaning(condition, observation.transcript) if observation.transcript else None


def _match_caption(condition: CaptionCondition, observation: Observation) -> Evidence | None:
    score = mention_probability(observation.hypotheses, condition.phrases)
    if score < condition.min_score:
        return None
    quote, phrase = _quote(condition.phrases, observation)
    return _seen("caption", phrase, score, quote, observation)


def _match_concept(condition: ConceptCondition, observation: Observation) -> Evidence | None:
    score = observation.concepts.get(condition.concept)
    if score is None or score < condition.min_score:  # None: the bundle that looked does not know the concept
        return None
    return _seen("concept", condition.concept, score, observation.caption.text, observation)


def _match_zone(condition: ZoneCondition, observation: Observation) -> Evidence | None:
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
