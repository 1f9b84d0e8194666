"""Where results are written to."""

from pathlib import Path

from instantreact.errors import Conflict


def make_folder(path: Path) -> None:
    """Make the folder of a result. Raises Conflict where something else has its name."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise Conflict(f"{path} cannot be a folder: a file has its name. Choose another --output.") from error
