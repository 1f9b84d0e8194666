"""What captions say that nobody saw, by the part of the picture that they say it of."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.inference.lexicon import MOST_PEOPLE, Lexicon, Part
from instantreact.training.metrics.wording import measure_wording

SHIPPED = Path(__file__).parents[2] / "models" / "captioner" / "lexicon.toml"
LEXICON = Lexicon.model_validate(tomllib.loads(SHIPPED.read_text("utf-8")))
SEEN = ("two men are fighting in a restaurant", "two people wrestle on the floor of a bar")


@pytest.mark.parametrize(
    ("sentence", "people"),
    [
        ("a man walks", 1),
        ("a man hits another man", 2),
        ("two men are fighting", 2),
        ("several people are fighting while others watch", 4),
        ("a group of men push each other", 3),
        ("people sit in a bus", 2),
        ("an empty bus", 0),
        ("nobody is in the room", 0),
        ("an empty bus with a man at the door", 1),
        ("a car drives through a yard", 0),
    ],
)
def test_people_of_a_sentence_are_counted(sentence: str, people: int) -> None:
    assert LEXICON.count_people(sentence) == people


def test_words_of_a_sentence_are_told_by_what_they_say() -> None:
    assert LEXICON.parts("Two men in white shirts are fighting beside the tables of a restaurant at night.") == [
        (Part.NUMBER, "two"),
        (Part.WHO, "men"),
        (Part.LOOK, "white"),
        (Part.LOOK, "shirt"),
        (Part.ACTION, "fight"),
        (Part.OBJECT, "tabl"),
        (Part.PLACE, "restaur"),
        (Part.PLACE, "night"),
    ]


def test_a_general_word_is_borne_out_by_a_special_one_and_not_the_other_way_round() -> None:
    found = measure_wording(["two men are fighting in a room", "two men are fighting in a shop"], [SEEN, SEEN], LEXICON)
    place = found.parts[Part.PLACE]
    assert (place.spoken, place.right, place.wrong, place.unheard) == (1.0, 0.5, 0.5, 1.0)
    assert found.parts[Part.ACTION].wrong == 0
    assert Part.OBJECT not in found.parts
    assert (found.people_within_one, found.different) == (1.0, 2)


def test_captions_that_count_too_many_are_told() -> None:
    assert measure_wording(["several men fight while others watch"], [SEEN], LEXICON).people_within_one == 0
    assert measure_wording(["three men fight"], [SEEN], LEXICON).people_within_one == 1


def test_nothing_can_be_measured_of_no_captions() -> None:
    with pytest.raises(ValueError, match="no captions"):
        measure_wording([], [], LEXICON)


words = st.sampled_from(
    ["a", "two", "several", "man", "men", "people", "empty", "room", "fighting", "no", "white", "of"]
)


@given(st.lists(words, max_size=12))
def test_whatever_is_said_is_counted_and_borne_out_by_itself(said: list[str]) -> None:
    sentence = " ".join(said)
    assert 0 <= LEXICON.count_people(sentence) <= MOST_PEOPLE
    found = measure_wording([sentence], [[sentence]], LEXICON)
    assert found.people_within_one == 1
    assert all(scores.wrong == 0 and scores.right == 1 for scores in found.parts.values())
