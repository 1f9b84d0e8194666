"""`instantreact messenger`: setting up the Page, inviting people."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from instantreact.cli.settings import StateDir, read_settings

app = typer.Typer(no_args_is_help=True, help="Set up the Facebook Page that alerts come from, and invite people.")


@app.command()
def connect(
    check: Annotated[bool, typer.Option("--check", help="Only look; change nothing at Facebook.")] = False,
) -> None:
    """Subscribe the Page to its events, set Get Started, greeting, menu and domains, and say what is missing.

    May be run again at any time. Needs INSTANTREACT_MESSENGER_PAGE_ID, _PAGE_TOKEN, _APP_SECRET and _VERIFY_TOKEN, and
    INSTANTREACT_PUBLIC_URL; the service should run, so that its webhook can be tried.
    """
    from instantreact.channels.messenger.page import connect_page
    from instantreact.wiring import find_page_setup

    checks = asyncio.run(connect_page(find_page_setup(read_settings()), may_change=not check))
    for each in checks:
        typer.echo(f"{'ok' if each.problem is None else '!!'}  {each.name}: {each.problem or each.detail}")
    if any(each.problem is not None for each in checks):
        raise typer.Exit(1)


@app.command()
def invite(
    name: Annotated[str, typer.Argument(help="Whom to invite: the name that they get among the recipients.")],
    channel: Annotated[str, typer.Option(help="messenger or telegram.")] = "messenger",
    days: Annotated[float, typer.Option(min=0.001, max=30, help="How long the link opens.")] = 7,
    language: Annotated[str | None, typer.Option(help="en or fr; otherwise what their channel tells.")] = None,
    state_dir: StateDir = None,
) -> None:
    """Print a link, its QR code and six digits, by one of which one person can have alerts sent to them."""
    asyncio.run(_invite(name, channel, timedelta(days=days), language, state_dir))


async def _invite(name: str, channel: str, life: timedelta, language: str | None, state_dir: Path | None) -> None:
    import segno

    from instantreact.domain.alert import ChannelKind
    from instantreact.domain.language import Language
    from instantreact.errors import InvalidInput, Misconfigured
    from instantreact.pipeline.invite import invite as make_invite
    from instantreact.storage.migrate import find_current_and_head
    from instantreact.wiring import open_services

    settings = read_settings(state_dir=state_dir)
    current, head = await find_current_and_head(settings.resolved_database_url)
    if current != head:
        raise Misconfigured("The database is not of this version: `instantreact serve` or `migrate` brings it there.")
    if channel not in tuple(ChannelKind):
        raise InvalidInput(f"There is no channel {channel}; there are {', '.join(ChannelKind)}.")
    if language not in (None, *Language):
        raise InvalidInput(f"The language {language} is not spoken here; {', '.join(Language)} are.")
    spoken = Language(language) if language else None
    async with open_services(settings, keeps_nursery=False) as services:
        made = await make_invite(services, name, ChannelKind(channel), life=life, language=spoken)
    segno.make(made.url).terminal(compact=True)
    minutes = round((made.row.code_expires_at - made.row.created_at).total_seconds() / 60)
    typer.echo(f"{made.url}\nOpens until {made.row.expires_at:%Y-%m-%d %H:%M} UTC, once.")
    typer.echo(f"Or let them write {made.code} to the Page or bot within {minutes} minutes.")
