import email
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from instantreact.domain.media import ClipInfo
from instantreact.pipeline.services import Services
from instantreact.storage import clips
from instantreact.storage.tables import Clip
from tests.api.problems import assert_problem
from tests.storage.factories import NOW, make_alert, make_clip, make_event, make_new_clip

CONTENT = bytes(range(256)) * 4
SIZE = len(CONTENT)


async def store_clip(services: Services, content: bytes = CONTENT, **values: object) -> Clip:
    key = services.blobs.new_key("clips", "")
    services.blobs.put(key, content)
    async with services.database.unit_of_work() as session:
        return await make_clip(session, blob_key=key, **values)


async def test_clips_are_narrowed_by_state_and_page_by_page(client: httpx.AsyncClient, services: Services) -> None:
    async with services.database.unit_of_work() as session:
        made = [
            (await clips.insert_or_find(session, make_new_clip(), now=NOW + timedelta(seconds=index)))[0].id
            for index in range(5)
        ]
        await clips.mark_failed(session, made[2], "broken")

    first = (await client.get("/clips", params={"limit": 3})).json()
    rest = (await client.get("/clips", params={"limit": 3, "after": first["next"]})).json()

    assert [clip["id"] for clip in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None
    failed = (await client.get("/clips", params={"state": "failed"})).json()["items"]
    assert [(clip["id"], clip["error"]) for clip in failed] == [(made[2], "broken")]
    assert (await client.get("/clips", params={"camera_id": "c1"})).json() == {"items": [], "next": None}


async def test_events_of_a_clip_are_all_listed_in_order_however_many_there_are(
    client: httpx.AsyncClient, services: Services
) -> None:
    clip = await store_clip(services)
    assert (await client.get(f"/clips/{clip.id}/events")).json() == []
    async with services.database.unit_of_work() as session:
        made = [(await make_event(session, clip_id=clip.id, window_index=index)).id for index in range(45)]

    listed = (await client.get(f"/clips/{clip.id}/events")).json()

    assert [event["id"] for event in listed] == made
    assert listed[44] == (await client.get(f"/events/{made[44]}")).json()


async def test_clip_is_deleted_with_its_events_alerts_and_files(
    client: httpx.AsyncClient, services: Services, tmp_path: Path
) -> None:
    clip = await store_clip(services)
    picture = services.blobs.new_key("snapshots", ".jpg")
    services.blobs.put(picture, b"a picture")
    async with services.database.unit_of_work() as session:
        event = await make_event(session, clip_id=clip.id, snapshot_key=picture)
        alert = await make_alert(session, event_id=event.id)

    assert (await client.delete(f"/clips/{clip.id}")).status_code == 204

    for path in (f"/clips/{clip.id}", f"/clips/{clip.id}/events", f"/clips/{clip.id}/media", f"/events/{event.id}"):
        assert_problem(await client.get(path), 404)
    assert_problem(await client.get(f"/alerts/{alert.id}"), 404)
    assert_problem(await client.delete(f"/clips/{clip.id}"), 404, "There is no clip")
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []


async def test_media_is_the_whole_file_without_a_range(client: httpx.AsyncClient, services: Services) -> None:
    clip = await store_clip(services, filename='a "door".mp4')

    answer = await client.get(f"/clips/{clip.id}/media")

    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == f'"{clip.sha256}"'
    assert answer.headers["Content-Disposition"] == "inline; filename*=utf-8''a%20%22door%22.mp4"
    head = await client.head(f"/clips/{clip.id}/media")
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(SIZE))


