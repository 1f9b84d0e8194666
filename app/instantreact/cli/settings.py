"""Reads the settings for a command, and describes them."""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any

import typer
from dotenv import dotenv_values
from pydantic import ValidationError

from instantreact.config import PREFIX, Settings, file_variable_of, is_secret, variable_of
from instantreact.domain.camera import SpeechMode
from instantreact.errors import Misconfigured

StateDir = Annotated[Path | None, typer.Option(help="Folder for the database and the clips.")]
"""The option that most commands have."""

_OF_THE_TESTS = frozenset({"INSTANTREACT_DATA"})

# Kubernetes and Docker describe every service near by in variables of these forms, also one that is named instantreact.
_SERVICE_LINK = re.compile(r"\w+_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)")
_SERVICE_ADDRESS = re.compile(r"(tcp|udp|sctp)://[^/]+:\d+")


def listens(settings: Settings, phrases: Sequence[str]) -> bool:
    """Whether anybody listens to a clip's sound, and for anything."""
    if settings.speech is SpeechMode.LOCAL:
        return bool(phrases) or settings.whisper_model is not None
    return settings.speech is not SpeechMode.OFF


def read_settings(**given: Any) -> Settings:
    """The settings from the environment and `.env`, with options that were `given` on the command line on top.

    Raises Misconfigured that names the setting and what is wrong with it, never its value; also for a variable that is
    none of them: mistyped, it would leave a default in place without a word.
    """
    unknown = unknown_settings()
    if unknown:
        raise Misconfigured(" ".join(f"{name} {problem}" for name, problem in unknown.items()))
    return read_known_settings(**given)


def read_known_settings(**given: Any) -> Settings:
    """The same, whatever else is set."""
    options = {name: value for name, value in given.items() if value is not None}
    _read_env_file()
    try:
        return Settings(**options)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        name = str(first["loc"][0])
        is_address = first["type"].startswith("url_")
        why = "a whole address is needed, such as https://cameras.example" if is_address else first["msg"]
        raise Misconfigured(f"{variable_of(name)} cannot be used: {why}.") from error


def unknown_settings() -> dict[str, str]:
    """Variables of the environment and `.env` that look like settings but are none, and what to say of each."""
    known = {*_list_variables(), *_OF_THE_TESTS}
    given = {name.upper(): value or "" for name, value in (*_read_env_file().items(), *os.environ.items())}
    strange = sorted(name for name in given if name.startswith(PREFIX) and name not in known)
    return {name: _describe_unknown(name, known) for name in strange if not _is_service_link(name, given)}


def _read_env_file() -> Mapping[str, str | None]:
    try:
        return dotenv_values(".env")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        raise Misconfigured(f"{Path('.env').absolute()} cannot be read: {reason}.") from error


def _is_service_link(name: str, given: Mapping[str, str]) -> bool:
    return bool(_SERVICE_LINK.fullmatch(name) or _SERVICE_ADDRESS.fullmatch(given[name]))


def _describe_unknown(name: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known], n=1)
    hint = f"did you mean {PREFIX}{nearest[0]}?" if nearest else "`instantreact settings` lists them all."
    return f"is no setting: {hint}"


def _list_variables() -> Iterable[str]:
    for name, field in Settings.model_fields.items():
        yield variable_of(name)
        if is_secret(field):
            yield file_variable_of(name)
