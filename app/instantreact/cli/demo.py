"""`instantreact demo`: the product's one door to a package beside it."""

from pathlib import Path
from typing import Annotated

import typer

from instantreact.errors import Misconfigured


def demo(
    clip: Annotated[
        Path | None, typer.Argument(help="A video file; a drawn clip without one.", exists=True, dir_okay=False)
    ] = None,
) -> None:
    """Run the whole product once on this machine: a clip goes in, a sentence and an alert come out."""
    try:
        from instantreact_demo.story import run_demo
    except ModuleNotFoundError as error:
        if error.name != "instantreact_demo":
            raise
        raise Misconfigured(
            "`instantreact demo` needs the package beside the product: in InstantReact's repository, "
            "pip install --no-deps ./demo, or `make demo`, which installs it"
        ) from error

    run_demo(clip, say=typer.echo)
