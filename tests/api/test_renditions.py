"""What browsers play of files that they do not know."""

import asyncio
from pathlib import Path

import av
import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from instantreact.errors import TooBusy
from instantreact.pipeline.renditions import Renditions
from instantreact.pipeline.services import Services
from instantreact.storage.tables import Rendition
from tests.api.problems import assert_problem
from tests.api.test_clips import store_clip
from tests.media.clips import Drawing, make_clip
from tests.storage.factories import make_event


@pytest.fixture(scope="module")
def h265(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    drawing = Drawing(codec="libx265", duration_s=1.0, options={"x265-params": "log-level=none"})
    return make_clip(tmp_path_factory.mktemp("clips") / "a.mp4", drawing).read_bytes()


def codec_of(content: bytes, path: Path) -> str:
    path.write_bytes(content)
    with av.open(str(path)) as film:
        return film.streams.video[0].codec_context.name


async def list_files(services: Services) -> list[str]:
    return sorted(services.blobs.list_older(float("inf")))


async def test_h265_is_coded_once_served_in_parts_and_gone_with_its_file(
    client: httpx.AsyncClient, services: Services, h265: bytes, tmp_path: Path
) -> None:
    clip = await store_clip(services, h265, filename="Tür.mov")
    url = f"/clips/{clip.id}/media"

    first, second = await asyncio.gather(*(client.get(f"{url}?playable=true") for _ in range(2)))
    assert (first.status_code, first.headers["Content-Type"]) == (200, "video/mp4")
    assert first.content == second.content
    assert codec_of(first.content, tmp_path / "made.mp4") == "h264"
    part = await client.get(f"{url}?playable=true", headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, first.content[100:200])
    assert part.headers["ETag"] == f'"{clip.sha256}-h264"'
    original = await client.get(url)
    assert original.content == h265
    files = await list_files(services)
    assert len(files) == 2
    assert {each.split("/")[0] for each in files} == {"clips"}

    assert (await client.delete(f"/clips/{clip.id}")).status_code == 204
    assert await list_files(services) == []
    async with services.database.reading() as session:
        assert (await session.scalars(select(Rendition))).all() == []


async def test_evidence_of_an_h265_camera_is_coded_and_h264_is_served_as_it_is(
    client: httpx.AsyncClient, services: Services, h265: bytes, movie: bytes, tmp_path: Path
) -> None:
    urls = []
    for content in (h265, movie, b"damaged"):
        key = services.blobs.new_key("evidence", ".mp4")
        services.blobs.put(key, content)
        async with services.database.unit_of_work() as session:
            event = await make_event(session, evidence_key=key)
        urls.append(f"/events/{event.id}/evidence.mp4?playable=true")

    coded, same, damaged = [await client.get(url) for url in urls]

    assert codec_of(coded.content, tmp_path / "made.mp4") == "h264"
    assert same.content == movie
    assert_problem(damaged, 422, "not a clip")
    assert_problem(await client.get(urls[0].replace("true", "yes")), 422, "neither true nor false")
    assert len(await list_files(services)) == 4


async def test_who_does_not_wait_is_told_to_ask_again_and_a_file_that_goes_meanwhile_leaves_nothing(
    app: FastAPI, client: httpx.AsyncClient, services: Services, h265: bytes
) -> None:
    clip = await store_clip(services, h265)
    assert clip.blob_key is not None
    renditions: Renditions = app.state.renditions
    with pytest.raises(TooBusy, match="ask again"):
        await renditions.find(clip.blob_key, wait_s=0.0)
    await client.delete(f"/clips/{clip.id}")
    for making in list(renditions._making.values()):
        await asyncio.gather(making, return_exceptions=True)
    assert await list_files(services) == []
