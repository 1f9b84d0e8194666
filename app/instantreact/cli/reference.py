"""`instantreact settings`: the reference of every setting, in Markdown; docs/settings.md is what it prints.

`instantreact openapi`: the description of the API; web/openapi.json is what it prints.
"""

import json
import os
from collections.abc import Iterator
from typing import Any

import typer

from instantreact.config import Settings, file_variable_of, is_secret, variable_of

_INTRODUCTION = """# Settings

From the environment, or a file `.env` in the folder where the command is run; the environment counts more, an option
of the command most. One that is set to nothing is not set; a variable `INSTANTREACT_...` that is not listed here is
refused at start. Each secret may lie in a file instead, which a variable with `_FILE` at its end names.
`instantreact doctor --settings` shows what is set, without secrets.

`make settings` writes this page from the settings themselves.

| setting | takes | by default | what it is |
|---|---|---|---|"""

_BOUNDS = {"minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than"}
_TYPES = {"integer": "a whole number", "number": "a number", "boolean": "`true` or `false`"}
_FORMATS = {"password": "a secret", "path": "a path", "uri": "a URL"}


def settings() -> None:
    """Print the reference of every setting, in Markdown."""
    typer.echo("\n".join(list_reference()))


def openapi() -> None:
    """Print the description of the API (OpenAPI)."""
    from instantreact.api.app import describe_api

    typer.echo(json.dumps(describe_api(), indent=1, ensure_ascii=False))


def list_reference() -> Iterator[str]:
    """The lines of docs/settings.md."""
    yield _INTRODUCTION
    schema = Settings.model_json_schema()
    for name, field in Settings.model_fields.items():
        told = schema["properties"][name]
        names = [variable_of(name), *([file_variable_of(name)] if is_secret(field) else [])]
        shown = "<br>".join(f"`{each}`" for each in names)
        yield f"| {shown} | {_describe_type(told, schema)} | {_describe_default(told)} | {field.description} |"


def _describe_type(told: dict[str, Any], schema: dict[str, Any]) -> str:
    told = {**told, **next((each for each in told.get("anyOf", ()) if each.get("type") != "null"), {})}
    if "$ref" in told:
        told = {**told, **schema["$defs"][told["$ref"].rpartition("/")[2]]}
    if "enum" in told:
        return ", ".join(f"`{value}`" for value in told["enum"])
    takes = _FORMATS.get(told.get("format", "")) or _TYPES.get(told["type"], "text")
    bounds = [f"{words} {told[bound]:g}" for bound, words in _BOUNDS.items() if bound in told]
    if told["type"] == "object":
        return "`name=value`, parted by `,`"
    if told["type"] == "array":
        return f"folders, parted by `{os.pathsep}`" if told["items"].get("format") == "path" else "text, parted by `,`"
    return ", ".join([takes, *bounds])


def _describe_default(told: dict[str, Any]) -> str:
    default = told.get("default")
    match default:
        case None | [] | "":
            return ""
        case dict():
            return ", ".join(f"`{name}={value}`" for name, value in default.items())
        case bool():
            return f"`{str(default).lower()}`"
        case float():
            return f"`{default:g}`"
    return f"`{default}`"
