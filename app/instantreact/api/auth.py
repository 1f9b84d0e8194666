"""Who asks: every request has a principal, found before anything of its body is read.

Whoever shows an API key in the header X-API-Key may do what the key is good for. Keys of the settings are good for
everything; those of the database are looked for by their hash. A key counts before a signed address, that before the
cookie of a session: what is sent on purpose before what a browser adds by itself.
"""

import hmac
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import Request, Security
from fastapi.requests import HTTPConnection
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException
from starlette.responses import Response

from instantreact.api.addresses import find_source
from instantreact.api.cookies import read_cookie, refuse_foreign
from instantreact.api.known_sessions import KnownSessions
from instantreact.api.linked import find_holder, take_signature
from instantreact.domain.principal import EVERYTHING, Principal, PrincipalKind, Scope
from instantreact.errors import NotSignedIn
from instantreact.storage.keys import hash_key

WRONG_KEYS = 10
PER_S = 60.0
MAX_ADDRESSES = 10_000

API = Principal(PrincipalKind.KEY, "API", EVERYTHING)

_Endpoint = TypeVar("_Endpoint", bound=Callable[..., Any])

_header = APIKeyHeader(
    name="X-API-Key",
    scheme_name="API key",
    description="The one that was printed when the service first started, or INSTANTREACT_API_KEY, is good for "
    "everything; `POST /keys` and `instantreact keys create` make lesser ones.",
    auto_error=False,
)


class WrongKeys:
    """How many wrong keys came from each address within the last minute; the address heard of longest ago goes."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._counted: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, source: str) -> float | None:
        """One more; seconds until the address may try again where it has had its tries."""
        now_s = self._monotonic()
        since_s, wrong = self._counted.pop(source, (now_s, 0))
        if now_s - since_s >= PER_S:
            since_s, wrong = now_s, 0
        self._counted[source] = since_s, wrong + 1
        if len(self._counted) > MAX_ADDRESSES:
            self._counted.popitem(last=False)
        return None if wrong < WRONG_KEYS else since_s + PER_S - now_s


def requires(scope: Scope, *, unconfined: bool = False) -> Callable[[_Endpoint], _Endpoint]:
    """Mark the function of a route with what its callers must be allowed to do; unmarked routes are for reading.

    `unconfined`: it is about all sites at once, though about no row of the database that would tell.
    """

    def mark(endpoint: _Endpoint) -> _Endpoint:
        endpoint.__dict__.update(scope=scope, unconfined=unconfined)
        return endpoint

    return mark


class KeyedRoute(APIRoute):
    """A route that looks at the key first: FastAPI reads and parses a body before its dependencies.

    Raises TypeError when it is made, where it changes something and does not say what that takes.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the check."""
        handle = super().get_route_handler()
        only_reads = (self.methods or set()) <= {"GET", "HEAD"}
        scope: Scope | None = getattr(self.endpoint, "scope", Scope.READ if only_reads else None)
        if scope is None:
            raise TypeError(f"{self.endpoint.__name__} changes something: mark it with @requires(Scope...)")

        unconfined: bool = getattr(self.endpoint, "unconfined", False)

        async def check_and_handle(request: Request) -> Response:
            key = request.headers.get(_header.model.name)
            signed = take_signature(request.scope) if key is None and request.method in {"GET", "HEAD"} else None
            principal = await (find_principal(request, key) if signed is None else find_linked(request, *signed))
            principal.require(scope, unconfined=unconfined)
            return await handle(request)

        return check_and_handle


def describe_key(key: Annotated[str | None, Security(_header)]) -> None:
    """Checks nothing, which `KeyedRoute` has done: it is how the description knows that a route needs a key."""


def admit(request: HTTPConnection, principal: Principal) -> Principal:
    """From here on the request is this principal's, in the log as well."""
    request.state.principal = principal
    structlog.contextvars.bind_contextvars(principal=principal.name)
    return principal


async def find_principal(request: HTTPConnection, key: str | None) -> Principal:
    """Whose key it is, or without one whose session.

    Raises an HTTPException with 401 unless the key is known, or 429 after too many that were not; NotSignedIn for a
    session that has ended. A right key is let in even then: whoever shares an address with a guesser, or a proxy, is
    not shut out.
    """
    if key is None:
        token = read_cookie(request)
        if token is not None:
            return await _find_signed_in(request, token)
        raise _refuse("This needs an API key in the header X-API-Key, or a session (POST /session).")
    digest = hash_key(key)
    # First compare all, then look: how long it takes does not tell which one fits.
    fits = [hmac.compare_digest(digest, each) for each in request.app.state.options.api_key_hashes]
    principal = API if any(fits) else await request.app.state.known_keys.find(digest)
    if principal is not None:
        await request.app.state.rate_of_key.count(principal.id or principal.name)
        return admit(request, principal)
    raise _count_wrong(request, "The API key in the header X-API-Key is not known here.")


async def _find_signed_in(request: HTTPConnection, token: str) -> Principal:
    """Whose session it is. Tokens cannot be guessed, and browsers go on showing those that have ended: none counts."""
    known: KnownSessions = request.app.state.known_sessions
    found = await known.find(hash_key(token))
    if found is None:
        raise NotSignedIn("Your session has ended: sign in again.")
    principal, request.state.session_id = found
    await request.app.state.rate_of_key.count(principal.id)
    principal = admit(request, principal)
    if request.scope.get("method") not in {"GET", "HEAD"}:  # a web socket has none
        refuse_foreign(request)
    return principal


async def find_linked(request: HTTPConnection, address: str, signature: str) -> Principal:
    """In whose name a signed address may be read. Raises as `find_principal` does."""
    principal = await find_holder(request, address, signature)
    if principal is None:
        raise _count_wrong(request, "This link has expired, was revoked, or is of another address.")
    await request.app.state.rate_of_key.count(principal.id or principal.name)
    return admit(request, principal)


def _count_wrong(request: HTTPConnection, detail: str) -> HTTPException:
    client = request.scope.get("client")
    wait_s = request.app.state.wrong_keys.count(find_source(tuple(client) if client else None))
    if wait_s is None:
        return _refuse(detail)
    detail = "Too many keys from this address were wrong; a right one is taken at any time."
    return HTTPException(429, detail, headers={"Retry-After": str(math.ceil(wait_s))})


def _refuse(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": 'ApiKey header="X-API-Key"'})
