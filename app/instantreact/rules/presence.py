"""What an observation says about things: how many are there, for how long, or since when none is. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence

from instantreact.domain.media import Window
from instantreact.domain.observation import SAME_MOMENT_S, Detection, Observation, Presence, Stay, Thing
from instantreact.domain.rule import (
    AbsenceCondition,
    Evidence,
    ObjectCondition,
    PassageCondition,
    PresenceCondition,
)
from instantreact.rules.tracking.places import find_foot, find_way_over


def match_presence(condition: PresenceCondition, observation: Observation) -> Evidence | None:
    """What is said about the condition, whether it holds or not; None where nobody looked for its label."""
    presence = observation.presence
    if presence is None or condition.label not in presence.labels:
        return None
    match condition:
        case ObjectCondition():
            return _match_object(condition, presence, observation)
        case AbsenceCondition():
            return _match_absence(condition, presence, observation)
        case PassageCondition():
            return _match_passage(condition, presence, observation)


def find_absent_s(condition: AbsenceCondition, presence: Presence, now_s: float) -> float:
    """For how long nothing of the label was seen where the condition asks for it, as far as somebody looked."""
    seen = (
        trace.time_s
        for trace in presence.traces
        if (trace.label, trace.zone) == (condition.label, condition.zone) and trace.score >= condition.min_score
    )
    return max(0.0, now_s - max(seen, default=presence.looked_since_s))


def count_pictured(observation: Observation) -> dict[str, int]:
    """How many of each label the observation's picture shows."""
    return dict(Counter(each.label for each in find_pictured(observation)))


def find_pictured(observation: Observation) -> tuple[Detection, ...]:
    """The detections of the observation's picture, as far as somebody looked at it."""
    at_s = observation.pictured_s
    if at_s is None:
        return ()
    return tuple(each for each in observation.detections if abs(each.time_s - at_s) < SAME_MOMENT_S)


def _match_object(condition: ObjectCondition, presence: Presence, observation: Observation) -> Evidence:
    window = observation.window
    there = [
        (thing.score, stay)
        for thing in _of_label(condition.label, presence)
        for stay in thing.stays
        if stay.zone == condition.zone and stay.until_s - stay.since_s >= condition.for_s
    ]

    def count(least: float) -> int:
        return _count_at_once([stay for score, stay in there if score >= least], condition.for_s, window)

    counted = count(condition.min_score)
    levels = sorted({score for score, _ in there}, reverse=True)
    score = next((level for level in levels if count(level) >= condition.min_count), 0.0)
    if condition.max_count is not None and counted > condition.max_count:
        score = 0.0
    return _make_evidence(condition, score, observation, counted, condition.for_s or None)


def _match_absence(condition: AbsenceCondition, presence: Presence, observation: Observation) -> Evidence:
    """Its score is how much of the time asked for has passed."""
    absent_s = find_absent_s(condition, presence, observation.window.end_s)
    score = min(1.0, absent_s / condition.for_s) if condition.for_s else 1.0
    return _make_evidence(condition, score, observation, 0, round(absent_s, 1))


def _match_passage(condition: PassageCondition, presence: Presence, observation: Observation) -> Evidence:
    passed = [thing.score for thing in _of_label(condition.label, presence) if _passes(condition, thing, observation)]
    passed.sort(reverse=True)
    score = passed[condition.min_count - 1] if len(passed) >= condition.min_count else 0.0
    counted = sum(each >= condition.min_score for each in passed)
    return _make_evidence(condition, score, observation, counted, None)


def _passes(condition: PassageCondition, thing: Thing, observation: Observation) -> bool:
    if condition.line is None:
        return any(
            passage.zone == condition.zone and condition.way in {None, passage.way} for passage in thing.passages
        )
    path = sorted((each for each in observation.detections if each.thing == thing.number), key=lambda each: each.time_s)
    way = find_way_over(condition.line, [find_foot(each.box) for each in path])
    return way is not None and condition.way in {None, way}


def _count_at_once(stays: Sequence[Stay], for_s: float, window: Window) -> int:
    """How many were there together at some moment of the window, each of them for `for_s` by then."""
    spans = [(max(stay.since_s + for_s, window.start_s), min(stay.until_s, window.end_s)) for stay in stays]
    return max((sum(start <= at <= end for start, end in spans) for at, until in spans if at <= until), default=0)


def _of_label(label: str, presence: Presence) -> Iterable[Thing]:
    return (thing for thing in presence.things if thing.label == label)


def _make_evidence(
    condition: PresenceCondition, score: float, observation: Observation, count: int, for_s: float | None
) -> Evidence:
    window = observation.window
    return Evidence(
        condition.kind,
        condition.label,
        score,
        observation.caption.text,
        window.start_s,
        window.end_s,
        count=count,
        zone=condition.zone,
        for_s=for_s,
        way=condition.way if isinstance(condition, PassageCondition) else None,
    )
