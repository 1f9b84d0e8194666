"""`instantreact demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    clip: Annotated[
        Path | None, typer.Argument(help="A video file; a drawn clip without one.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Run the whole product once on this machine: a clip goes in, a sentence and an alert come out."""
    from instantreact.demo.story import run_demo

    run_demo(clip, say=typer.echo)
