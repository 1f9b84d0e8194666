"""Passwords, hashed by argon2. A hash takes a tenth of a second and 64 MB: run it in a thread."""

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST, MOST = 10, 1024
"""Characters of a password."""

HASHER = PasswordHasher()
"""With the parameters of RFC 9106 for less memory."""


def hash_password(password: str) -> str:
    """As it is stored, with its salt and parameters."""
    return HASHER.hash(_normalize(password))


def is_password(password: str, hashed: str | None) -> bool:
    """Whether it is this one; without a hash the answer is no, and takes as long."""
    try:
        HASHER.verify(hashed or _nobodys(), _normalize(password))
    except (VerificationError, InvalidHashError):
        return False
    return hashed is not None


@cache
def _nobodys() -> str:
    return HASHER.hash("of nobody")


def _normalize(password: str) -> bytes:
    """As RFC 8265 has it: keyboards write the same letter in two ways."""
    return unicodedata.normalize("NFC", password).encode()
