"""In which languages we speak to people."""

from enum import StrEnum


class Language(StrEnum):
    """Known by its ISO 639 code."""

    ENGLISH = "en"
    FRENCH = "fr"


def find_language(tag: object) -> Language | None:
    """The language that a channel tells of somebody, such as `fr`, `fr-CA` or `fr_FR`; None for those not spoken."""
    code = tag.replace("_", "-").partition("-")[0].lower() if isinstance(tag, str) else ""
    return Language(code) if code in set(Language) else None
