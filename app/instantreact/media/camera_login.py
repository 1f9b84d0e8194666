"""Answers a camera that asks who we are: Digest (RFC 2617 and 7616) and Basic, alike in RTSP and HTTP.

Libraries know Digest for HTTP only, with a path where RTSP has the whole address, and some stop at a user name that is
not ASCII.
"""

import hashlib
import re
import secrets
from base64 import b64encode
from collections.abc import Iterable, Mapping
from urllib.request import parse_http_list

from instantreact.addresses import Login

_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
_CHALLENGE = re.compile(r"(?:^|,)\s*(digest|basic)\s+(.*?)(?=,\s*(?:digest|basic)\s|$)", re.IGNORECASE)


class CameraLogin:
    """A login in use; for one connection at a time."""

    def __init__(self, login: Login) -> None:
        self._name, self._password = login.username, login.password or ""
        self._scheme = ""
        self._digest: Mapping[str, str] = {}
        self._uses = 0

    def take_challenge(self, headers: Iterable[str]) -> bool:
        """Remember how the camera asks, by its `WWW-Authenticate` headers; False where we cannot answer that."""
        found = [(kind.lower(), rest) for header in headers for kind, rest in _CHALLENGE.findall(header)]
        digests = [_read_fields(rest) for kind, rest in found if kind == "digest"]
        known = [each for each in digests if _algorithm_of(each) in _HASHES and _qop_of(each) is not None]
        if self._name is None:
            return False
        if known:
            self._scheme, self._digest, self._uses = "digest", known[0], 0
        elif any(kind == "basic" for kind, _ in found) and ":" not in self._name:  # RFC 7617, section 2
            self._scheme = "basic"
        else:
            return False
        return True

    def answer(self, method: str, uri: str) -> str | None:
        """The `Authorization` of a request; None while the camera has not asked."""
        if self._scheme == "basic":
            return "Basic " + b64encode(f"{self._name}:{self._password}".encode()).decode()
        return self._answer_digest(method, uri) if self._scheme == "digest" else None

    def _answer_digest(self, method: str, uri: str) -> str:
        self._uses += 1
        given, algorithm, qop = self._digest, _algorithm_of(self._digest), _qop_of(self._digest)
        realm, nonce = given.get("realm", ""), given.get("nonce", "")
        fields = {"username": self._name or "", "realm": realm, "nonce": nonce, "uri": uri}
        user = _hash(algorithm, self._name or "", realm, self._password)
        request = _hash(algorithm, method, uri)
        plain = ""
        if qop:
            count, own = f"{self._uses:08x}", secrets.token_hex(8)
            response = _hash(algorithm, user, nonce, count, own, qop, request)
            fields["cnonce"] = own
            plain = f", qop={qop}, nc={count}"
        else:
            response = _hash(algorithm, user, nonce, request)
        fields["response"] = response
        fields |= {"opaque": given["opaque"]} if "opaque" in given else {}
        plain += f", algorithm={given['algorithm']}" if "algorithm" in given else ""
        return "Digest " + ", ".join(f'{name}="{_escape(value)}"' for name, value in fields.items()) + plain


def _read_fields(challenge: str) -> Mapping[str, str]:
    """The fields of a challenge, by their names in lower case; what is no field is left out."""
    pairs = [each.partition("=") for each in parse_http_list(challenge)]
    return {name.strip().lower(): _unquote(value.strip()) for name, equals, value in pairs if equals}


def _unquote(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value


def _algorithm_of(digest: Mapping[str, str]) -> str:
    return digest.get("algorithm", "MD5").upper()


def _qop_of(digest: Mapping[str, str]) -> str | None:
    """ "auth" or, for older cameras, nothing; None where only what we do not do is taken."""
    offered = [each.strip().lower() for each in digest.get("qop", "").split(",") if each.strip()]
    if not offered:
        return ""
    return "auth" if "auth" in offered else None


def _hash(algorithm: str, *parts: str) -> str:
    return _HASHES[algorithm](":".join(parts).encode(errors="surrogateescape")).hexdigest()


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')
