"""Text as channels bear it: printable, and no longer than they take. Pure."""

from itertools import accumulate, takewhile


def shorten(text: str, limit: int) -> str:
    """The text in printable Unicode, cut between words and ended with `…` so that it is at most `limit` units long.

    White space becomes single spaces, but line breaks stay. A first word that is too long is cut within.
    """
    whole = clean(text)
    if utf16_units(whole) <= limit:
        return whole
    end = _index_of_unit(whole, limit - 1)
    kept = whole[:end]
    at_space = max(kept.rfind(" "), kept.rfind("\n"))
    if at_space > 0 and not whole[end].isspace():
        kept = kept[:at_space]
    return kept.rstrip() + "…"


def utf16_units(text: str) -> int:
    """The length that Messenger and Telegram count: letters outside the basic plane, emoji among them, count two."""
    return len(text) + sum(letter > "\uffff" for letter in text)


def clean(text: str) -> str:
    """Without control characters and halves of surrogate pairs, which neither JSON over HTTP nor a terminal bears."""
    lines = ("".join(_printable(letter) for letter in line) for line in text.splitlines())
    return "\n".join(kept for line in lines if (kept := " ".join(line.split())))


def _printable(letter: str) -> str:
    if "\ud800" <= letter <= "\udfff":
        return "\ufffd"
    return " " if letter < " " or "\x7f" <= letter <= "\x9f" else letter


def _index_of_unit(text: str, unit: int) -> int:
    """How many whole letters the first `unit` units hold, of a text that is longer."""
    ends = accumulate(2 if letter > "\uffff" else 1 for letter in text)
    return sum(1 for _ in takewhile(lambda end: end <= unit, ends))
