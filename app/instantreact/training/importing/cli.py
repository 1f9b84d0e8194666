"""`instantreact import detector` and `import poses`: published weights become a bundle by one command."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from instantreact.errors import InvalidInput
from instantreact.inference.detector import DetectorBundle
from instantreact.training.importing import movenet, torchvision_ssd, tutorial_ssd, yolox

importing = typer.Typer(no_args_is_help=True, help="Make a bundle of weights that others published.")


class WeightsFormat(StrEnum):
    """Whose weights a file holds."""

    YOLOX = "yolox"
    SSD300_VGG16 = "ssd300-vgg16"
    SSDLITE320 = "ssdlite320"
    TUTORIAL_SSD300 = "tutorial-ssd300"


_TORCHVISION = {
    WeightsFormat.SSD300_VGG16: torchvision_ssd.SSD300_VGG16,
    WeightsFormat.SSDLITE320: torchvision_ssd.SSDLITE320,
}


@importing.command("detector")
def import_detector_command(
    file: Annotated[Path, typer.Argument(help="The published weights.", exists=True, dir_okay=False, readable=True)],
    output: Annotated[Path, typer.Option("--output", help="Folder of the bundle.")],
    weights: Annotated[WeightsFormat, typer.Option("--format", help="What the file holds.")],
    height: Annotated[int | None, typer.Option(help="Of the input; yolox only, a multiple of 32.")] = None,
    width: Annotated[int | None, typer.Option(help="Of the input; yolox only, a multiple of 32.")] = None,
    power: Annotated[float | None, typer.Option(help="What scores are raised to; yolox only.", min=0.1, max=10)] = None,
    overlap: Annotated[
        float | None,
        typer.Option(help="From which on one of two boxes of a label goes; yolox only.", min=0.05, max=0.95),
    ] = None,
) -> None:
    """Make a bundle of a published detector, which the service loads and `instantreact detect` uses."""
    changes = {"height": height, "width": width, "power": power, "overlap": overlap}
    given = {name: value for name, value in changes.items() if value is not None}
    if weights is not WeightsFormat.YOLOX and given:
        raise InvalidInput(f"--{next(iter(given))} is for yolox only: the others are what they are.")
    bundle = _import(weights, file, output, given)
    size = f"{bundle.input.width} x {bundle.input.height}"
    typer.echo(f"{output} holds {bundle.name}: {len(bundle.labels)} labels, an input of {size} pixels.")


@importing.command("poses")
def import_poses_command(
    file: Annotated[Path, typer.Argument(help="The published weights.", exists=True, dir_okay=False, readable=True)],
    output: Annotated[Path, typer.Option("--output", help="Folder of the bundle.")],
    slope: Annotated[float, typer.Option(help="Of a fall's calibration: for one body length of drop.")] = movenet.SLOPE,
    offset: Annotated[float, typer.Option(help="And for none.")] = movenet.OFFSET,
) -> None:
    """Make a bundle of MoveNet MultiPose, converted to ONNX, by which the service tells falls."""
    bundle = movenet.import_movenet(file, output, slope=slope, offset=offset)
    size = f"{bundle.input.width} x {bundle.input.height}"
    typer.echo(f"{output} holds {bundle.name}: {len(bundle.joints)} joints, an input of {size} pixels.")


def _import(weights: WeightsFormat, file: Path, output: Path, given: dict[str, Any]) -> DetectorBundle:
    if weights is WeightsFormat.YOLOX:
        return yolox.import_yolox(file, output, **given)
    if weights is WeightsFormat.TUTORIAL_SSD300:
        return tutorial_ssd.import_tutorial(file, output)
    return torchvision_ssd.import_torchvision(file, output, _TORCHVISION[weights])
