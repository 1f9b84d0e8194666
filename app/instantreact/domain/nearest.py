"""What somebody who wrote names that are not known may have meant."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches


def find_nearest(written: str, known: Collection[str]) -> str | None:
    """The known name that is spelt most like it, whatever its case; None where none is at all."""
    folded = {name.casefold(): name for name in known}
    nearest = get_close_matches(written.casefold(), folded, n=1)
    return folded[nearest[0]] if nearest else None


def ask_meant(names: Iterable[str | None]) -> str:
    """A question to put behind a sentence, with what was perhaps meant; empty where nothing was."""
    meant = [name for name in dict.fromkeys(names) if name]
    return f" Did you mean {' or '.join(meant)}?" if meant else ""
