"""`instantreact backup` and `instantreact restore`."""

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instantreact.cli.audit import record
from instantreact.cli.database import transaction_on
from instantreact.cli.moving import refuse_while_running, show_progress
from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings, variable_of
from instantreact.domain.audit import AuditAction
from instantreact.errors import Misconfigured

if TYPE_CHECKING:
    from instantreact.storage.backup import BackupManifest
    from instantreact.storage.blobs import BlobStore
    from instantreact.storage.restore import Backup

_PassphraseFile = Annotated[Path | None, typer.Option(help="File with the passphrase; otherwise it is asked for.")]


def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; none may be there.")],
    state_dir: StateDir = None,
    passphrase_file: _PassphraseFile = None,
) -> None:
    """Write database, files and secret keys into one file, while the service runs.

    The keys are sealed by a passphrase; the rest is not encrypted.
    """
    from instantreact.storage.backup import write_backup
    from instantreact.wiring import load_secret_keys, open_blobs

    settings = read_settings(state_dir=state_dir)
    passphrase = _find_passphrase(settings, passphrase_file, is_new=True)

    async def run() -> "BackupManifest":
        manifest = await write_backup(
            settings.resolved_database_url,
            open_blobs(settings),
            load_secret_keys(settings),
            file,
            passphrase=passphrase,
            report=show_progress(),
        )
        async with transaction_on(settings) as (session, now):
            record(session, "backup", file.name, now=now, action=AuditAction.SAW)
        return manifest

    manifest = asyncio.run(run())
    files = sum(name.startswith("files/") for name in manifest.sha256)
    gone = f", {len(manifest.missing)} were gone already" if manifest.missing else ""
    typer.echo(f"{file} holds the database and {files} files{gone}. Without its passphrase it cannot be restored.")


def restore(
    file: Annotated[Path, typer.Argument(help="What `backup` has written.")],
    state_dir: StateDir = None,
    passphrase_file: _PassphraseFile = None,
    replace: Annotated[bool, typer.Option("--replace", help="Move aside what is in the state folder.")] = False,
) -> None:
    """Make an installation from a backup, on SQLite or PostgreSQL, in an empty state folder.

    Everybody signs in again. Keys are those of the backup: revoke again what was revoked since.
    """
    from instantreact.storage.restore import open_backup

    settings = read_settings(state_dir=state_dir)
    refuse_while_running(settings)
    passphrase = _find_passphrase(settings, passphrase_file, is_new=False)
    with open_backup(file, passphrase) as opened:
        _check_keys(settings, opened)
        aside = asyncio.run(_restore(settings, opened, replace=replace))
        typer.echo(f"Restored what was backed up at {opened.manifest.made_at:%Y-%m-%d %H:%M} UTC.")
    if aside is not None:
        typer.echo(f"What lay there before is in {aside}: remove it once you have seen the service run.")


async def _restore(settings: Settings, backup: "Backup", *, replace: bool) -> Path | None:
    from instantreact.storage.moving import refuse_unless_empty
    from instantreact.storage.restore import refuse_others, restore_files, restore_rows
    from instantreact.storage.state_folder import begin_restoring, end_restoring, is_restoring
    from instantreact.storage.user_sessions import end_every_session
    from instantreact.wiring import open_blobs, secret_key_file

    url, blobs, report = settings.resolved_database_url, open_blobs(settings), show_progress()
    goes_on = is_restoring(settings.state_dir, backup.digest)
    if settings.database_url is not None and not goes_on:
        await refuse_unless_empty(url)
    if settings.blobs_place != settings.state_dir / "blobs":
        refuse_others(backup, blobs)
    aside = begin_restoring(settings.state_dir, backup.digest, replace=replace)
    if settings.secret_keys is None:
        _write_key(secret_key_file(settings), ",".join(backup.keys))
    restore_files(backup, blobs, report)
    await restore_rows(backup, url, report, goes_on=goes_on)
    await _bind(settings, blobs)
    async with transaction_on(settings) as (session, now):
        await end_every_session(session)  # those that were ended since would be open again
        record(session, "restore", f"{backup.manifest.made_at:%Y-%m-%dT%H:%M:%SZ}", now=now)
    end_restoring(settings.state_dir)
    return aside


async def _bind(settings: Settings, blobs: "BlobStore") -> None:
    """From now on the files lie here: a process that has others is refused."""
    from instantreact.storage.bindings import bind_blobs
    from instantreact.storage.database import Database

    database = Database(settings.resolved_database_url)
    try:
        await bind_blobs(database, blobs, settings.blobs_place)
    finally:
        await database.dispose()


def _check_keys(settings: Settings, backup: "Backup") -> None:
    from instantreact.wiring import load_secret_keys

    if settings.secret_keys is not None and not {*backup.keys} <= {*load_secret_keys(settings)}:
        raise Misconfigured(
            f"{variable_of('secret_keys')} does not hold the keys of the backup: add them, or do not set it and they "
            "are put into the state folder. Nothing was changed."
        )


def _find_passphrase(settings: Settings, path: Path | None, *, is_new: bool) -> str:
    if path is not None:
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise Misconfigured(f"--passphrase-file: {path} cannot be read.") from error
    if settings.backup_passphrase is not None:
        return settings.backup_passphrase.get_secret_value()
    if not sys.stdin.isatty():
        variable = variable_of("backup_passphrase")
        raise Misconfigured(f"Name a passphrase with --passphrase-file, {variable} or {variable}_FILE.")
    asked: str = typer.prompt("Passphrase of the backup", hide_input=True, confirmation_prompt=is_new)
    return asked


def _write_key(path: Path, keys: str) -> None:
    from instantreact.storage.private import open_private

    with open(path, "w", opener=open_private) as file:
        file.write(keys)
