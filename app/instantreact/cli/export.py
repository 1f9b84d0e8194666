"""`instantreact export`: what is kept of a camera or a person, as a ZIP file; and a checkpoint as a bundle."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from instantreact.cli import training
from instantreact.cli.audit import FORMATS, record
from instantreact.cli.erase import CameraName, OnlyRecipient, OnlyUser, PersonName, find_span, is_wanted
from instantreact.cli.services import services_of
from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings
from instantreact.domain.audit import AuditAction
from instantreact.errors import InvalidInput

if TYPE_CHECKING:
    from instantreact.api.zip_streams import ZipMember
    from instantreact.pipeline.services import Services

app = typer.Typer(
    no_args_is_help=True,
    help="Write what is kept of a camera or a person into a ZIP file: rows as lines of JSON, pictures and clips, and a "
    "README.txt that explains them. The file is not encrypted.",
)
app.command("captioner", help=training.EXPORT, **training.FORWARDED)(training.forward_export)
app.command("detector", help=training.EXPORT, **training.FORWARDED)(training.forward_export)

_File = Annotated[Path, typer.Argument(help="The file to write; none may be there.")]
_From = Annotated[datetime | None, typer.Option("--from", formats=FORMATS, help="From this moment on, in UTC.")]
_To = Annotated[datetime | None, typer.Option("--to", formats=FORMATS, help="Before this moment, in UTC.")]


@app.command()
def camera(camera: CameraName, file: _File, since: _From = None, until: _To = None, state_dir: StateDir = None) -> None:
    """Export what a camera saw and heard between two moments, or at all."""

    async def run(settings: Settings) -> None:
        from instantreact.api.exports import members_of_span

        async with services_of(settings) as services:
            span = await find_span(services, camera, since, until)
            await _write(services, "export camera", span.camera_id, file, members_of_span(services, span))

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def person(
    name: PersonName,
    file: _File,
    recipient: OnlyRecipient = None,
    user: OnlyUser = None,
    state_dir: StateDir = None,
) -> None:
    """Export what is kept of everybody of this name, on all channels and as a user, each in a folder of the file."""

    async def run(settings: Settings) -> None:
        async with services_of(settings) as services:
            found = await _find_people(services, name, recipient, user)
            await _write(services, "export person", ",".join(found), file, _gather(services, found))

    asyncio.run(run(read_settings(state_dir=state_dir)))


async def _find_people(
    services: "Services", name: str, recipient_ids: list[str] | None, user_ids: list[str] | None
) -> dict[str, str]:
    """The kind of each by their ids. Raises InvalidInput where there is nobody."""
    from instantreact.storage.people import list_called

    async with services.database.reading() as session:
        recipients, users = await list_called(session, name)
    found = {row.id: "recipient" for row in recipients if is_wanted(row.id, recipient_ids, user_ids)}
    found |= {row.id: "user" for row in users if is_wanted(row.id, user_ids, recipient_ids)}
    if not found:
        raise InvalidInput(f"Nobody is called {name}.")
    return found


async def _gather(services: "Services", found: dict[str, str]) -> "AsyncGenerator[ZipMember, None]":
    from instantreact.api.exports import members_of_recipient, members_of_user
    from instantreact.storage import people

    for person_id, kind in found.items():
        async with services.database.reading() as session:
            find = people.find_recipient_person if kind == "recipient" else people.find_user_person
            person = await find(session, person_id)
        members = members_of_recipient if kind == "recipient" else members_of_user
        async for member in members(services, person):
            yield replace(member, name=f"{kind}-{person_id}/{member.name}")


async def _write(
    services: "Services", command: str, subject: str, path: Path, members: "AsyncGenerator[ZipMember, None]"
) -> None:
    from instantreact.api.zip_streams import stream_zip
    from instantreact.storage.private import written_whole

    with written_whole(path) as file:
        async for piece in stream_zip(members):
            file.write(piece)
    async with services.database.unit_of_work() as session:
        record(session, command, subject, now=services.clock.now(), action=AuditAction.SAW)
    typer.echo(f"{path} holds it, and is not encrypted: README.txt in it says what is where.")
