"""A real local push service, with the browsers that subscribed to it: what RFC 8030 and the services of browsers refuse
is refused, and what they take is decrypted as a browser does.

It shares nothing with what sends: keys, tokens and records are taken apart here, with `cryptography` alone.
In a test: `with PushService(tls) as push: browser = push.subscribe(application_server_key)`.
"""

import json
import secrets
import ssl
import threading
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.servers.threaded import ThreadedServer

MOST_BYTES = 4096
DAY_S = 24 * 3600
URGENCIES = {"very-low", "low", "normal", "high"}


def decode(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def encode(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def decrypt(body: bytes, key: ec.EllipticCurvePrivateKey, auth: bytes) -> bytes:
    """What a browser reads of a message of one record (RFC 8291, 3.4; RFC 8188, 2). Raises ValueError."""
    salt, record_bytes, id_bytes = body[:16], int.from_bytes(body[16:20]), body[20]
    sender, record = body[21 : 21 + id_bytes], body[21 + id_bytes :]
    if not 17 < len(record) <= record_bytes:
        raise ValueError("it is not one record")
    shared = key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender))
    secret = _derive(auth, shared, b"WebPush: info\0" + point_of(key) + sender, 32)
    content_key = _derive(salt, secret, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, secret, b"Content-Encoding: nonce\0", 12)
    try:
        padded = AESGCM(content_key).decrypt(nonce, record, None)
    except InvalidTag as error:
        raise ValueError("it is not for this browser") from error
    message, mark, padding = padded.rpartition(b"\x02")
    if not mark or padding.strip(b"\0"):
        raise ValueError("it does not end as a last record does")
    return message


