"""Sentences that say less, but surely."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.domain.mention import mentions
from instantreact.domain.observation import Caption, Hypothesis
from instantreact.inference.lexicon import Lexicon, Part
from instantreact.inference.phrasing import Phraser, Phrasing, Sureness, triples_of
from instantreact.inference.shortener import Shortener

SHIPPED = Path(__file__).parents[2] / "models" / "captioner" / "lexicon.toml"
LEXICON = Lexicon.model_validate(tomllib.loads(SHIPPED.read_text("utf-8")))
SHORTENER = Shortener(LEXICON)
BRAWL = "two men are fighting on the floor of a restaurant"
SAID = (
    BRAWL,
    "two men are fighting on the floor of a room",
    "two men are fighting in a room",
    "two men are fighting",
    "a man in a white shirt walks through a hallway",
    "a man walks in a room",
)
HALF = Sureness(share=1.0, prior=0.0, offset=0.0, least=0.5)


def phraser(*, plain: tuple[str, ...] = (), parts: tuple[Part, ...] = tuple(Part)) -> Phraser:
    """One that is as sure of a word as the samples are, and says what is more probable than not."""
    triples = tuple({triple for text in SAID for triple in triples_of(text)})
    sureness = dict.fromkeys(parts, HALF)
    return Phraser(Phrasing(lexicon=LEXICON, sureness=sureness, priors={}, triples=triples, plain=plain))


def samples(**shares: float) -> list[Hypothesis]:
    return [Hypothesis(text.replace("_", " "), share) for text, share in shares.items()]


def anything(text: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("text", "short"),
    [
        (BRAWL, "two men are fighting"),
        (BRAWL, "two men are fighting on the floor"),
        (BRAWL, "two men are fighting on the floor of a room"),
        (BRAWL, "two men are fighting in a room"),
        (BRAWL, "men are fighting in a room"),
        ("a man in a white shirt walks along a sidewalk", "a man walks outdoors"),
        ("a man in a white shirt walks along a sidewalk", "a man in a shirt walks along a sidewalk"),
        ("a group of people stand while a man falls", "people stand"),
        ("a group of people stand while a man falls", "people stand while a man falls"),
        ("two men fight in front of a bar at night", "two men fight at night"),
    ],
)
def test_parts_of_a_sentence_are_left_out_or_named_more_generally(text: str, short: str) -> None:
    assert short in SHORTENER.shorten(text)


@pytest.mark.parametrize(
    "text",
    ["two men fight in front of a bar", "a man in a dark jacket is lying on the floor", "somebody is in a shop", ""],
)
def test_nothing_is_left_out_that_another_word_needs(text: str) -> None:
    for short in SHORTENER.shorten(text):
        assert not short.endswith((" a", " the", " in", " of", " on"))
        assert "a is" not in short
        assert not short.endswith("in front")
        assert "in a dark is" not in short


@given(
    st.lists(
        st.sampled_from(["of", "in", "a", "the", "while", "men", "two", "fight", "room", "bar", "dark"]), max_size=12
    )
)
def test_shortenings_of_any_words_are_theirs_or_general_and_the_sentence_itself_is_the_first(words: list[str]) -> None:
    found = SHORTENER.shorten(" ".join(words))
    assert found[0] == " ".join(words)
    assert len(set(found)) == len(found)
    general = {"in", "a", "room", "outdoors"}
    assert all(set(short.split()) <= set(words) | general for short in found)


def test_a_place_that_half_the_samples_have_is_said_and_another_is_named_more_generally() -> None:
    heard = samples(two_men_are_fighting_on_the_floor_of_a_restaurant=0.9, men_are_fighting_in_a_bar=0.1)
    assert phraser().choose([Caption(BRAWL, 0.5)], heard, anything) == Caption(BRAWL, 0.5)
    heard = samples(two_men_are_fighting_in_a_restaurant=0.2, two_men_are_fighting_in_a_bar=0.8)
    assert phraser().choose([Caption(BRAWL, 0.5)], heard, anything) == Caption("two men are fighting in a room", 0.5)


def test_nothing_general_is_said_twice() -> None:
    text = "two men are fighting in a bar while a man stands in a shop"
    heard = samples(two_men_are_fighting_in_a_room_while_a_man_stands_in_a_room=1.0)
    triples = tuple(
        {
            *triples_of("two men are fighting in a room while a man stands in a room"),
            *triples_of("two men are fighting in a room while a man stands"),
        }
    )
    sureness = dict.fromkeys(Part, HALF)
    found = Phraser(Phrasing(lexicon=LEXICON, sureness=sureness, priors={}, triples=triples))
    assert (
        found.choose([Caption(text, 0.5)], heard, anything).text == "two men are fighting in a room while a man stands"
    )


def test_what_may_not_be_left_out_stays() -> None:
    heard = samples(two_men_are_fighting=1.0)
    assert phraser(parts=(Part.LOOK,)).choose([Caption(BRAWL, 0.5)], heard, anything).text == BRAWL
    assert phraser().choose([Caption(BRAWL, 0.5)], heard, anything).text == "two men are fighting"


def test_a_sentence_that_people_would_not_say_gives_way_to_the_next_one() -> None:
    odd = Caption("two men someone on the floor of a room", 0.9)
    heard = samples(two_men_are_fighting_in_a_room=1.0)
    assert phraser().choose([odd, Caption("two men are fighting in a room", 0.1)], heard, anything).score == 0.1


def test_of_odd_sentences_what_is_left_reads_well() -> None:
    odd = Caption("two men are fighting in a room with several shelves", 0.9)
    heard = samples(two_men_are_fighting_in_a_room=1.0)
    assert phraser().choose([odd], heard, anything).text == "two men are fighting in a room"


def test_without_any_that_reads_well_people_s_own_words_are_said_and_without_those_the_nearest() -> None:
    worse, odd = Caption("room two someone are men fighting", 0.9), Caption("men fighting fighting", 0.3)
    heard = samples(men_fight=1.0)
    assert phraser(plain=("a man walks", "two men are fighting")).choose(
        [worse, odd], heard, lambda text: mentions(text, ["fight"]) is not None
    ) == Caption("two men are fighting", 0.3)
    assert phraser().choose([worse, odd], heard, anything) == odd


def test_what_a_sentence_is_chosen_for_is_not_left_out() -> None:
    def walks(text: str) -> bool:
        return mentions(text, ["hallway"]) is not None

    heard = samples(a_man_walks_in_a_room=1.0)
    captions = [Caption("two men are fighting", 0.9), Caption("a man in a white shirt walks through a hallway", 0.2)]
    assert "hallway" in phraser().choose(captions, heard, walks).text
    assert phraser().choose(captions[:1], heard, walks).text == "two men are fighting"
