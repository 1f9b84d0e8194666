"""`instantreact analyze`: clips in, answers out; no server, no database."""

from pathlib import Path
from typing import Annotated

import typer

from instantreact.cli.settings import listens, read_settings


def analyze(
    clips: Annotated[
        list[Path],
        typer.Argument(help="Video files, one or many: *.mp4", metavar="CLIP"),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one line of JSON for each clip as soon as it is done.")
    ] = False,
    bundle: Annotated[Path | None, typer.Option(help="Bundle folder instead of the shipped one.")] = None,
    listen_for: Annotated[
        list[str] | None,
        typer.Option(help="A phrase to listen for on this machine; may be repeated. Wit.ai and Whisper need none."),
    ] = None,
    lying: Annotated[
        bool,
        typer.Option(
            "--lying", help="Say in every window whether somebody lies, also where nobody falls; it takes longer."
        ),
    ] = False,
) -> None:
    """Say what happens in clips: one sentence a window, how probable each concept is, and what is said.

    Models are loaded once; clips are answered one after the other, in the order given.

    A clip that cannot be analyzed is told on standard error, with --json in its line too.
    The others go on, and the exit status is 1.
    """
    settings = read_settings(captioner_bundle=bundle)
    from instantreact.media.nursery import start_nursery

    # It gets ready while this process imports what it needs.
    nursery = start_nursery(hears=listens(settings, listen_for or ()))
    from instantreact.cli.clip_analysis import analyze_clips, tell_analyses

    failed = tell_analyses(
        analyze_clips(clips, settings, nursery, phrases=listen_for or (), asks_who_lies=lying),
        len(clips),
        as_json=as_json,
    )
    if failed:
        if len(clips) > 1:
            typer.echo(f"instantreact: {failed} of {len(clips)} clips could not be analyzed.", err=True)
        raise typer.Exit(1)
