"""Reads the settings for a command."""

import os
from typing import Any

from pydantic import ValidationError

from instantreact.config import Settings
from instantreact.errors import Misconfigured


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
    """Variables of the environment that look like settings but are none: mistyped, most likely."""
    known = {f"INSTANTREACT_{name.upper()}" for name in Settings.model_fields} | {"INSTANTREACT_DATA"}
    return sorted(name for name in os.environ if name.startswith("INSTANTREACT_") and name.upper() not in known)
