"""Recipes are TOML files; what is wrong with one is said by its name and place."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from instantreact.errors import InvalidInput

Recipe = TypeVar("Recipe", bound=BaseModel)


def read_recipe(path: Path, kind: type[Recipe], *, beside: Sequence[tuple[str, str]] = ()) -> Recipe:
    """Read a recipe; where the table and key of `beside` name a file, its content stands for the name.

    Raises InvalidInput that names the file and the first thing wrong with it.
    """
    content = _read_toml(path)
    for table, key in beside:
        within = content.get(table)
        if isinstance(within, dict) and isinstance(within.get(key), str):
            within[key] = _read_beside(path, within[key], f"[{table}] {key}")
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"The configuration {path} is wrong at {where}: {first['msg']}") from error


def _read_beside(path: Path, name: str, asking: str) -> dict[str, Any]:
    try:
        return _read_toml(path.parent / name)
    except InvalidInput as error:
        raise InvalidInput(f"{error} It is what {asking} of {path} names.") from error


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InvalidInput(f"The configuration {path} cannot be read: {error.strerror or error}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The configuration {path} is not TOML: {error}") from error
