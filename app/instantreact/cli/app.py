"""Every command, and what all of them share: errors in a sentence, training loaded only when it is asked for."""

import importlib
import sys
from typing import Annotated

import click
import typer
from typer.core import TyperGroup

from instantreact import __version__
from instantreact.cli import analyze, demo, doctor, serve
from instantreact.errors import InstantReactError, Misconfigured

TRAINING = {
    "prepare": "Sample and cache the frames and features of a data set.",
    "train": "Train a model on your own footage.",
    "evaluate": "Measure a bundle on a split of a data set.",
    "crossval": "Measure a recipe by cross-validation over scenes.",
    "export": "Turn a checkpoint into a bundle that the service can use.",
}
"""Commands that need the extra `train`; importing them loads torch, so that happens only when one is asked for."""


class _Group(TyperGroup):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *TRAINING]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in TRAINING:
            return super().get_command(ctx, cmd_name)
        if len(sys.argv) < 2 or cmd_name not in sys.argv:  # only listed, as `--help` does
            return click.Command(cmd_name, help=TRAINING[cmd_name])
        return _load_training(cmd_name)


def _load_training(name: str) -> click.Command | None:
    try:
        training = importlib.import_module("instantreact.training.cli")
    except ModuleNotFoundError as error:
        if error.name not in ("torch", "torchvision", "onnx"):
            raise
        raise Misconfigured(
            f"`instantreact {name}` needs the training extra: pip install 'instantreact[train]'"
        ) from error
    commands = typer.main.get_command(training.app)
    assert isinstance(commands, click.Group)  # noqa: S101 - tells the type checker what typer builds
    return commands.commands.get(name)


app = typer.Typer(
    cls=_Group,
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
app.command()(demo.demo)


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
        app()
    except InstantReactError as error:
        typer.echo(f"instantreact: {error}", err=True)
        sys.exit(1)
