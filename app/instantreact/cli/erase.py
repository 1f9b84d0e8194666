"""`instantreact erase`: a span of a camera, or a person, for good. It works whether `serve` runs or not."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from instantreact.cli.audit import FORMATS, record, to_utc
from instantreact.cli.services import services_of
from instantreact.cli.settings import StateDir, read_settings
from instantreact.config import Settings
from instantreact.domain.erasure import ErasedKind, Span
from instantreact.errors import InvalidInput

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

    from instantreact.pipeline.services import Services
    from instantreact.storage.tables import Erasure, Recipient, User

app = typer.Typer(
    no_args_is_help=True,
    help="Erase for good what a camera saw and heard in a span of time, or a person: somebody who is told, or who "
    "signs in. Each command says first how much that is, and erases only with --yes. What was killed meanwhile is gone "
    "on with by the next one, or by the service. What was sent, and backups, are not reached.",
)

CameraName = Annotated[str, typer.Argument(help="The camera's name.")]
From = Annotated[datetime, typer.Option("--from", formats=FORMATS, help="From this moment on, in UTC.")]
To = Annotated[datetime, typer.Option("--to", formats=FORMATS, help="Before this moment, in UTC.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it; otherwise it is only said what would be erased.")]
PersonName = Annotated[str, typer.Argument(help="As they are called here, however it is written.")]
OnlyRecipient = Annotated[list[str] | None, typer.Option("--recipient", help="Only the recipient with this id.")]
OnlyUser = Annotated[list[str] | None, typer.Option("--user", help="Only the user with this id.")]


@dataclass(frozen=True)
class Target:
    """Something that may be erased: what it is called, how much of it there is, and what begins it."""

    title: str
    counts: Mapping[ErasedKind, int]
    begin: "Callable[[AsyncSession, datetime], Awaitable[Erasure]]"


@app.command()
def camera(camera: CameraName, since: From, until: To, yes: Yes = False, state_dir: StateDir = None) -> None:
    """Erase what a camera saw and heard between two moments: events, pictures, clips, words, and alerts about them."""

    async def run(settings: Settings) -> None:
        async with services_of(settings) as services:
            span = await find_span(services, camera, since, until)
            await _erase(services, "erase camera", [await _describe_span(services, camera, span)], yes=yes)

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command()
def person(
    name: PersonName,
    recipient: OnlyRecipient = None,
    user: OnlyUser = None,
    yes: Yes = False,
    state_dir: StateDir = None,
) -> None:
    """Erase everybody of this name, on all channels and as a user; or what is left of somebody who is gone."""

    async def run(settings: Settings) -> None:
        async with services_of(settings) as services:
            targets = await _list_people(services, name, recipient, user)
            await _erase(services, "erase person", targets, yes=yes)

    asyncio.run(run(read_settings(state_dir=state_dir)))


@app.command("scrub")
def scrub_(state_dir: StateDir = None) -> None:
    """Write SQLite's file anew: nothing erased is left in unused parts of it. Others wait to write meanwhile."""

    async def run(settings: Settings) -> None:
        from instantreact.pipeline.scrub import scrub

        async with services_of(settings) as services:
            await scrub(services)
            is_sqlite = services.database.is_sqlite
        told = "SQLite's file is written anew." if is_sqlite else "PostgreSQL tidies up by itself: nothing was done."
        typer.echo(told)

    asyncio.run(run(read_settings(state_dir=state_dir)))


async def find_span(services: "Services", camera: str, since: datetime | None, until: datetime | None) -> Span:
    """The span of the camera with this name. Raises InvalidInput."""
    from instantreact.storage.erasures import BEGINNING, END
    from instantreact.storage.names import find_ids
    from instantreact.storage.tables import Camera

    async with services.database.reading() as session:
        (camera_id,) = await find_ids(session, Camera, [camera])
    start, end = to_utc(since) or BEGINNING, to_utc(until) or services.clock.now()
    if start >= end:
        raise InvalidInput("Nothing lies between the two moments: --from must be before --to.")
    if start < BEGINNING or end > END:
        raise InvalidInput("Both moments must lie between 1970 and 3000.")
    return Span(camera_id, start, end)


async def _describe_span(services: "Services", camera: str, span: Span) -> Target:
    from instantreact.storage.erasures import insert_span
    from instantreact.storage.spans import count_span

    async with services.database.reading() as session:
        counts = await count_span(session, span)
    title = f"{camera} from {span.since:%Y-%m-%d %H:%M:%S} to before {span.until:%Y-%m-%d %H:%M:%S} UTC"
    return Target(title, counts, lambda session, now: insert_span(session, span, now=now))


def is_wanted(person_id: str, ids: list[str] | None, others: list[str] | None) -> bool:
    """Whether somebody of a name is meant: all are where no ids of this kind or the other are given."""
    return person_id in (ids or ()) if ids is not None or others is not None else True


