import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.concepts import FIRST_CONCEPTS
from instantreact.domain.observation import Hypothesis, Observation
from instantreact.domain.rule import CaptionCondition, Combine, ConceptCondition, Condition, Criteria, ZoneCondition
from instantreact.rules.match import match
from tests.observations import make_observation

SENTENCES = st.sampled_from(
    ["two men are fighting near the counter", "a man walks past", "a woman falls down", "smoke fills the room"]
)
SHARES = st.floats(0.0, 1.0)
CONDITIONS = st.one_of(
    st.builds(CaptionCondition, st.lists(SENTENCES, min_size=1, max_size=3).map(tuple), SHARES),
    st.builds(ConceptCondition, st.sampled_from(sorted(FIRST_CONCEPTS)), SHARES),
    st.builds(ZoneCondition, st.sampled_from(["door", "till"]), SHARES),
)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    weights = draw(st.lists(st.floats(0.01, 1.0), min_size=1, max_size=5))
    hypotheses = tuple(Hypothesis(draw(SENTENCES), weight / sum(weights)) for weight in weights)
    return make_observation(
        hypotheses[0].text,
        hypotheses=hypotheses,
        concepts=draw(st.dictionaries(st.sampled_from(sorted(FIRST_CONCEPTS)), SHARES)),
        zones=draw(st.dictionaries(st.sampled_from(["door", "till"]), SHARES)),
    )


def test_match_quotes_the_caption_when_a_word_is_mentioned_in_another_form() -> None:
    criteria = Criteria((CaptionCondition(("fights",)),))
    (evidence,) = match(criteria, make_observation("two men are fighting near the counter")) or ()
    assert (evidence.what, evidence.quote) == ("fights", "two men are fighting near the counter")


def test_match_is_none_when_the_phrase_stands_apart() -> None:
    criteria = Criteria((CaptionCondition(("men near",)),))
    assert match(criteria, make_observation("two men are fighting near the counter")) is None


def test_match_quotes_the_hypothesis_that_mentions_the_word_when_the_caption_does_not() -> None:
    hypotheses = (Hypothesis("people stand around", 0.4), Hypothesis("two men fight", 0.6))
    observation = make_observation("people stand around", hypotheses=hypotheses)
    (evidence,) = match(Criteria((CaptionCondition(("fight",), 0.5),)), observation) or ()
    assert evidence.quote == "two men fight"
    assert evidence.score == 0.6


def test_match_takes_the_bundles_score_of_a_concept_over_the_hypotheses() -> None:
    observation = make_observation("a man walks past", concepts={"fight": 0.9})
    (evidence,) = match(Criteria((ConceptCondition("fight", 0.8),)), observation) or ()
    assert evidence.score == 0.9


def test_match_sums_the_hypotheses_when_there_is_no_concept_head() -> None:
    hypotheses = (Hypothesis("two men punch each other", 0.3), Hypothesis("a brawl", 0.3), Hypothesis("a man", 0.4))
    observation = make_observation(hypotheses=hypotheses)
    assert match(Criteria((ConceptCondition("fight", 0.59),)), observation) is not None
    assert match(Criteria((ConceptCondition("fight", 0.61),)), observation) is None


@pytest.mark.parametrize("min_score", [0.0, 0.5])
def test_match_holds_no_concept_that_the_bundle_does_not_know(min_score: float) -> None:
    observation = make_observation("a man commits a theft", concepts={"fight": 0.9})
    theft, fight = ConceptCondition("theft", min_score), ConceptCondition("fight", 0.5)
    assert match(Criteria((theft,)), observation) is None
    assert match(Criteria((theft, fight)), observation) is None
    (evidence,) = match(Criteria((theft, fight), Combine.ANY), observation) or ()
    assert evidence.what == "fight"


def test_match_is_none_when_there_are_no_conditions() -> None:
    assert match(Criteria(()), make_observation()) is None


@given(st.lists(CONDITIONS, min_size=1, max_size=4).map(tuple), observations())
def test_match_of_all_implies_match_of_any_when_conditions_are_the_same(
    conditions: tuple[Condition, ...], observation: Observation
) -> None:
    if match(Criteria(conditions, Combine.ALL), observation) is not None:
        held = match(Criteria(conditions, Combine.ANY), observation)
        assert held is not None
        assert len(held) == len(conditions)


@given(CONDITIONS, observations())
def test_match_scores_lie_between_the_minimum_and_one_when_a_condition_holds(
    condition: Condition, observation: Observation
) -> None:
    for evidence in match(Criteria((condition,)), observation) or ():
        minimum = condition.min_share if isinstance(condition, ZoneCondition) else getattr(condition, "min_score", 0.0)
        assert minimum <= evidence.score <= 1.0


@given(st.floats(0, 1), st.floats(0, 1), observations())
def test_match_never_gains_from_a_higher_minimum_score(low: float, high: float, observation: Observation) -> None:
    low, high = sorted((low, high))
    if match(Criteria((ConceptCondition("fight", high),)), observation):
        assert match(Criteria((ConceptCondition("fight", low),)), observation)
