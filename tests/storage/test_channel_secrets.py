"""What channels keep sealed, through a backup."""

from pathlib import Path

import pytest

from instantreact.channels.webpush.vapid import load_key, write_public
from instantreact.clock import SystemClock
from instantreact.domain.alert import ChannelKind
from instantreact.storage import passphrase
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.channel_secrets import StoredSafe
from instantreact.storage.database import Database
from instantreact.storage.restore import open_backup, restore_rows
from instantreact.storage.secrets import SecretBox
from tests.storage.test_backup import KEYS, PASSPHRASE, back_up, report
from tests.storage.test_moving import filled, target

__all__ = ["filled", "target"]


async def test_browsers_know_a_restored_service_by_the_same_key(
    filled: str, target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passphrase, "_COST", 2**4)
    before = Database(filled)
    key = await load_key(StoredSafe(ChannelKind.WEBPUSH, before, SecretBox(KEYS), SystemClock()))
    await before.dispose()
    await back_up(filled, LocalBlobs(tmp_path / "blobs"), tmp_path / "a.backup")
    with open_backup(tmp_path / "a.backup", PASSPHRASE) as opened:
        await restore_rows(opened, target, report, goes_on=False)
        after = Database(target)
        safe = StoredSafe(ChannelKind.WEBPUSH, after, SecretBox(opened.keys), SystemClock())
        assert write_public(await load_key(safe)) == write_public(key)
        await after.dispose()
