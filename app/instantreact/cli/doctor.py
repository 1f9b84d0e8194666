"""`instantreact doctor`: what is configured, what is missing, what can be reached."""

import asyncio
from typing import Annotated

import typer

from instantreact.cli.settings import StateDir, read_known_settings, unknown_settings
from instantreact.config import Settings, variable_of
from instantreact.doctor import examine
from instantreact.domain.finding import Finding
from instantreact.logs import redact


def doctor(
    state_dir: StateDir = None,
    show_settings: Annotated[bool, typer.Option("--settings", help="List every setting and its value.")] = False,
) -> None:
    """Say what is configured, what is missing and what can be reached; it changes nothing.

    Exit status 1 where the service cannot work.
    """
    settings = read_known_settings(state_dir=state_dir)
    if show_settings:
        _show_settings(settings)
    findings = asyncio.run(examine(settings))
    findings += [Finding(name, "", f"it {problem}") for name, problem in unknown_settings().items()]
    for finding in findings:
        mark = "ok     " if finding.problem is None else "PROBLEM" if finding.is_fatal else "note   "
        typer.echo(f"{mark}  {finding.what}: {finding.problem or finding.detail}")
    if any(finding.problem and finding.is_fatal for finding in findings):
        raise typer.Exit(1)


def _show_settings(settings: Settings) -> None:
    for name, field in type(settings).model_fields.items():
        origin = "set" if name in settings.model_fields_set else "default"
        value = redact(str(getattr(settings, name)))
        typer.echo(f"{variable_of(name)} = {value}  ({origin})  {field.description}")
