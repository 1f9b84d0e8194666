"""A database and its files belong together: a process that has one without the other would bury healthy clips."""

from pathlib import Path

from instantreact.errors import Misconfigured
from instantreact.storage.database import Database
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.private import open_private
from instantreact.storage.tables import Binding, new_id

_FILES = "files"


async def bind_files(database: Database, folder: Path) -> None:
    """Check that the files in `folder` are this database's; at first they become so. Raises Misconfigured.

    The mark lies beside the folder, so that it goes along when both are moved.
    """
    marker, here = find_marker(folder), str(folder.absolute())  # noqa: ASYNC240 asks no disk
    marked = _read(marker)
    value, place = marked or new_id(), here
    async with database.unit_of_work() as session:
        if not await insert_unless_there(session, Binding(name=_FILES, value=value, place=here)):
            stored = await session.get_one(Binding, _FILES)
            value, place = stored.value, stored.place
    if marked is None and place == here:
        _write(marker, value)
    elif marked != value:
        raise Misconfigured(
            f"The files of this database lie in {place}, not in {folder}: start the service with the state folder that "
            f"holds them. If they were moved here, or are lost for good, write {value} into {marker}."
        )


def find_marker(folder: Path) -> Path:
    """Where the id of the database stands that the files in `folder` belong to."""
    return folder.with_suffix(".id")


def _read(marker: Path) -> str | None:
    return marker.read_text().strip() if marker.exists() else None


def _write(marker: Path, value: str) -> None:
    marker.parent.mkdir(parents=True, exist_ok=True)
    with open(marker, "w", opener=open_private) as file:
        file.write(value)
