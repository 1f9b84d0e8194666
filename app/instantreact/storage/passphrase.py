"""Secret keys under a passphrase: scrypt makes it dear to guess, AES-GCM says when it is wrong."""

import json
import os
from base64 import b64decode, b64encode
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from instantreact.errors import InvalidInput

SHORTEST = 12
_COST = 2**17  # with 8: 128 MB and about half a second a guess
_BLOCK = 8


def check_passphrase(passphrase: str) -> None:
    """Raises InvalidInput for one that is too short."""
    if len(passphrase) < SHORTEST:
        raise InvalidInput(f"A passphrase of a backup has at least {SHORTEST} characters.")


def wrap_keys(keys: Sequence[str], passphrase: str, *, about: bytes) -> bytes:
    """The keys, sealed together with `about`: who changes that can open nothing."""
    salt, nonce = os.urandom(16), os.urandom(12)
    sealed = AESGCM(_derive(passphrase, salt)).encrypt(nonce, json.dumps(list(keys)).encode(), about)
    parts = {"salt": salt, "nonce": nonce, "sealed": sealed}
    return json.dumps({name: b64encode(part).decode() for name, part in parts.items()}).encode()


def unwrap_keys(wrapped: bytes, passphrase: str, *, about: bytes) -> list[str]:
    """The keys again. Raises InvalidInput for another passphrase, or another `about`."""
    try:
        parts = {name: b64decode(part, validate=True) for name, part in json.loads(wrapped).items()}
        opened = AESGCM(_derive(passphrase, parts["salt"])).decrypt(parts["nonce"], parts["sealed"], about)
    except InvalidTag as error:
        raise InvalidInput("The passphrase is not the one of this backup, or the backup was changed.") from error
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise InvalidInput("The backup is damaged: its secret key cannot be read.") from error
    keys: list[str] = json.loads(opened)
    return keys


def _derive(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=_COST, r=_BLOCK, p=1).derive(passphrase.encode())
