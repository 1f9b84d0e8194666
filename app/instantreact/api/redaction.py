"""Camera addresses as they may be shown."""

from instantreact.errors import InvalidInput
from instantreact.logs import redact

HIDDEN = "***"


def redact_source(source: str) -> str:
    """The address with *** where its user, password or token stands."""
    return redact(source)


def restore_source(given: str, stored: str) -> str:
    """The address that `given` means: the stored one if `given` is what we show for it.

    Raises InvalidInput for another address that holds *** as well: its secret is not known here.
    """
    if given == redact_source(stored):
        return stored
    if HIDDEN in given:
        raise InvalidInput(f"The source holds {HIDDEN} in place of its user and password: write it in full.")
    return given
