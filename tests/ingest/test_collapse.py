"""Windows that say the same become one event."""

from dataclasses import replace

import pytest

from instantreact.domain.media import Window
from instantreact.domain.observation import Caption, Observation
from instantreact.ingest.filing import Growing, Sense, continues, find_sense, is_same_sense


def make_observation(text: str, *, start_s: float = 0.0, **concepts: float) -> Observation:
    return Observation(Window(0, start_s, start_s + 2.0), Caption(text, 0.5), (), concepts)


def sense_of(text: str, *rule_ids: str, **concepts: float) -> Sense:
    return find_sense(make_observation(text, **concepts), frozenset(rule_ids))


FIGHT = sense_of("two men are fighting in a bar", "r1", fight=0.9, fall=0.1)


@pytest.mark.parametrize(
    ("new", "same"),
    [
        (sense_of("people push each other", "r1", fight=0.6, fall=0.2), True),
        (sense_of("two men are fighting in a bar", fight=0.9), True),
        (sense_of("two men are fighting in a bar", "r1", "r2", fight=0.9), False),
        (sense_of("a man lies on the floor", "r1", fight=0.6, fall=0.8), False),
        (sense_of("a man walks", fight=0.1), False),
    ],
)
def test_is_same_sense_follows_rules_and_concepts(new: Sense, same: bool) -> None:
    assert is_same_sense(FIGHT, new) is same


def test_is_same_sense_compares_captions_where_no_concept_is_likely() -> None:
    walking = sense_of("a man walks through the corridor")
    assert is_same_sense(walking, sense_of("the man is walking in a corridor"))
    assert not is_same_sense(walking, sense_of("a car stops at the gate"))


def test_continues_needs_the_same_connection_no_pause_and_an_end() -> None:
    growing = Growing("e1", "c1", FIGHT, start_s=10.0, end_s=20.0)

    def goes_on(start_s: float, connection: str = "c1") -> bool:
        return continues(growing, connection, make_observation("they fight", start_s=start_s, fight=0.9), FIGHT)

    assert goes_on(19.0)
    assert goes_on(20.0)
    assert not goes_on(20.5)
    assert not goes_on(19.0, connection="c2")
    assert not continues(None, "c1", make_observation("they fight"), FIGHT)
    late = replace(growing, end_s=69.0)
    assert not continues(late, "c1", make_observation("they fight", start_s=68.5, fight=0.9), FIGHT)
