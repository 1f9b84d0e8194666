"""Camera addresses as they may be shown, and as they are meant by those who were shown them."""

from instantreact.addresses import HIDDEN, NO_LOGIN, Login, holds_at_in_query, show_address, split_login
from instantreact.errors import InvalidInput
from instantreact.media.source import address_of, parse_source


def redact_source(source: str, login: Login) -> str:
    """The address as it may be shown, and whether it has a login."""
    scheme, mark, rest = show_address(source).partition("://")
    return f"{scheme}{mark}{rest}" if login == NO_LOGIN else f"{scheme}{mark}{HIDDEN}@{rest}"


def complete_source(given: str, said: Login, stored: tuple[str, Login] | None = None) -> tuple[str, Login]:
    """The address that `given` means, without its login, and the login: the stored ones if `given` is what we show.

    What `said` does not say comes from `given` or, for the same address and the same user only, from the stored one:
    a password goes nowhere else and to nobody else. Raises InvalidInput where that leaves something unsaid or hidden.
    """
    is_shown = stored is not None and given == redact_source(*stored)
    source, login = stored if stored and is_shown else _read_in_full(given, said)
    if said == NO_LOGIN:
        return source, login
    parsed = parse_source(source)
    if not parsed.host:
        raise InvalidInput("A source of this kind takes no user name and no password.")
    if stored and login == NO_LOGIN and address_of(parse_source(stored[0])) == address_of(parsed):
        login = stored[1]
    username = said.username or login.username
    if username is None:
        raise InvalidInput("A password needs the user name beside it.")
    if said.password is not None:
        return source, Login(username, said.password)
    if username == login.username:
        return source, login
    if login.password is not None or (stored and stored[1].password is not None):
        raise InvalidInput(
            "No password of this user name at this address is known: write the password, too, or an empty one."
        )
    return source, Login(username)


def _read_in_full(given: str, said: Login) -> tuple[str, Login]:
    """What is hidden is not known here; and an `@` in a query would end up before the name of the host."""
    if holds_at_in_query(given):
        raise InvalidInput(
            "An @ behind the host would be taken for the end of user and password: write it as %40, or write user and "
            "password in `username` and `password`."
        )
    source, login = split_login(given)
    unsaid = (login.username if said.username is None else "", login.password if said.password is None else "")
    if any(HIDDEN in (part or "") for part in (source, *unsaid)):
        raise InvalidInput(f"The source holds {HIDDEN} in place of what is hidden: write it in full.")
    return source, login
