"""Every saying is there in every language, with the same places; what is tapped fits every channel."""

import string

import pytest

from instantreact.channels import catalogue
from instantreact.channels.catalogue import Saying
from instantreact.channels.moments import format_moment
from instantreact.channels.shortening import utf16_units
from instantreact.channels.words import compose_text, compose_title
from instantreact.domain.alert import AlertState
from instantreact.domain.happening import (
    AlertAnswered,
    AlertDoubted,
    CameraBack,
    CameraLost,
    ChannelFailing,
    ChannelMended,
    Digest,
    DigestItem,
    Happening,
    RuleMatched,
    TrialAlert,
)
from instantreact.domain.language import Language
from instantreact.domain.rule import Evidence, Severity
from tests.storage.factories import NOW

SAYINGS = {name: each for name, each in vars(catalogue).items() if isinstance(each, Saying)}
BUTTONS = ("ACKNOWLEDGE", "FALSE_ALARM", "OPEN", "MUTE", "RULE_FOR", "CAMERA_FOR", "ALL_FOR", "MENU_STOP")


def places(text: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("name", SAYINGS)
def test_saying_is_there_in_every_language_with_the_same_places(name: str) -> None:
    saying = SAYINGS[name]
    held = {language: places(getattr(saying, language)) for language in Language}
    said = {language: saying.say(language, **dict.fromkeys(map(str, held[language]), "x")) for language in Language}
    assert all(text.strip() for text in said.values())
    assert len(set(map(frozenset, held.values()))) == 1
    assert name == "PHOTO_OF" or len(set(said.values())) == len(Language)


@pytest.mark.parametrize("name", BUTTONS)
def test_title_of_what_is_tapped_fits_messenger(name: str) -> None:
    assert all(utf16_units(SAYINGS[name].say(language, length="15 min")) <= 20 for language in Language)


def test_dates_have_seven_days_and_twelve_months() -> None:
    for language in Language:
        assert len(SAYINGS["WEEKDAYS"].say(language).split()) == 7
        assert len(SAYINGS["MONTHS"].say(language).split()) == 12
    assert format_moment(NOW, Language.FRENCH).startswith("dim. 22 nov. 2026, ")


HEARD = Evidence("speech", "help me", 0.8, "help me", 0.0, 1.0)
HAPPENINGS: dict[Happening, tuple[str, str]] = {
    CameraLost("Porte", NOW, NOW, 60.0, 0.0, "", "UTC"): ("Porte est perdue", "n’a envoyé aucune image depuis"),
    CameraLost("Porte", NOW, NOW, 60.0, 9.0, "", "UTC"): ("Porte va et vient", "1 min 0 s n’ont pas été vus"),
    CameraBack("Porte", NOW, NOW, 60.0, 0.0, "UTC"): ("Porte est de retour", "Rien n’a été vu pendant 1 min 0 s"),
    ChannelFailing("telegram", NOW, "Why.", "UTC"): ("Telegram est en panne", "Aucune alerte ne part sur Telegram"),
    ChannelMended("telegram", NOW, "UTC"): ("Telegram fonctionne à nouveau", "il était en panne depuis"),
    AlertAnswered("Appel", AlertState.ACKNOWLEDGED, "Ana", NOW, "UTC"): (
        "Appel : prise en charge par Ana",
        "rien à faire",
    ),
    AlertAnswered("Appel", AlertState.DISMISSED, "Ana", NOW, "UTC"): (
        "Appel : fausse alerte d’après Ana",
        "Ana dit que",
    ),
    Digest(9, (DigestItem("Appel", "Porte", NOW),), "UTC"): (
        "9 alertes ont été gardées pour vous",
        "• dim. 12:00 Appel · Porte\n• et 8 autres",
    ),
    TrialAlert("Ana", "UTC"): ("Alerte d’essai", "Ana veut savoir si les alertes vous parviennent."),
    RuleMatched("Appel", "Porte", "", (HEARD,), NOW, "UTC", Severity.INFO): ("Appel", "« help me » entendu, 80 %"),
    AlertDoubted("a1", "Bagarre", "deux personnes s’enlacent", True, NOW, "UTC", Severity.WARNING): (
        "Bagarre : sans doute une fausse alerte",
        "Un second regard dit : deux personnes s’enlacent. Sans doute une fausse alerte.",
    ),
}


@pytest.mark.parametrize("happening", HAPPENINGS, ids=lambda each: each.kind)
def test_happening_is_told_in_french(happening: Happening) -> None:
    title, said = HAPPENINGS[happening]
    assert compose_title(happening, Language.FRENCH) == title
    assert said in compose_text(happening, language=Language.FRENCH)
