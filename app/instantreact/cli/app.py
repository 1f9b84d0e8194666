"""Every command, and what all of them share: errors in a sentence."""

import sys
from typing import Annotated

import typer

from instantreact import __version__
from instantreact.cli import (
    analyze,
    audit,
    backup,
    demo,
    detect,
    doctor,
    erase,
    export,
    keys,
    label,
    messenger,
    reference,
    serve,
    training,
    users,
)
from instantreact.errors import InstantReactError

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="InstantReact watches and listens to camera footage and tells the right person. "
    "Settings come from the environment (INSTANTREACT_...) or a file .env; `instantreact doctor` shows them.",
)
app.command()(serve.serve)
app.command()(analyze.analyze)
app.command()(detect.detect)
app.command()(serve.migrate)
app.command()(backup.backup)
app.command()(backup.restore)
app.command()(doctor.doctor)
app.command()(reference.settings)
app.command()(reference.openapi)
app.command()(demo.demo)
app.add_typer(keys.app, name="keys")
app.add_typer(users.app, name="users")
app.add_typer(audit.app, name="audit")
app.add_typer(export.app, name="export")
app.add_typer(erase.app, name="erase")
app.add_typer(label.app, name="label")
app.add_typer(messenger.app, name="messenger")
for _role in (serve.api, serve.worker, serve.relay, serve.ingest):
    app.command(rich_help_panel="Roles that `serve` has all in one process")(_role)
for _name, _help in training.COMMANDS.items():
    app.command(_name, help=_help, **training.FORWARDED)(training.forward)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"instantreact {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line; errors that people can do something about are told in a sentence, exit status 1."""
    try:
        app(prog_name="instantreact")
    except InstantReactError as error:
        typer.echo(f"instantreact: {error}", err=True)
        sys.exit(1)
