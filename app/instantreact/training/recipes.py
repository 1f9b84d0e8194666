"""Recipes are TOML files; what is wrong with one is said by its name and place."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from instantreact.errors import InvalidInput

Recipe = TypeVar("Recipe", bound=BaseModel)


def read_recipe(path: Path, kind: type[Recipe]) -> Recipe:
    """Read a recipe. Raises InvalidInput that names the file and the first thing wrong with it."""
    try:
        return kind.model_validate(tomllib.loads(path.read_text("utf-8")))
    except OSError as error:
        raise InvalidInput(f"The configuration {path} cannot be read.") from error
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"The configuration {path} is not TOML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"The configuration {path} is wrong at {where}: {first['msg']}") from error
