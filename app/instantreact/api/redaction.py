"""Camera addresses as they may be shown, and as they are meant by those who were shown them."""

from dataclasses import dataclass, replace

from instantreact.addresses import HIDDEN, show_address
from instantreact.errors import InvalidInput
from instantreact.media.source import Source, address_of, format_source, parse_source


def redact_source(source: str) -> str:
    """The address as it may be shown."""
    return show_address(source)


def restore_source(given: str, stored: str) -> str:
    """The address that `given` means: the stored one if `given` is what we show for it.

    Raises InvalidInput for another address that holds *** as well: its secret is not known here.
    """
    if given == redact_source(stored):
        return stored
    if HIDDEN in given:
        raise _hidden()
    return given


@dataclass(frozen=True)
class Login:
    """User name and password as they are said beside a source; None where nothing is said."""

    username: str | None = None
    password: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether both are said, or neither: nothing of what is stored is needed then."""
        return (self.username is None) == (self.password is None)

    def __repr__(self) -> str:
        return "Login(***)"


def complete_source(given: str, login: Login, stored: str) -> str:
    """The address that `given` means, as `restore_source` takes it, with this user name and password.

    What `login` does not say comes from `given` or, for the same address and the same user only, from the stored one:
    a password goes nowhere else and to nobody else. Raises InvalidInput where that leaves something unsaid.
    """
    if login == Login():
        return restore_source(given, stored)
    known = parse_source(stored) if stored else None
    is_shown = stored and given == redact_source(stored)
    source = parse_source(stored if is_shown else given)
    if not source.host:
        raise InvalidInput("A source of this kind takes no user name and no password.")
    if not is_shown and _still_hides(source, login):
        raise _hidden()
    if source.username is None and known and address_of(known) == address_of(source):
        source = replace(source, username=known.username, password=known.password)
    username = login.username or source.username
    if username is None:
        raise InvalidInput("A password needs the user name beside it.")
    password = login.password if login.password is not None else _password_of(username, source, known)
    return format_source(replace(source, username=username, password=password))


def _password_of(username: str, source: Source, known: Source | None) -> str | None:
    if source.username == username:
        return source.password
    if source.password is not None or (known and known.password is not None):
        raise InvalidInput(
            "No password of this user name at this address is known: write the password, too, or an empty one."
        )
    return None


def _still_hides(source: Source, login: Login) -> bool:
    username = source.username if login.username is None else None
    password = source.password if login.password is None else None
    return any(HIDDEN in (part or "") for part in (source.path, username, password))


def _hidden() -> InvalidInput:
    return InvalidInput(f"The source holds {HIDDEN} in place of what is hidden: write it in full.")
