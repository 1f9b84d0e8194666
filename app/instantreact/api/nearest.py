"""What somebody who wrote a name that is not known may have meant."""

from collections.abc import Collection
from difflib import get_close_matches


def suggest(written: str, known: Collection[str]) -> str:
    """A sentence with the nearest of the known names, or else with all of them."""
    nearest = get_close_matches(written.casefold(), known, n=1, cutoff=0.6)
    if nearest:
        return f"Did you mean {nearest[0]}?"
    return f"It may be: {', '.join(sorted(known))}." if known else "There is none."