async def test_media_is_not_found_when_somebody_removed_the_file(client: httpx.AsyncClient, services: Services) -> None:
    clip = await store_clip(services)
    services.blobs.delete(clip.blob_key or "")

    assert_problem(await client.get(f"/clips/{clip.id}/media"), 404, "There is no file")


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-99", 0, 100),
        ("bytes=100-", 100, SIZE),
        ("bytes=-24", SIZE - 24, SIZE),
        ("bytes=-99999", 0, SIZE),
        ("bytes=1000-99999", 1000, SIZE),
        ("bytes=0-0", 0, 1),
        ("Bytes = 5-6", 5, 7),
        ("bytes=5-6, 9999-", 5, 7),
        ("bytes=5-6,6-9", 5, 10),
    ],
)
async def test_media_is_the_part_that_was_asked_for(
    client: httpx.AsyncClient, services: Services, asked: str, start: int, end: int
) -> None:
    clip = await store_clip(services)

    answer = await client.get(f"/clips/{clip.id}/media", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (206, CONTENT[start:end])
    assert answer.headers["Content-Range"] == f"bytes {start}-{end - 1}/{SIZE}"


@pytest.mark.parametrize("asked", ["bytes=1024-", "bytes=-0", "bytes=5000-6000,7000-"])
async def test_media_has_no_part_beyond_its_end(client: httpx.AsyncClient, services: Services, asked: str) -> None:
    clip = await store_clip(services)

    answer = await client.get(f"/clips/{clip.id}/media", headers={"Range": asked})

    assert_problem(answer, 416, "The file has 1024 bytes.")
    assert answer.headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked", ["frames=0-10", "bytes=9-5", "bytes=a-b", "bytes=", "bytes", "bytes=1-2;3", f"bytes=0-{'9' * 5000}"]
)
async def test_media_ignores_a_range_that_is_none(client: httpx.AsyncClient, services: Services, asked: str) -> None:
    clip = await store_clip(services)

    answer = await client.get(f"/clips/{clip.id}/media", headers={"Range": asked})

    assert (answer.status_code, answer.content) == (200, CONTENT)


async def test_media_sends_several_parts_as_multipart(client: httpx.AsyncClient, services: Services) -> None:
    clip = await store_clip(services)

    answer = await client.get(f"/clips/{clip.id}/media", headers={"Range": "bytes=65-68,97-99"})

    assert answer.status_code == 206
    head = f"Content-Type: {answer.headers['Content-Type']}\r\n\r\n".encode()
    parts = email.message_from_bytes(head + answer.content).get_payload()
    assert isinstance(parts, list)
    assert [(part["Content-Range"], part.get_payload()) for part in parts if not isinstance(part, str)] == [
        ("bytes 65-68/1024", "ABCD"),
        ("bytes 97-99/1024", "abc"),
    ]


@pytest.mark.parametrize(("if_range", "status"), [("{etag}", 206), ('"other"', 200), ("W/{etag}", 200)])
async def test_media_sends_a_part_only_of_the_file_that_was_meant(
    client: httpx.AsyncClient, services: Services, if_range: str, status: int
) -> None:
    clip = await store_clip(services)
    given = if_range.format(etag=f'"{clip.sha256}"')

    for asked in ("bytes=0-9", "bytes=9999-") if status == 200 else ("bytes=0-9",):
        answer = await client.get(f"/clips/{clip.id}/media", headers={"Range": asked, "If-Range": given})
        assert answer.status_code == status


async def test_media_is_not_sent_again_to_who_has_it(client: httpx.AsyncClient, services: Services) -> None:
    clip = await store_clip(services)

    for known in (f'"{clip.sha256}"', f'"x", W/"{clip.sha256}"', "*"):
        answer = await client.get(f"/clips/{clip.id}/media", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content) == (304, b"")
    assert (await client.get(f"/clips/{clip.id}/media", headers={"If-None-Match": '"x"'})).status_code == 200


@pytest.mark.parametrize(
    ("container", "media_type"),
    [
        ("mov,mp4,m4a,3gp,3g2,mj2", "video/mp4"),
        ("matroska,webm", "video/webm"),
        ("h264", "application/octet-stream"),
    ],
)
async def test_media_is_of_the_type_that_probing_found(
    client: httpx.AsyncClient, services: Services, container: str, media_type: str
) -> None:
    info = ClipInfo(container, "h264", 2.0, 640, 480, 25.0, has_audio=False)
    clip = await store_clip(services, info=info, filename="page.html")

    answer = await client.get(f"/clips/{clip.id}/media")

    assert answer.headers["Content-Type"] == media_type
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_media_of_an_empty_file_has_no_parts(client: httpx.AsyncClient, services: Services) -> None:
    clip = await store_clip(services, b"")

    assert (await client.get(f"/clips/{clip.id}/media")).content == b""
    assert_problem(await client.get(f"/clips/{clip.id}/media", headers={"Range": "bytes=0-"}), 416)
