"""Every command, and what all of them share: errors in a sentence."""

import sys
from typing import Annotated

import typer

from instantreact import __version__
from instantreact.cli import analyze, audit, demo, doctor, keys, messenger, reference, roles, serve, training
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
app.command()(serve.migrate)
app.command()(doctor.doctor)
app.command()(reference.settings)
app.command()(demo.demo)
app.add_typer(keys.app, name="keys")
app.add_typer(audit.app, name="audit")
app.add_typer(messenger.app, name="messenger")
for _role in (roles.api, roles.worker, roles.relay, roles.ingest):
    app.command(rich_help_panel="Roles that `serve` has all in one process")(_role)
for _name, _help in training.COMMANDS.items():
    app.command(
        _name,
        help=_help,
        add_help_option=False,
        rich_help_panel="Training, with the extra 'train'",
        context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    )(training.forward)


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
