from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.messenger.channel import MESSAGE_UNITS
from instantreact.channels.shortening import shorten, utf16_units
from instantreact.channels.words import compose_text
from instantreact.domain.happening import AlertDoubted, RuleMatched
from instantreact.domain.language import Language
from instantreact.domain.rule import Evidence, Severity
from instantreact.domain.second_look import LookMode, LookState, SecondLook

CAPTION = "a man punches another man near a car"
NOON = datetime(2026, 11, 22, 12, 2, 11, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(), max_size=2000)  # with halves of surrogate pairs and control characters


def make_happening(**changes: object) -> RuleMatched:
    known = {
        "rule": "Fight in the yard",
        "place": "Front door",
        "caption": CAPTION,
        "evidence": (Evidence("concept", "fight", 0.914, CAPTION, 0, 2),),
        "occurred_at": NOON,
        "time_zone": "UTC",
        "severity": Severity.CRITICAL,
    }
    return RuleMatched(**{**known, **changes})  # type: ignore[arg-type]


def make_evidence(kind: str, what: str, score: float, quote: str) -> tuple[Evidence, ...]:
    return (Evidence(kind, what, score, quote, 0.0, 2.0),)


def test_compose_text_says_what_where_when_and_why_for_a_match() -> None:
    assert compose_text(make_happening()).splitlines() == [
        "🚨 Fight in the yard · Front door",
        "Sun 22 Nov 2026, 12:02:11 UTC",
        CAPTION,
        "• fight, 91 %",
    ]


@pytest.mark.parametrize(
    ("kind", "what", "quote", "line"),
    [
        ("speech", "help me", "please help me", "• “please help me” heard, 80 %"),
        ("speech", "help me", "", "• “help me” heard, 80 %"),
        ("zone", "till", CAPTION, "• movement in till, 80 %"),
        ("caption", "punch", "two men punch", "• punch (“two men punch”), 80 %"),
        ("caption", "punch", CAPTION, "• punch, 80 %"),
        ("meaning", "call_police", "send the police", "• call_police (“send the police”), 80 %"),
    ],
)
def test_compose_text_quotes_the_words_when_the_caption_does_not_show_them(
    kind: str, what: str, quote: str, line: str
) -> None:
    text = compose_text(make_happening(evidence=make_evidence(kind, what, 0.8, quote)))
    assert text.splitlines()[3:] == [line]


def test_compose_text_counts_the_rest_when_there_are_many_reasons() -> None:
    evidence = make_evidence("zone", "till", 1.0, "") * 5
    assert compose_text(make_happening(evidence=evidence)).splitlines()[-1] == "• and 2 more"


def test_compose_text_keeps_its_lines_when_a_name_holds_line_breaks() -> None:
    text = compose_text(make_happening(rule="Fight\n\nACK all", caption=""))
    assert text.splitlines()[0] == "🚨 Fight ACK all · Front door"
    assert len(text.splitlines()) == 3


@pytest.mark.parametrize("state", LookState)
def test_compose_text_says_what_a_second_look_came_to_and_shows_its_sentence(state: LookState) -> None:
    look = SecondLook(LookMode.BEFORE, NOON, state=state, sentence="two people are hugging")
    lines = compose_text(make_happening(second_look=look)).splitlines()
    assert lines[2] == "two people are hugging"
    assert lines[3].startswith("Second look: ")
    assert "(“" in lines[4]  # the caption is quoted, which is not shown otherwise
    unsaid = SecondLook(LookMode.AFTER, NOON)
    assert compose_text(make_happening(second_look=unsaid)) == compose_text(make_happening())


@given(ANY_TEXT, ANY_TEXT, st.booleans(), st.sampled_from(Language))
def test_doubt_about_an_alert_fits_a_message(title: str, sentence: str, rejected: bool, language: Language) -> None:
    doubted = AlertDoubted("a1", title, sentence, rejected, NOON, "UTC", Severity.CRITICAL)
    assert utf16_units(compose_text(doubted, language=language)) <= MESSAGE_UNITS


LOOKS = st.none() | st.builds(
    SecondLook,
    st.just(LookMode.BEFORE),
    st.just(NOON),
    state=st.sampled_from(LookState),
    sentence=st.none() | ANY_TEXT,
)


@given(
    rule=ANY_TEXT,
    place=ANY_TEXT,
    caption=ANY_TEXT,
    what=ANY_TEXT,
    quote=ANY_TEXT,
    count=st.integers(0, 9),
    look=LOOKS,
)
def test_compose_text_fits_a_message_and_keeps_every_reason_for_any_words(
    rule: str, place: str, caption: str, what: str, quote: str, count: int, look: SecondLook | None
) -> None:
    evidence = make_evidence("caption", what, 0.999, quote) * count
    text = compose_text(
        make_happening(rule=rule, place=place, caption=caption, evidence=evidence, second_look=look),
        language=Language.FRENCH,
    )
    assert utf16_units(text) <= MESSAGE_UNITS
    assert text.count("• ") >= min(count, 3)
    text.encode()


@pytest.mark.parametrize("word", ["x", "🔥", "word "])
def test_compose_text_fits_a_message_when_every_piece_is_as_long_as_can_be(word: str) -> None:
    long = word * 1000
    evidence = make_evidence("caption", long, 1.0, long + "y") * 100
    text = compose_text(make_happening(rule=long, place=long, caption=long, evidence=evidence))
    assert 600 < utf16_units(text) <= MESSAGE_UNITS


@given(text=ANY_TEXT, limit=st.integers(2, 700))
def test_shorten_stays_within_its_limit_and_ends_in_an_ellipsis_when_it_cuts(text: str, limit: int) -> None:
    short, whole = shorten(text, limit), shorten(text, 10_000)
    assert utf16_units(short) <= limit
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))
    short.encode()


@pytest.mark.parametrize(
    ("text", "limit", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two…"),
        ("one two three", 8, "one two…"),
        ("one two three", 7, "one…"),
        ("one\ntwo three", 8, "one\ntwo…"),
        ("abcdefgh", 5, "abcd…"),
        ("🔥🔥🔥", 5, "🔥🔥…"),
        ("🔥🔥🔥", 4, "🔥…"),
        ("a\x00b\x1b[31m\ud800", 40, "a b [31m\ufffd"),
        ("  spaced   out \r\n\r\n text ", 40, "spaced out\ntext"),
    ],
)
def test_shorten_cuts_between_words_when_the_text_is_too_long(text: str, limit: int, short: str) -> None:
    assert shorten(text, limit) == short


def test_utf16_units_counts_two_for_an_emoji() -> None:
    assert utf16_units("a🔥é") == 4