async def _list_people(
    services: "Services", name: str, recipient_ids: list[str] | None, user_ids: list[str] | None
) -> list[Target]:
    """Raises InvalidInput where nothing bears the name."""
    from instantreact.storage.people import list_called

    async with services.database.reading() as session:
        recipients, users = await list_called(session, name)
        meant = [row for row in recipients if is_wanted(row.id, recipient_ids, user_ids)]
        targets = [await _describe_recipient(session, row) for row in meant]
        targets += [await _describe_user(session, row) for row in users if is_wanted(row.id, user_ids, recipient_ids)]
        if not (recipients or users):
            targets += await _describe_name(session, name)
    if not targets:
        raise InvalidInput(f"Nobody is called {name}, or has such an id, and nothing else bears that name.")
    return targets


async def _describe_recipient(session: "AsyncSession", row: "Recipient") -> Target:
    from instantreact.storage.erasing_people import begin_recipient
    from instantreact.storage.people import count_person, find_recipient_person

    person = await find_recipient_person(session, row.id)
    title = f"{row.name}, recipient {row.id} on {row.channel}"
    counts = await count_person(session, person)
    return Target(title, counts, lambda session, now: begin_recipient(session, person, now=now))


async def _describe_user(session: "AsyncSession", row: "User") -> Target:
    from instantreact.storage.erasing_people import begin_user
    from instantreact.storage.people import count_person, find_user_person

    person = await find_user_person(session, row.id)
    title = f"{row.name}, user {row.id}, {row.role}"
    counts = await count_person(session, person)
    return Target(title, counts, lambda session, now: begin_user(session, person, now=now))


async def _describe_name(session: "AsyncSession", name: str) -> list[Target]:
    from instantreact.storage.erasing_people import begin_name
    from instantreact.storage.people import count_person, find_named_person

    person = await find_named_person(session, name)
    title = f"{name}, who is neither a recipient nor a user any more"
    counts = await count_person(session, person)
    return [Target(title, counts, lambda session, now: begin_name(session, person, now=now))] if counts else []


async def _erase(services: "Services", command: str, targets: list[Target], *, yes: bool) -> None:
    for target in targets:
        typer.echo(f"{target.title}: {describe_counts(target.counts)}")
    if not yes:
        await _try(services, targets)
        typer.echo("Nothing is erased yet: the same command with --yes erases it for good.")
        return
    await _go_on(services)
    async with services.database.unit_of_work() as session:
        begun = await _begin(services, session, targets)
        for erasure in begun:
            record(session, command, erasure.id, now=services.clock.now())
    for erasure in begun:
        await _see_through(services, erasure.id)
    _tell_what_is_left()


async def _begin(services: "Services", session: "AsyncSession", targets: list[Target]) -> "list[Erasure]":
    from instantreact.pipeline.erase import queue_erasure

    now = services.clock.now()
    return [await queue_erasure(session, await target.begin(session, now)) for target in targets]


async def _try(services: "Services", targets: list[Target]) -> None:
    """Raises what would stand in the way, and changes nothing."""
    with suppress(_Undone):
        async with services.database.unit_of_work() as session:
            for target in targets:
                await target.begin(session, services.clock.now())
            raise _Undone


class _Undone(Exception):
    """Has a transaction rolled back."""


async def _go_on(services: "Services") -> None:
    """With what was begun and not finished, by a process that died say."""
    from instantreact.storage.erasures import list_unfinished

    async with services.database.reading() as session:
        begun = await list_unfinished(session)
    for erasure in begun:
        typer.echo(f"Going on with the erasure {erasure.id} of {erasure.requested_at:%Y-%m-%d %H:%M} UTC.")
        await _see_through(services, erasure.id)


async def _see_through(services: "Services", erasure_id: str) -> None:
    from instantreact.pipeline.erase import Eraser
    from instantreact.storage.erasures import get_erasure

    eraser = Eraser(services)
    while (wait_s := await eraser.go_on(erasure_id)) is not None:
        typer.echo(f"Waiting {wait_s:.0f} s for what other processes are about to write, or are reading.")
        await asyncio.sleep(max(0.1, wait_s))
    async with services.database.reading() as session:
        erasure = await get_erasure(session, erasure_id)
    counts = {ErasedKind(kind): number for kind, number in erasure.counts.items()}
    typer.echo(f"Erased ({erasure.id}): {describe_counts(counts)}")
    if erasure.pseudonym:
        typer.echo(f'Where others need to know that somebody did something, "{erasure.pseudonym}" stands for the name.')
    if erasure.remains:
        typer.echo(erasure.remains)


def _tell_what_is_left() -> None:
    from instantreact.pipeline.erase import LEFT_ELSEWHERE

    typer.echo(" ".join(LEFT_ELSEWHERE))


_WORDS: Mapping[ErasedKind, str] = {
    ErasedKind.UNANSWERED: "of them unanswered",
    ErasedKind.UNSENT: "of them not sent",
    ErasedKind.EVIDENCE: "evidence clips",
    ErasedKind.CLIPS: "uploaded clips",
    ErasedKind.SOUNDS: "sounds not recognised yet",
    ErasedKind.RULES: "rules that name them",
    ErasedKind.ANSWERS: "answers to alerts",
    ErasedKind.ENTRIES: "entries of the audit log",
}


def describe_counts(counts: Mapping[ErasedKind, int]) -> str:
    """As people read it, such as `12 events, 2 alerts, 1 of them unanswered`."""
    said = [f"{counts[kind]} {_WORDS.get(kind, kind)}" for kind in ErasedKind if counts.get(kind)]
    return ", ".join(said) or "nothing"
