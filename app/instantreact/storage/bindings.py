"""A database, its files and its secret key belong together: a process that has one without the others is refused.

It would find none of the clips that others took, and give them up as damaged; take the files of another database for
its own, and remove those that no row of its own knows; or open no camera, since it cannot read its address.
"""

import socket
from pathlib import Path

from sqlalchemy import update

from instantreact.errors import Misconfigured, NotFound
from instantreact.storage.blobs import BlobStore
from instantreact.storage.database import Database
from instantreact.storage.inserting import insert_unless_there
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Binding, new_id

MARKER = "service.id"
"""Lies beside the files: the id of the service that they belong to."""

_SERVICE = "service"
_SECRET = "secret_key"  # noqa: S105 the name of a row
_NOWHERE = ""


async def find_service_id(database: Database) -> str:
    """The id of the service whose database this is, the same for all its processes."""
    async with database.unit_of_work() as session:
        await insert_unless_there(session, Binding(name=_SERVICE, value=new_id(), place=_NOWHERE))
        return (await session.get_one(Binding, _SERVICE)).value


async def bind_blobs(database: Database, blobs: BlobStore, place: Path | str) -> None:
    """Check that the files in a folder or bucket are this database's; at first they become so. Raises Misconfigured."""
    service, marked = await find_service_id(database), _read_marker(blobs)
    here = f"{socket.gethostname()}:{place.resolve()}" if isinstance(place, Path) else place  # noqa: ASYNC240 once
    if marked == service:
        await _claim_place(database, here)
        return
    is_folder = isinstance(place, Path)
    setting = "INSTANTREACT_BLOBS_DIR" if is_folder else "INSTANTREACT_BLOBS_URL"
    if marked is not None:
        raise Misconfigured(
            f"{place} holds the files of another database. Name an empty one in {setting}; or, if that database is "
            f"gone for good, remove {place}/{MARKER}."
        )
    there = await _claim_place(database, here)
    if there != here:
        raise Misconfigured(
            f"The files of this database lie in {there}, not in {place}: INSTANTREACT_BLOBS_DIR or "
            "INSTANTREACT_BLOBS_URL must name that place, by a path at which this process reaches it. If they were "
            f"moved here, or are lost for good, write {service} into {place}/{MARKER}."
        )
    blobs.put(MARKER, service.encode())


async def bind_secret(database: Database, box: SecretBox) -> None:
    """Check that `box` opens what other processes sealed; from now on its newest key must. Raises Misconfigured."""
    async with database.unit_of_work() as session:
        await insert_unless_there(session, Binding(name=_SECRET, value=box.seal(_SECRET), place=_NOWHERE))
        bound = await session.get_one(Binding, _SECRET, with_for_update=True)
        try:
            bound.value = box.reseal(bound.value)
        except Misconfigured as error:
            raise Misconfigured(
                "This database was encrypted with another secret key. Give every process the same "
                "INSTANTREACT_SECRET_KEYS, or the same secret.key in its state folder. If that key is lost for good, "
                f"delete the row {_SECRET} of the table bindings, and enter every camera's source again."
            ) from error


async def _claim_place(database: Database, here: str) -> str:
    """Where the files lie: here, unless they lie somewhere else."""
    async with database.unit_of_work() as session:
        free = update(Binding).where(Binding.name == _SERVICE, Binding.place == _NOWHERE)
        await session.execute(free.values(place=here).execution_options(synchronize_session=False))
        return (await session.get_one(Binding, _SERVICE, populate_existing=True)).place


def _read_marker(blobs: BlobStore) -> str | None:
    try:
        return blobs.read(MARKER).decode().strip()
    except NotFound:
        return None
