"""Files in a bucket are served as those of a folder are, to the last header."""

from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from instantreact.pipeline.services import Services
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.s3 import S3Blobs
from tests.servers.s3 import S3Server, s3
from tests.storage.factories import make_clip

__all__ = ["s3"]

CONTENT = bytes(range(256)) * 4
SHA256 = "ab" * 32


@pytest.fixture
def services(services: Services, s3: S3Server, tmp_path: Path) -> Services:
    bucket = s3.open(s3.create_bucket())
    return replace(services, blobs=S3Blobs(bucket, LocalBlobs(tmp_path / "cache"), cache_bytes=1_000_000))


@pytest.mark.parametrize(
    ("asked", "status", "start", "end"),
    [
        ({}, 200, 0, 1024),
        ({"Range": "bytes=0-99"}, 206, 0, 100),
        ({"Range": "bytes=100-"}, 206, 100, 1024),
        ({"Range": "bytes=-24"}, 206, 1000, 1024),
        ({"Range": "bytes=-5000"}, 206, 0, 1024),
        ({"Range": "bytes=1000-5000"}, 206, 1000, 1024),
        ({"Range": "bytes=0-99", "If-Range": f'"{SHA256}"'}, 206, 0, 100),
        ({"Range": "bytes=0-99", "If-Range": '"other"'}, 200, 0, 1024),
        ({"Range": "lines=0-99"}, 200, 0, 1024),
        ({"Range": "bytes=9-0"}, 200, 0, 1024),
        ({"Range": "bytes=1-2,4-5"}, 200, 0, 1024),  # which RFC 9110 allows
    ],
)
async def test_media_of_a_bucket_is_served_in_parts(
    client: httpx.AsyncClient, services: Services, asked: dict[str, str], status: int, start: int, end: int
) -> None:
    services.blobs.put("clips/a", CONTENT)
    async with services.database.unit_of_work() as session:
        clip = await make_clip(session, blob_key="clips/a", sha256=SHA256, filename='a "door".mp4')

    answer = await client.get(f"/clips/{clip.id}/media", headers=asked)
    head = await client.head(f"/clips/{clip.id}/media", headers=asked)

    assert (answer.status_code, answer.content) == (status, CONTENT[start:end])
    assert (head.status_code, head.content) == (status, b"")
    for each in (answer, head):
        assert each.headers["Content-Length"] == str(end - start)
        assert each.headers.get("Content-Range") == (f"bytes {start}-{end - 1}/1024" if status == 206 else None)
        assert each.headers["ETag"] == f'"{SHA256}"'
        assert each.headers["Accept-Ranges"] == "bytes"
        assert each.headers["Content-Disposition"] == "inline; filename*=utf-8''a%20%22door%22.mp4"


async def test_media_of_a_bucket_is_refused_or_not_sent_again(client: httpx.AsyncClient, services: Services) -> None:
    services.blobs.put("clips/a", CONTENT)
    async with services.database.unit_of_work() as session:
        clip = await make_clip(session, blob_key="clips/a", sha256=SHA256)
        gone = await make_clip(session, blob_key="clips/b")
    beyond = await client.get(f"/clips/{clip.id}/media", headers={"Range": "bytes=1024-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, "bytes */1024")
    known = await client.get(f"/clips/{clip.id}/media", headers={"If-None-Match": f'"{SHA256}"'})
    assert (known.status_code, known.content) == (304, b"")
    assert (await client.get(f"/clips/{gone.id}/media")).status_code == 404
