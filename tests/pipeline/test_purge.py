import os
from datetime import timedelta

from instantreact.pipeline.purge import purge_orphans
from instantreact.storage import clips
from tests.pipeline.conftest import House
from tests.storage.factories import NOW, make_new_clip


def put_file(house: House, folder: str, *, age: timedelta) -> str:
    blobs = house.services.blobs
    key = blobs.new_key(folder, ".bin")
    blobs.put(key, b"something")
    written_s = (NOW - age).timestamp()
    os.utime(blobs.path(key), (written_s, written_s))
    return key


async def test_purge_removes_old_files_that_no_row_knows_and_nothing_else(house: House) -> None:
    orphan = put_file(house, "clips", age=timedelta(hours=2))
    young = put_file(house, "clips", age=timedelta(minutes=1))
    known = put_file(house, "clips", age=timedelta(hours=2))
    async with house.services.database.unit_of_work() as session:
        clip, _ = await clips.insert_or_find(session, make_new_clip(blob_key=known), now=NOW)
    event = await house.see(clip)
    assert await purge_orphans(house.services) == 1
    assert event.snapshot_key is not None
    there = {key: house.services.blobs.path(key).exists() for key in (orphan, young, known, event.snapshot_key)}
    assert there == {orphan: False, young: True, known: True, event.snapshot_key: True}
