"""Addresses that are signed: what `<img>`, EventSource and a chat can read without a header."""

import hmac
from datetime import datetime

from fastapi.requests import HTTPConnection
from starlette.types import Scope as AsgiScope

from instantreact.domain.principal import Principal, PrincipalKind, Scope
from instantreact.pipeline.links import Links

PARAMETER = "link"
_SETTINGS = "settings"
"""Who holds links that were asked for with a key of the settings; they are void once that key is another."""


def sign(request: HTTPConnection, address: str, until: datetime) -> str:
    """The address with its signature, in the name of whoever asks."""
    principal: Principal = request.state.principal
    links: Links = request.app.state.services.links
    if principal.id is None:
        holder, bound_to = _SETTINGS, request.app.state.options.api_key_hashes[-1]
    else:
        holder, bound_to = principal.id, ""
    signature = links.sign_address(address, holder, until, bound_to=bound_to)
    return f"{address}{'&' if '?' in address else '?'}{PARAMETER}={signature}"


def take_signature(scope: AsgiScope) -> tuple[str, str] | None:
    """The address that was signed and its signature, which is taken out of the query; None where there is none."""
    query: str = scope["query_string"].decode("latin-1")
    before, mark, signature = query.rpartition(f"{PARAMETER}=")
    if not mark or (before and not before.endswith("&")):
        return None
    before = before.removesuffix("&")
    scope["query_string"] = before.encode("latin-1")
    return f"{scope['path']}?{before}" if before else scope["path"], signature


async def find_holder(request: HTTPConnection, address: str, signature: str) -> Principal | None:
    """In whose name the address may be read, with what they may see now; None where it is not, or not any more."""
    services = request.app.state.services
    links: Links = services.links
    found = links.read_signature(signature)
    if found is None or found[1] <= services.clock.now():
        return None
    holder, until = found
    hashes = request.app.state.options.api_key_hashes if holder == _SETTINGS else ("",)
    # First compare all, then look, as with keys.
    signed = [links.sign_address(address, holder, until, bound_to=each) for each in hashes]
    fits = [hmac.compare_digest(each.encode(), signature.encode("latin-1", "replace")) for each in signed]
    if not any(fits):
        return None
    if holder == _SETTINGS:
        return Principal(PrincipalKind.LINK, "API", frozenset({Scope.READ}))
    principal: Principal | None = await request.app.state.known_keys.find_by_id(holder)
    if principal is None:
        principal = await request.app.state.known_sessions.find_by_user(holder)
    if principal is None:
        return None
    scopes = principal.scopes & {Scope.READ}
    return Principal(PrincipalKind.LINK, principal.name, scopes, principal.id, principal.confinement)
