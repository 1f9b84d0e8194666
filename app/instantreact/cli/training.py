"""The training commands: known by name, loaded only when one is asked for, because that loads torch."""

import importlib

import typer

from instantreact.errors import Misconfigured

COMMANDS = {
    "prepare": "Sample and cache the frames and features of a data set.",
    "train": "Train a model on your own footage.",
    "evaluate": "Measure a bundle on a split of a data set.",
    "crossval": "Measure a recipe by cross-validation over scenes.",
    "export": "Turn a checkpoint into a bundle that the service can use.",
}


def forward(ctx: typer.Context) -> None:
    """Hand the whole command over to `instantreact.training.cli`. Raises Misconfigured without the extra."""
    try:
        training = importlib.import_module("instantreact.training.cli")
    except ImportError as error:
        if (error.name or str(error)).partition(".")[0].split()[0] not in ("torch", "torchvision", "onnx"):
            raise
        raise Misconfigured(
            f"`instantreact {ctx.info_name}` needs the training extra: pip install 'instantreact[train]'"
        ) from error
    training.app(args=[str(ctx.info_name), *ctx.args], prog_name="instantreact")
