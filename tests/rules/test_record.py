import pytest

from instantreact.domain.rule import (
    CaptionCondition,
    ConceptCondition,
    Criteria,
    Evidence,
    MeaningCondition,
    MeaningKind,
    SpeechCondition,
    ZoneCondition,
)
from instantreact.rules.record import Answered, Proposal, is_mostly_wrong, propose

FIGHT = Criteria((ConceptCondition("fight", 0.5),))


def answered(score: float, *, is_false: bool, kind: str = "concept", what: str = "fight") -> Answered:
    return Answered((Evidence(kind, what, score, "", 0.0, 2.0),), is_false)


@pytest.mark.parametrize(
    ("acknowledged", "dismissed", "wrong"), [(0, 4, False), (0, 5, True), (3, 3, False), (3, 4, True), (40, 9, False)]
)
def test_rule_is_mostly_wrong_when_most_of_enough_answers_say_so(
    acknowledged: int, dismissed: int, wrong: bool
) -> None:
    assert is_mostly_wrong(acknowledged, dismissed) is wrong


def test_proposal_spares_the_false_alarms_and_keeps_the_others() -> None:
    scores = [answered(score, is_false=True) for score in (0.52, 0.55, 0.6)] + [answered(0.8, is_false=False)]
    assert propose(FIGHT, scores) == Proposal(0, 0.61, spared=3, lost=0)


def test_proposal_loses_a_right_one_only_for_more_than_two_false_ones() -> None:
    two = [answered(0.55, is_false=False), answered(0.6, is_false=True), answered(0.6, is_false=True)]
    assert propose(FIGHT, two) is None
    assert propose(FIGHT, [*two, answered(0.6, is_false=True)]) == Proposal(0, 0.61, spared=3, lost=1)


def test_there_is_no_proposal_where_right_and_wrong_look_the_same() -> None:
    assert propose(FIGHT, [answered(0.9, is_false=False), answered(0.9, is_false=True)]) is None
    assert propose(FIGHT, []) is None


@pytest.mark.parametrize(
    ("criteria", "kind", "what"),
    [
        (Criteria((CaptionCondition(("fight", "brawl")),)), "caption", "brawl"),
        (Criteria((ZoneCondition("till"),)), "zone", "till"),
        (Criteria((MeaningCondition(MeaningKind.INTENT, "threat"),)), "meaning", "Threat = knife"),
    ],
)
def test_proposal_knows_which_condition_an_evidence_belongs_to(criteria: Criteria, kind: str, what: str) -> None:
    proposal = propose(criteria, [answered(0.8, is_false=True, kind=kind, what=what)])
    assert proposal is not None
    assert proposal.needed == 0.81


def test_there_is_no_threshold_for_words() -> None:
    spoken = Criteria((SpeechCondition(("help",)),))
    assert propose(spoken, [answered(0.8, is_false=True, kind="speech", what="help")]) is None
