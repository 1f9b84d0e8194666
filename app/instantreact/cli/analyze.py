"""`instantreact analyze`: one clip, one answer; no server, no database."""

import json
from pathlib import Path
from typing import Annotated

import typer

from instantreact.cli.settings import read_settings


def analyze(
    clip: Annotated[Path, typer.Argument(help="A video file.", exists=True, dir_okay=False, readable=True)],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    bundle: Annotated[Path | None, typer.Option(help="Bundle folder instead of the shipped one.")] = None,
    listen_for: Annotated[
        list[str] | None,
        typer.Option(help="A phrase to listen for on this machine; may be repeated. Wit.ai and Whisper need none."),
    ] = None,
) -> None:
    """Say what happens in a clip: one sentence a window, how probable each concept is, and what is said."""
    from instantreact.cli.clip_analysis import analyze_clip, describe_analysis, format_analysis

    settings = read_settings(captioner_bundle=bundle)
    analysis = analyze_clip(clip, settings, phrases=listen_for or (), show_progress=not as_json)
    typer.echo(json.dumps(describe_analysis(analysis), indent=2) if as_json else format_analysis(analysis))
