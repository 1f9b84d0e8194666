"""What becomes of the pipeline's work while a bucket is away (of a stand-in for S3)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from instantreact.domain.erasure import ErasureStage
from instantreact.domain.media import ClipState
from instantreact.errors import FilesUnreachable
from instantreact.pipeline.intake import delete_clip, get_clip
from instantreact.pipeline.purge import delete_doomed, purge_orphans
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.s3 import S3Blobs
from instantreact.storage.tables import DoomedFile
from tests.pipeline.conftest import House
from tests.pipeline.erasing import LATER_S, add_camera, begin, dump, read, see_live
from tests.pipeline.test_intake import captioner, movie, seeing, send
from tests.servers.s3 import S3Server, s3

__all__ = ["captioner", "movie", "s3", "seeing"]


@pytest.fixture
def remote(seeing: House, s3: S3Server, tmp_path: Path) -> House:
    """A house whose files lie in a bucket."""
    blobs = S3Blobs(s3.open(s3.create_bucket()), LocalBlobs(tmp_path / "cache"), cache_bytes=10_000_000)
    return House(replace(seeing.services, blobs=blobs), seeing.clock)


@contextmanager
def away(server: S3Server) -> Iterator[None]:
    server.stop()
    try:
        yield
    finally:
        server.start()


async def test_clip_waits_for_the_bucket_and_uses_up_no_tries(remote: House, movie: bytes, s3: S3Server) -> None:
    clip = (await send(remote, movie)).clip
    with away(s3):
        for _ in range(10):  # more often than a job is tried
            await remote.run_due()
            remote.clock.advance(3600)
        assert (await get_clip(remote.services, clip.id)).state is ClipState.ANALYZING
        with pytest.raises(FilesUnreachable):
            await send(remote, movie + b" ")
    remote.clock.advance(3600)
    await remote.run_due()
    assert (await get_clip(remote.services, clip.id)).state is ClipState.ANALYZED


async def test_clip_that_is_deleted_while_the_bucket_is_away_loses_its_file_later(
    remote: House, movie: bytes, s3: S3Server
) -> None:
    clip = (await send(remote, movie)).clip
    assert clip.blob_key is not None
    with away(s3):
        await delete_clip(remote.services, clip.id)
        with pytest.raises(FilesUnreachable):
            await delete_doomed(remote.services)
    assert remote.services.blobs.exists(clip.blob_key)
    async with remote.services.database.reading() as session:
        assert [doomed.key for doomed in await session.scalars(select(DoomedFile))] == [clip.blob_key]
    assert await delete_doomed(remote.services) == len(movie)
    assert not remote.services.blobs.exists(clip.blob_key)


async def test_erasure_does_not_end_before_the_bucket_has_let_go_of_the_files(
    remote: House, movie: bytes, s3: S3Server
) -> None:
    camera_id = await add_camera(remote, "Own")
    key = (await see_live(remote, camera_id, "zebra", 150.0, 152.0)).event.snapshot_key
    assert key is not None
    remote.clock.advance(LATER_S)
    erasure = await begin(remote, camera_id)
    with away(s3):
        await remote.run_due()
        stage = (await read(remote, erasure.id)).stage
        assert "zebra" not in str(await dump(remote.services.database))
    assert stage is ErasureStage.LOG
    assert remote.services.blobs.exists(key)
    remote.clock.advance(3600)

    await remote.run_due()

    assert (await read(remote, erasure.id)).stage is ErasureStage.DONE
    assert not remote.services.blobs.exists(key)


async def test_purge_orphans_deletes_what_no_row_knows_from_the_bucket(remote: House, movie: bytes) -> None:
    clip = (await send(remote, movie)).clip
    remote.services.blobs.put("clips/orphan", b"data")
    remote.clock.advance(timedelta(days=36_500).total_seconds())  # the stand-in's files are as old as today
    assert await purge_orphans(remote.services) == 1
    assert remote.services.blobs.exists(clip.blob_key or "")
