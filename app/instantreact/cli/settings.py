"""Reads the settings for a command."""

import os
from typing import Any

from dotenv import dotenv_values
from pydantic import ValidationError

from instantreact.config import Settings
from instantreact.errors import Misconfigured
from instantreact.logs import get_logger

log = get_logger(__name__)


def read_settings(**given: Any) -> Settings:
    """The settings from the environment and `.env`, with options that were `given` on the command line on top.

    Raises Misconfigured that names the setting and what is wrong with it, never its value.
    """
    options = {name: value for name, value in given.items() if value is not None}
    try:
        return Settings(**options)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"])
        raise Misconfigured(f"INSTANTREACT_{name.upper()} cannot be used: {first['msg']}.") from error


def unknown_settings() -> list[str]:
    """Variables of the environment and `.env` that look like settings but are none: mistyped, most likely."""
    known = {f"INSTANTREACT_{name.upper()}" for name in Settings.model_fields} | {"INSTANTREACT_DATA"}
    given = {name.upper() for name in (*os.environ, *dotenv_values(".env"))}
    return sorted(name for name in given - known if name.startswith("INSTANTREACT_"))


def warn_of_unknown_settings() -> None:
    """Log them: one that is mistyped would leave its default in place without a word."""
    for name in unknown_settings():
        log.warning("settings.unknown", name=name, hint="no such setting; is it mistyped?")
