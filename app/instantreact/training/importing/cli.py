"""`instantreact import detector`: published weights become a bundle by one command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from instantreact.errors import InvalidInput
from instantreact.inference.detector import DetectorBundle
from instantreact.training.importing import yolox

importing = typer.Typer(no_args_is_help=True, help="Make a bundle of weights that others published.")


class WeightsFormat(StrEnum):
    """Whose weights a file holds."""

    YOLOX = "yolox"


@importing.callback()
def _import() -> None:
    """Keeps `detector` a command of its own, where it is the only one."""


@importing.command("detector")
def import_detector_command(
    file: Annotated[Path, typer.Argument(help="The published weights.", exists=True, dir_okay=False, readable=True)],
    output: Annotated[Path, typer.Option("--output", help="Folder of the bundle.")],
    weights: Annotated[WeightsFormat, typer.Option("--format", help="What the file holds.")],
    height: Annotated[int | None, typer.Option(help="Of the input; yolox only, a multiple of 32.")] = None,
    width: Annotated[int | None, typer.Option(help="Of the input; yolox only, a multiple of 32.")] = None,
    power: Annotated[float, typer.Option(help="What scores are raised to; yolox only.", min=0.1, max=10)] = 1.0,
) -> None:
    """Make a bundle of a published detector, which the service loads and `instantreact detect` uses."""
    if weights is not WeightsFormat.YOLOX and (height, width, power) != (None, None, 1.0):
        raise InvalidInput("--height, --width and --power are for yolox only: the others have one input each.")
    bundle = _import_yolox(file, output, height, width, power)
    size = f"{bundle.input.width} x {bundle.input.height}"
    typer.echo(f"{output} holds {bundle.name}: {len(bundle.labels)} labels, an input of {size} pixels.")


def _import_yolox(file: Path, output: Path, height: int | None, width: int | None, power: float) -> DetectorBundle:
    size = {"height": height or yolox.HEIGHT, "width": width or yolox.WIDTH}
    return yolox.import_yolox(file, output, **size, power=power)
