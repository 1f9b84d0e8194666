"""What a process held that died is free at once where its neighbours see it; elsewhere its leases run out."""

import asyncio

from instantreact.clock import Clock
from instantreact.jobs.claims import release_owned
from instantreact.jobs.room import withdraw_room
from instantreact.logs import get_logger
from instantreact.storage.database import Database
from instantreact.storage.leases import end_leases
from instantreact.storage.neighbours import Neighbours

log = get_logger(__name__)


async def free_dead(database: Database, neighbours: Neighbours, *, clock: Clock) -> None:
    """Free the jobs and cameras of every neighbour that died. Of those that live nothing is touched."""
    for name in await asyncio.to_thread(neighbours.list_dead):
        async with database.unit_of_work() as session:
            freed = await release_owned(session, name)
            await withdraw_room(session, name)
            await end_leases(session, name, now=clock.now())
        await asyncio.to_thread(neighbours.forget, name)
        log.warning("process.died", name=name, freed_jobs=freed)
