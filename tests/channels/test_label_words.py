"""How many of what there are, in words, in both languages."""

import json
from dataclasses import replace

import pytest

from instantreact.channels.label_words import LABEL_NAMES, tell_count, tell_counts
from instantreact.channels.words import compose_text
from instantreact.domain.happening import RuleMatched
from instantreact.domain.language import Language
from instantreact.domain.observation import Way
from instantreact.domain.rule import Evidence, Severity
from instantreact.model_wiring import SHIPPED_DETECTOR
from tests.storage.factories import NOW

COCO_LABELS = json.loads((SHIPPED_DETECTOR / "model.json").read_text())["labels"]
EN, FR = Language.ENGLISH, Language.FRENCH
CAPTION = "two men stand at a counter"
TWO = Evidence("object", "person", 0.83, CAPTION, 0.0, 4.0, count=2, zone="till", for_s=10.0)


def tell(evidence: Evidence, language: Language, **things: int) -> list[str]:
    matched = RuleMatched("Two", "Shop", CAPTION, (evidence,), NOW, "UTC", Severity.WARNING, things=things)
    return compose_text(matched, language=language).splitlines()[3:]


def test_every_label_of_coco_has_its_names() -> None:
    assert set(LABEL_NAMES) == set(COCO_LABELS)
    for label in COCO_LABELS:
        for language in Language:
            assert all("×" not in tell_count(label, count, language) for count in (0, 1, 2))


@pytest.mark.parametrize(
    ("language", "said"),
    [(EN, ["2 people", "1 knife", "no car", "3 buses"]), (FR, ["2 personnes", "1 couteau", "aucune voiture", "3 bus"])],
)
def test_counts_have_their_plurals(language: Language, said: list[str]) -> None:
    counted = [("person", 2), ("knife", 1), ("car", 0), ("bus", 3)]
    assert [tell_count(label, count, language) for label, count in counted] == said


def test_counts_are_told_together_the_most_first_and_unknown_labels_as_they_are() -> None:
    assert tell_counts({"knife": 1, "person": 2, "forklift": 1}, EN) == "2 people, 1 × forklift, 1 knife"


def test_alert_says_what_is_there_beside_what_its_rule_counts() -> None:
    assert tell(TWO, EN, person=2, knife=1) == ["1 knife", "• 2 people in till for 10 s, 83 %"]
    assert tell(TWO, FR, person=2, knife=1) == ["1 couteau", "• 2 personnes dans till depuis 10 s, 83 %"]
    caption = replace(TWO, kind="concept", what="fight", count=None, zone=None, for_s=None)
    assert tell(caption, EN, person=2, knife=1) == ["2 people, 1 knife", "• fight, 83 %"]


def test_alert_says_who_is_missing_and_who_passed() -> None:
    nobody = Evidence("absence", "person", 1.0, CAPTION, 0.0, 4.0, count=0, zone="desk", for_s=600.0)
    assert tell(nobody, EN) == ["• no person in desk for 10 min"]
    assert tell(nobody, FR) == ["• aucune personne dans desk depuis 10 min"]
    came = Evidence("passage", "person", 0.8, CAPTION, 0.0, 4.0, count=1, zone="till", way=Way.ENTER)
    assert tell(came, EN) == ["• 1 person into till, 80 %"]
    over = replace(came, zone=None, way=None)
    assert tell(over, FR) == ["• 1 personne au-delà de la ligne, 80 %"]
