import pytest

from instantreact.domain.capabilities import Capabilities, LoadedBundle
from instantreact.domain.rule import AbsenceCondition, CaptionCondition, ConceptCondition, Criteria, ObjectCondition

CAPTIONER = LoadedBundle("captioner", "0.2.0", {"fight": ("punch", "brawl"), "fire": ("smoke",)}, 1)
CAN = Capabilities((CAPTIONER,))


def asking_for(*concepts: str) -> Criteria:
    return Criteria((CaptionCondition(("till",)), *(ConceptCondition(concept) for concept in concepts)))


def test_unknown_concepts_are_found_by_their_place_in_the_rule() -> None:
    assert CAN.unknown_concepts(asking_for("fight", "theft", "fire", "fall")) == {2: "theft", 4: "fall"}


def test_nothing_is_unknown_where_no_bundle_is_loaded() -> None:
    assert Capabilities().unknown_concepts(asking_for("theft")) == {}
    assert Capabilities().describe_lack([asking_for("theft")]) is None


def test_two_bundles_know_what_one_of_them_knows() -> None:
    thieves = LoadedBundle("thieves", "1.0.0", {"theft": ("steals",)}, 1)
    both = Capabilities((CAPTIONER, thieves))

    assert both.unknown_concepts(asking_for("fight", "theft")) == {}
    assert both.offer(["x"]) == "fight, fire, theft (captioner 0.2.0, thieves 1.0.0)."


@pytest.mark.parametrize(
    ("asked", "meant"),
    [("fihgt", "fight"), ("FIRE", "fire"), ("punching", "fight"), ("a brawl", "fight"), ("smoke", "fire")],
)
def test_offer_asks_whether_the_nearest_was_meant(asked: str, meant: str) -> None:
    assert CAN.offer([asked]) == f"fight, fire (captioner 0.2.0). Did you mean {meant}?"


def test_offer_guesses_nothing_that_is_far_away() -> None:
    assert CAN.offer(["earthquake"]) == "fight, fire (captioner 0.2.0)."


def test_describe_lack_names_what_rules_ask_for_in_vain() -> None:
    lack = CAN.describe_lack([asking_for("fight"), asking_for("theft", "fall"), asking_for("theft")])

    assert lack == (
        "No loaded bundle knows fall, theft: conditions on it never hold. Known are fight, fire (captioner 0.2.0)."
    )
    assert CAN.describe_lack([asking_for("fight")]) is None


def test_labels_that_nobody_looks_for_are_found_and_the_nearest_is_offered() -> None:
    detector = LoadedBundle("yolox_nano", "1", {}, 0, ("person", "knife"))
    asked = Criteria((CaptionCondition(("till",)), ObjectCondition("persn"), ObjectCondition("knife")))
    assert CAN.unknown_labels(asked) == {}
    assert "no detector is loaded" in (CAN.describe_lack([asked]) or "")
    both = Capabilities((CAPTIONER, detector))
    assert both.unknown_labels(asked) == {1: "persn"}
    assert "person, knife (yolox_nano 1" in both.offer_labels(["persn"])
    assert both.offer_labels(["persn"]).endswith("Did you mean person?")
    assert both.describe_difference() is None


def test_conditions_on_less_than_is_told_are_found_but_for_absence() -> None:
    strict = Capabilities((CAPTIONER, LoadedBundle("yolox_nano", "1", {}, 0, ("person",), 0.9)))
    weak, absent = ObjectCondition("person", min_score=0.5), AbsenceCondition("person", 60.0)
    assert "from a score of 0.9 on" in (strict.describe_untold(Criteria((absent, weak))) or "")
    assert strict.describe_untold(Criteria((absent, ObjectCondition("person", min_score=0.9)))) is None
    assert CAN.describe_untold(Criteria((weak,))) is None
