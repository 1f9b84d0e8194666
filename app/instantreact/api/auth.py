"""The API key: header X-API-Key, compared by its SHA-256 in constant time."""

import hashlib
import hmac
from typing import Annotated

from fastapi import Request, Security
from fastapi.requests import HTTPConnection
from fastapi.security import APIKeyHeader
from starlette.exceptions import HTTPException

_header = APIKeyHeader(
    name="X-API-Key",
    scheme_name="API key",
    description="Printed once when the service first started, or taken from INSTANTREACT_API_KEY.",
    auto_error=False,
)


async def require_key(request: Request, key: Annotated[str | None, Security(_header)]) -> None:
    """Let only those pass who know a key. Answers 401 otherwise."""
    check_key(request, key)


def check_key(request: HTTPConnection, key: str | None) -> None:
    """Raise an HTTPException with 401 unless the key is known."""
    if key is None:
        raise _refuse("This needs an API key in the header X-API-Key.")
    digest = hashlib.sha256(key.encode()).hexdigest()
    known = request.app.state.options.api_key_hashes
    # First compare all, then look: how long it takes does not tell which one fits.
    fits = [hmac.compare_digest(digest, each) for each in known]
    if not any(fits):
        raise _refuse("The API key in the header X-API-Key is not known here.")


def _refuse(detail: str) -> HTTPException:
    return HTTPException(401, detail, headers={"WWW-Authenticate": 'ApiKey header="X-API-Key"'})
