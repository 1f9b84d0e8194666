"""What somebody who wrote a name that is not known may have meant."""

from collections.abc import Collection

from instantreact.domain.nearest import ask_meant, find_nearest


def suggest(written: str, known: Collection[str]) -> str:
    """A sentence with the nearest of the known names, or else with all of them."""
    question = ask_meant([find_nearest(written, known)]).lstrip()
    if question:
        return question
    return f"It may be: {', '.join(sorted(known))}." if known else "There is none."