def _derive(salt: bytes, secret: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


@dataclass(frozen=True)
class Pushed:
    """A message that was taken, as its browser reads it."""

    value: dict[str, Any]
    headers: dict[str, str]
    claims: dict[str, Any]
    body: bytes


@dataclass
class SubscribedBrowser:
    """A browser that said yes to notifications. `waiting`: by topic, what it gets when it comes back."""

    endpoint: str
    key: ec.EllipticCurvePrivateKey
    auth: bytes
    server_key: bytes
    received: list[Pushed] = field(default_factory=list)
    waiting: dict[str, Pushed] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As `PushSubscription.toJSON()`."""
        keys = {"p256dh": encode(point_of(self.key)), "auth": encode(self.auth)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}


@dataclass(frozen=True)
class PushFault:
    """What the next message gets instead of a receipt; `accepted`: although it was taken. Status 0: no answer."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""
    accepted: bool = False


class _Refused(Exception):
    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class PushService(ThreadedServer):
    """Listens on a free port of this machine during the block, under the name localhost."""

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.browsers: dict[str, SubscribedBrowser] = {}
        self.refused: list[str] = []
        self.calls = 0
        self._faults: list[PushFault] = []
        self._changed = threading.Condition()
        self._ending = threading.Event()
        super().__init__(self._handler(), tls=tls)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        super().__exit__(kind, error, trace)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    def reset(self) -> None:
        """As it was at the start, on the same port."""
        self.calls = 0
        for seen in (self.browsers, self.refused, self._faults):
            seen.clear()

    def subscribe(self, application_server_key: str) -> SubscribedBrowser:
        """What `PushManager.subscribe()` does."""
        path = f"/push/{secrets.token_urlsafe(24)}"
        private, server_key = ec.generate_private_key(ec.SECP256R1()), decode(application_server_key)
        assert (len(server_key), server_key[0]) == (65, 4), "no uncompressed point"
        browser = SubscribedBrowser(f"{self.url}{path}", private, secrets.token_bytes(16), server_key)
        self.browsers[path] = browser
        return browser

    def unsubscribe(self, browser: SubscribedBrowser) -> None:
        """The person took back what they had allowed."""
        self.browsers = {path: each for path, each in self.browsers.items() if each is not browser}

    def script(self, *faults: PushFault) -> None:
        """Let the next messages fail so."""
        self._faults.extend(faults)

    def wait_for(self, browser: SubscribedBrowser, number: int, *, timeout_s: float = 20.0) -> list[Pushed]:
        """What a browser got, once there is so much; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(lambda: len(browser.received) >= number, timeout_s):
                raise TimeoutError(f"{len(browser.received)} of {number} messages; refused: {self.refused}")
        return list(browser.received)

    def _take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], str]:
        """Status, headers and words to answer with."""
        with self._changed:
            self.calls += 1
            fault = self._faults.pop(0) if self._faults else None
            if fault is None or fault.accepted:
                try:
                    self._keep(path, headers, body)
                except _Refused as refused:
                    self.refused.append(str(refused))
                    return refused.status, {}, json.dumps({"reason": str(refused)})
            self._changed.notify_all()
        if fault is not None:
            return fault.status, fault.headers, fault.body
        return 201, {"Location": f"{self.url}/message/{secrets.token_urlsafe(8)}"}, ""

    def _keep(self, path: str, headers: dict[str, str], body: bytes) -> None:
        browser = self.browsers.get(path)
        if browser is None:
            raise _Refused(410, "Unregistered")
        claims = self._verify(headers.get("authorization", ""), browser)
        _check_headers(headers)
        if len(body) > MOST_BYTES:
            raise _Refused(413, "PayloadTooLarge")
        try:
            value = json.loads(decrypt(body, browser.key, browser.auth))
        except ValueError as error:  # a browser would drop it in silence, and nobody would know
            raise _Refused(400, f"Undecryptable: {error}") from error
        pushed = Pushed(value, headers, claims, body)
        browser.received.append(pushed)
        browser.waiting[headers.get("topic", secrets.token_hex(4))] = pushed

    def _verify(self, authorization: str, browser: SubscribedBrowser) -> dict[str, Any]:
        scheme, _, rest = authorization.partition(" ")
        given = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or not {"t", "k"} <= given.keys():
            raise _Refused(401, "MissingProviderToken")
        if decode(given["k"]) != browser.server_key:
            raise _Refused(403, "VapidPkHashMismatch")
        signed, _, signature = given["t"].rpartition(".")
        head, claims = (json.loads(decode(part)) for part in signed.split("."))
        raw = decode(signature)
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), browser.server_key)
        try:
            der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
            public.verify(der, signed.encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise _Refused(403, "BadJwtToken: signature") from error
        self._check_claims(head, claims)
        return dict(claims)

    def _check_claims(self, head: dict[str, Any], claims: dict[str, Any]) -> None:
        now = time.time()
        if head != {"typ": "JWT", "alg": "ES256"}:
            raise _Refused(403, "BadJwtToken: header")
        if claims.get("aud") != self.url:
            raise _Refused(403, "BadJwtToken: aud")
        if not now < claims.get("exp", 0) <= now + DAY_S:
            raise _Refused(403, "BadJwtToken: exp")
        if not str(claims.get("sub")).startswith(("mailto:", "https://")):
            raise _Refused(403, "BadJwtToken: sub")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                said = {name.lower(): value for name, value in self.headers.items()}
                status, headers, words = service._take(self.path, said, body)
                if status == 0:
                    service._ending.wait(5)
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(words))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(words.encode())

            def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
                """Says nothing."""

        return Handler


def _check_headers(headers: dict[str, str]) -> None:
    if not headers.get("ttl", "").isdecimal():
        raise _Refused(400, "MissingTtl")
    if headers.get("content-encoding") != "aes128gcm":
        raise _Refused(415, "UnsupportedContentEncoding")
    if headers.get("urgency", "normal") not in URGENCIES:
        raise _Refused(400, "BadUrgency")
    topic = headers.get("topic", "a")
    if not (0 < len(topic) <= 32 and topic.replace("-", "").replace("_", "").isalnum()):
        raise _Refused(400, "BadTopic")
