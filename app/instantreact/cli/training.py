"""The training commands: known by name, loaded only when one is asked for, because that loads torch."""

import importlib
from typing import Any

import typer

from instantreact.errors import Misconfigured

COMMANDS = {
    "prepare": "Sample and cache the frames and features of a data set.",
    "train": "Train a model on your own footage.",
    "evaluate": "Measure a bundle on a split of a data set.",
    "crossval": "Measure a recipe by cross-validation over scenes.",
    "import": "Make a bundle of weights that others published.",
}


EXPORT = "Turn a checkpoint into a bundle that the service can use."

EXTRA = ("torch", "torchvision", "onnx", "pycocotools", "PIL", "yaml")
"""What the extra brings that the commands import."""

FORWARDED: dict[str, Any] = {
    "add_help_option": False,
    "rich_help_panel": "Training, with the extra 'train'",
    "context_settings": {"allow_extra_args": True, "ignore_unknown_options": True},
}
"""How a command is declared whose options only the other side knows."""


def forward(ctx: typer.Context) -> None:
    """Hand the whole command over to `instantreact.training.cli`. Raises Misconfigured without the extra."""
    _hand_over(str(ctx.info_name), *ctx.args)


def forward_export(ctx: typer.Context) -> None:
    """The same, for one that stands among commands of another kind."""
    _hand_over("export", str(ctx.info_name), *ctx.args)


def _hand_over(command: str, *arguments: str) -> None:
    try:
        training = importlib.import_module("instantreact.training.cli")
    except ImportError as error:
        if (error.name or str(error)).partition(".")[0].split()[0] not in EXTRA:
            raise
        raise Misconfigured(
            f"`instantreact {command}` needs the training extra: pip install 'instantreact[train]'"
        ) from error
    training.app(args=[command, *arguments], prog_name="instantreact")
