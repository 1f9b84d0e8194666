"""What a browser shows for a session, and from which pages it is believed.

The cookie is not shown to scripts and does not come with what other sites send (SameSite=Lax). What changes something
must in addition say that it comes from a page of our own: browsers write Sec-Fetch-Site and Origin, and no page can.
"""

import ipaddress
from datetime import timedelta
from urllib.parse import urlsplit

from fastapi.requests import HTTPConnection
from starlette.responses import Response

from instantreact.api.options import ApiOptions
from instantreact.errors import NotAllowed

SESSION = "instantreact_session"


def name_cookie(connection: HTTPConnection, name: str = SESSION) -> str:
    """Over https browsers let nobody else, of a neighbouring host or without https, set what begins with __Host-."""
    return f"__Host-{name}" if is_encrypted(connection) else name


def is_encrypted(connection: HTTPConnection) -> bool:
    """By https, to us or to a proxy that is trusted to tell."""
    return connection.scope["scheme"] in {"https", "wss"}


def read_cookie(connection: HTTPConnection, name: str = SESSION) -> str | None:
    """What it holds."""
    return connection.cookies.get(name_cookie(connection, name)) or None


def set_cookie(
    response: Response, connection: HTTPConnection, value: str, life: timedelta, *, name: str = SESSION
) -> None:
    """For this host and every path."""
    response.set_cookie(
        name_cookie(connection, name),
        value,
        max_age=int(life.total_seconds()),
        path="/",
        secure=is_encrypted(connection),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, connection: HTTPConnection, *, name: str = SESSION) -> None:
    """Let the browser forget it."""
    set_cookie(response, connection, "", timedelta(), name=name)


def refuse_unprotected(connection: HTTPConnection) -> None:
    """Raise NotAllowed where a password would travel in clear, unless a setting says that it may."""
    options: ApiOptions = connection.app.state.options
    if is_encrypted(connection) or options.insecure_sign_in or _is_on_this_machine(connection):
        return
    raise NotAllowed(
        "Signing in takes https, but for this machine itself: set INSTANTREACT_TLS_CERTIFICATE, or name the proxy that "
        "speaks https in INSTANTREACT_TRUSTED_PROXIES. INSTANTREACT_INSECURE_SIGN_IN=true lets passwords travel in "
        "clear."
    )


def refuse_foreign(connection: HTTPConnection, *, is_strict: bool = True) -> None:
    """Raise NotAllowed for what a page of another origin sends; `is_strict`: or what does not say where it is from."""
    site, origin = connection.headers.get("sec-fetch-site"), connection.headers.get("origin")
    if connection.scope["type"] == "websocket":
        site = None  # browsers differ in whether ws: and http: are the same, and all send Origin
    if site is None and origin is None and not is_strict:
        return
    if site != "same-origin" if site is not None else origin not in _list_own_origins(connection):
        raise NotAllowed(
            "This did not come from a page of this service: with a session, requests that change something carry "
            "Sec-Fetch-Site: same-origin, or the service's own Origin. Programs use an API key."
        )


def _list_own_origins(connection: HTTPConnection) -> set[str]:
    options: ApiOptions = connection.app.state.options
    scheme = "https" if is_encrypted(connection) else "http"
    own = {f"{scheme}://{connection.headers.get('host', '')}"}
    if options.public_url:
        parts = urlsplit(options.public_url)
        own.add(f"{parts.scheme}://{parts.netloc}")
    return own


def _is_on_this_machine(connection: HTTPConnection) -> bool:
    """Asked from here, by a name of here: a proxy on this machine that is not trusted calls by another."""
    host = connection.url.hostname or ""
    client = connection.client
    is_here = host == "localhost" or host.endswith(".localhost") or _is_loopback(host)
    return is_here and client is not None and _is_loopback(client.host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
