"""`instantreact detect`: what is seen in a picture or a clip, and where; no server, no database."""

import json
from pathlib import Path
from typing import Annotated

import typer

from instantreact.cli.settings import read_settings


def detect(
    file: Annotated[
        Path, typer.Argument(help="A picture or a video file.", exists=True, dir_okay=False, readable=True)
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    draw: Annotated[
        Path | None,
        typer.Option("--draw", help="Write the picture, or of a clip an MP4, with boxes and labels drawn in."),
    ] = None,
    min_score: Annotated[float, typer.Option(help="Leave out what scores less.", min=0, max=1)] = 0.3,
    top: Annotated[int | None, typer.Option(help="At most so many a frame, the best first.", min=1)] = None,
    label: Annotated[list[str] | None, typer.Option(help="Look for this only; may be repeated.")] = None,
    every_s: Annotated[float, typer.Option(help="Of a clip, look every so many seconds.", min=0)] = 0.5,
    bundle: Annotated[Path | None, typer.Option(help="Bundle folder instead of the shipped one.")] = None,
) -> None:
    """Say what is seen in a picture or a clip, and where: one line for each box."""
    from instantreact.cli.detecting import DetectOptions, describe_frames, draw_frames, format_frame, open_detector, see

    wanted = DetectOptions(min_score=min_score, top=top, labels=label, every_s=every_s)
    detector = open_detector(bundle, wanted)
    seen = see(file, detector, wanted, read_settings())
    if draw is not None:
        seen = draw_frames(file, draw, seen)
    if as_json:
        typer.echo(json.dumps(describe_frames(file, detector, seen), indent=2))
    else:
        for frame in seen:
            typer.echo(format_frame(frame))
