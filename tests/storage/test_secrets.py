from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from instantreact.errors import Misconfigured
from instantreact.storage.secrets import SecretBox, load_or_create_key


def test_secret_box_opens_what_an_older_key_sealed() -> None:
    old, new = (Fernet.generate_key().decode() for _ in range(2))
    sealed = SecretBox([old]).seal("rtsp://door")
    assert SecretBox([new, old]).open(sealed) == "rtsp://door"


@pytest.mark.parametrize("keys", [[], ["short"], ["ä" * 44]])
def test_secret_box_raises_misconfigured_when_there_is_no_usable_key(keys: list[str]) -> None:
    with pytest.raises(Misconfigured):
        SecretBox(keys)


def test_load_or_create_key_makes_one_that_only_its_owner_reads_and_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secret.key"
    key = load_or_create_key(path)
    assert load_or_create_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["secret.key"]
    SecretBox([key])


def test_load_or_create_key_gives_everybody_the_same_key_when_many_start_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: load_or_create_key(tmp_path / "secret.key"), range(16)))
    assert len(keys) == 1
