from datetime import timedelta

import pytest

from instantreact.pipeline.commands import Command, CommandKind, find_meant, read_command

MINUTES, HOUR = timedelta(minutes=15), timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("status", Command(CommandKind.STATUS)),
        (" /STATUS@alerts_bot ", Command(CommandKind.STATUS)),
        ("État ?", Command(CommandKind.STATUS)),
        ("last.", Command(CommandKind.LAST)),
        ("?", Command(CommandKind.HELP)),
        ("Ok!", Command(CommandKind.ACKNOWLEDGE)),
        ("False   Alarm", Command(CommandKind.DISMISS)),
        ("fausse alerte", Command(CommandKind.DISMISS)),
        ("photo", Command(CommandKind.PHOTO)),
        ("Photo Entrée  Nord", Command(CommandKind.PHOTO, "entree nord")),
        ("mute", Command(CommandKind.MUTE)),
        ("mute 1h", Command(CommandKind.MUTE, "", HOUR)),
        ("Mute front door for 15 minutes", Command(CommandKind.MUTE, "front door", MINUTES)),
        ("mute door 2 8h", Command(CommandKind.MUTE, "door 2", 8 * HOUR)),
        ("silence porte pendant 1 heure", Command(CommandKind.MUTE, "porte", HOUR)),
        ("mute door 2", Command(CommandKind.MUTE, "door 2")),
        ("fin silence", Command(CommandKind.UNMUTE)),
        ("unmute front door", Command(CommandKind.UNMUTE, "front door")),
        ("arrêt", Command(CommandKind.STOP)),
        ("photograph", None),
        ("what is the status", None),
        ("", None),
        ("\N{ZERO WIDTH SPACE}", None),
    ],
)
def test_words_are_read_as_commands_however_they_are_written(text: str, command: Command | None) -> None:
    assert read_command(text) == command


NAMES = {"a1": "Front door", "b2": "Back door", "c3": "Entrée", "d4": "Till"}


@pytest.mark.parametrize(
    ("wanted", "meant", "near"),
    [
        ("front door", "a1", ()),
        ("front", "a1", ()),
        ("entree", "c3", ()),
        ("b2", "b2", ()),
        ("door", None, ("a1", "b2")),
        ("frnt dor", None, ("a1",)),
        ("garage", None, ()),
    ],
)
def test_name_is_found_by_a_part_of_it_and_near_misses_are_told(
    wanted: str, meant: str | None, near: tuple[str, ...]
) -> None:
    assert find_meant(wanted, NAMES) == (meant, near)
