"""What must not lie in the database in clear: camera addresses and their logins."""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from instantreact.errors import Misconfigured


class SecretBox:
    """Encrypts with the first key and opens with any, so that keys can be rotated."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys`: Fernet keys, newest first. Raises Misconfigured for none, or one that is no Fernet key."""
        if not keys:
            raise Misconfigured("There is no key to encrypt camera addresses with.")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError as error:
            raise Misconfigured("A secret key is not 32 url-safe base64-encoded bytes.") from error

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The text again. Raises Misconfigured when none of the keys fits."""
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise Misconfigured(
                "A camera's address, or what somebody signs in with, was encrypted with another secret key."
            ) from error

    def reseal(self, sealed: str) -> str:
        """The same text, encrypted with the first key. Raises Misconfigured when none of the keys fits."""
        return self.seal(self.open(sealed))


def split_keys(text: str) -> list[str]:
    """Keys, newest first, that are parted by commas."""
    return [key.strip() for key in text.split(",") if key.strip()]


def load_or_create_key(path: Path) -> str:
    """What is in the file; a fresh Fernet key, readable by its owner only, when there is no file yet."""
    try:
        return path.read_text().strip()
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    return _create_key(path)


def _create_key(path: Path) -> str:
    # Written aside and linked into place: of two processes that start together one wins, and none reads half a key.
    key = Fernet.generate_key().decode()
    aside = path.with_name(f"{path.name}.{uuid4().hex}")
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(aside, path)
    except FileExistsError:
        return path.read_text().strip()
    finally:
        aside.unlink()
    return key
