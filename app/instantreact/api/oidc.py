"""Sign-in at an OpenID provider: the authorization code flow with PKCE, state and nonce, as OpenID Connect Core has it.

The checks are Authlib's and joserfc's. Authlib's own client for httpx warns that httpx is to be replaced, so what
little is asked over the network is asked here.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus

import httpx
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from instantreact.domain.user import Role
from instantreact.errors import NotAllowed, NotSignedIn, Transient

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Of signatures by keys that the provider publishes: none is not one, and neither are shared secrets."""

KNOWN_S = 300.0
TIMEOUT_S = 10.0
LEEWAY_S = 60


@dataclass(frozen=True)
class OidcSettings:
    """Where people sign in elsewhere, and what they are here.

    role_claim    what tells their roles; dots lead into objects, as in realm_access.roles
    roles         what each value of it makes them; of several the one that may do most
    default_role  what everybody else is; None: they are refused
    """

    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    role_claim: str = "groups"
    roles: Mapping[str, Role] = field(default_factory=dict)
    default_role: Role | None = None

    def find_role(self, claims: Mapping[str, Any]) -> Role:
        """Raises NotAllowed for somebody who is to have none."""
        value: object = claims
        for step in self.role_claim.split("."):
            value = value.get(step) if isinstance(value, Mapping) else None
        named = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        found = {self.roles[each] for each in named if isinstance(each, str) and each in self.roles}
        role = next((role for role in reversed(Role) if role in found), self.default_role)
        if role is None:
            raise NotAllowed(
                f"Your provider knows you, but {self.role_claim} names nothing that has a role here: an administrator "
                "adds it to INSTANTREACT_OIDC_ROLES."
            )
        return role


@dataclass(frozen=True)
class OidcRequest:
    """What one sign-in must come back with."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def make(cls) -> "OidcRequest":
        """A new one."""
        return cls(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


class OidcClient:
    """This service, as the provider knows it."""

    def __init__(self, settings: OidcSettings, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._monotonic = monotonic
        self._metadata: tuple[float, dict[str, Any]] | None = None

    async def begin(self, request: OidcRequest, redirect_uri: str) -> str:
        """Where the browser is to go. Raises Transient where the provider does not answer."""
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as http:
            metadata = await self._discover(http)
        address: str = prepare_grant_uri(
            metadata["authorization_endpoint"],
            self.settings.client_id,
            "code",
            redirect_uri,
            scope="openid profile email",
            state=request.state,
            nonce=request.nonce,
            code_challenge=create_s256_code_challenge(request.verifier),
            code_challenge_method="S256",
        )
        return address

    async def finish(self, request: OidcRequest, redirect_uri: str, code: str, *, now: datetime) -> dict[str, Any]:
        """Who came back with this code. Raises NotSignedIn where that is not proven, Transient as `begin` does."""
        async with httpx.AsyncClient(timeout=TIMEOUT_S) as http:
            metadata = await self._discover(http)
            token = await self._fetch_token(http, metadata, request, redirect_uri, code)
            keys = await _ask(http, "GET", metadata["jwks_uri"])
            claims = self._check(metadata, keys, token, request, now)
            if "userinfo_endpoint" not in metadata:
                return claims
            bearer = {"Authorization": f"Bearer {token.get('access_token', '')}"}
            more = await _ask(http, "GET", metadata["userinfo_endpoint"], headers=bearer)
        if more.get("sub") != claims["sub"]:
            raise NotSignedIn("The provider spoke of somebody else.")
        return {**more, **claims}

    async def _discover(self, http: httpx.AsyncClient) -> dict[str, Any]:
        if self._metadata is not None and self._monotonic() - self._metadata[0] < KNOWN_S:
            return self._metadata[1]
        found = await _ask(http, "GET", f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer", "").rstrip("/") != self.settings.issuer.rstrip("/"):
            raise Transient("The OpenID provider calls itself otherwise than INSTANTREACT_OIDC_ISSUER does.")
        self._metadata = self._monotonic(), found
        return found

    async def _fetch_token(
        self, http: httpx.AsyncClient, metadata: dict[str, Any], request: OidcRequest, redirect_uri: str, code: str
    ) -> dict[str, Any]:
        own, secret = self.settings.client_id, self.settings.client_secret
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        form["code_verifier"] = request.verifier
        if secret is None:
            form["client_id"] = own
        by_basic = httpx.BasicAuth(quote_plus(own), quote_plus(secret)) if secret is not None else None
        return await _ask(http, "POST", metadata["token_endpoint"], data=form, auth=by_basic)

    def _check(
        self, metadata: dict[str, Any], keys: Any, token: dict[str, Any], request: OidcRequest, now: datetime
    ) -> dict[str, Any]:
        try:
            decoded = jwt.decode(str(token.get("id_token", "")), KeySet.import_key_set(keys), algorithms=ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": metadata["issuer"]},
                "aud": {"essential": True, "value": self.settings.client_id},
            }
            params = {
                "nonce": request.nonce,
                "client_id": self.settings.client_id,
                "access_token": token.get("access_token"),
            }
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=LEEWAY_S)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise NotSignedIn("What the provider said of you cannot be believed.") from error
        return dict(decoded.claims)


def is_same(given: str, expected: str) -> bool:
    """Compared without telling how much of it fits."""
    return hmac.compare_digest(given.encode(), expected.encode())


def list_names(claims: Mapping[str, Any]) -> Sequence[str]:
    """What they could be called, the best first."""
    wanted = (claims.get(each) for each in ("preferred_username", "email", "name", "sub"))
    return [each for each in wanted if isinstance(each, str)]


async def _ask(http: httpx.AsyncClient, method: str, url: str, **more: Any) -> dict[str, Any]:
    """Its JSON. Raises NotSignedIn where the provider refuses, Transient where it does not answer as it should."""
    try:
        answer = await http.request(method, url, **more)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise Transient("The OpenID provider cannot be reached.", retry_after_s=10) from error
    if answer.is_client_error:
        raise NotSignedIn("The provider did not confirm who you are: sign in again.")
    try:
        found = answer.raise_for_status().json()
    except (httpx.HTTPError, ValueError) as error:
        raise Transient("The OpenID provider does not answer as it should.", retry_after_s=10) from error
    if not isinstance(found, dict):
        raise Transient("The OpenID provider does not answer as it should.", retry_after_s=10)
    return found
