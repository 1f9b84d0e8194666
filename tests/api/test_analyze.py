import asyncio
import hashlib
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from instantreact.domain.media import Listening
from instantreact.pipeline.services import Services
from instantreact.storage import clips
from instantreact.storage.cameras import CameraSettings, insert_camera
from instantreact.storage.tables import Job
from tests.api.conftest import OPTIONS
from tests.api.problems import assert_problem
from tests.media.clips import Drawing, make_clip
from tests.storage.factories import NOW, make_event


def list_files(tmp_path: Path) -> list[Path]:
    return [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


async def finish_analysis(services: Services, clip_id: str) -> None:
    """What a worker does."""
    async with services.database.unit_of_work() as session:
        await make_event(session, clip_id=clip_id)
        await clips.mark_analyzed(session, clip_id, timings_ms={"total": 9.0}, warning=None, now=NOW)
    async with services.database.unit_of_work() as session:
        await clips.mark_heard(session, clip_id, Listening.OFF, timings_ms={})


async def count_jobs(services: Services) -> int:
    async with services.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Job)) or 0


async def test_analyze_stores_the_clip_and_queues_its_analysis(
    client: httpx.AsyncClient, services: Services, movie: bytes, tmp_path: Path
) -> None:
    answer = await client.post("/analyze", files={"file": ("../door.mp4", movie, "text/plain")})

    assert answer.status_code == 202
    clip = answer.json()["clip"]
    assert answer.headers["Location"] == f"/clips/{clip['id']}"
    assert (clip["state"], clip["progress"], clip["notify"]) == ("stored", 0.0, "auto")
    assert (clip["position"], clip["estimate_s"]) == (1, None)
    assert (clip["filename"], clip["size_bytes"]) == ("../door.mp4", len(movie))
    assert clip["sha256"] == hashlib.sha256(movie).hexdigest()
    assert (clip["info"]["width"], clip["info"]["duration_s"], clip["info"]["has_audio"]) == (320, 1.0, False)
    assert answer.json()["events"] == []
    assert (await client.get(answer.headers["Location"])).json() == clip
    assert [path.read_bytes() for path in list_files(tmp_path)] == [movie]
    assert await count_jobs(services) == 1


async def test_analyze_takes_the_fields_beside_the_file(
    client: httpx.AsyncClient, services: Services, movie: bytes
) -> None:
    async with services.database.unit_of_work() as session:
        camera = await insert_camera(session, services.box, CameraSettings("Door", "device:0"), now=NOW)
    fields = {"camera_id": camera.id, "recorded_at": "2026-11-22T13:00:00+02:00", "notify": "always"}

    clip = (await client.post("/analyze", files={"file": movie}, data=fields)).json()["clip"]

    assert (clip["camera_id"], clip["notify"], clip["filename"]) == (camera.id, "always", "upload")
    assert clip["recorded_at"] == "2026-11-22T11:00:00Z"


async def test_analyze_takes_empty_fields_of_a_form_as_left_out(client: httpx.AsyncClient, movie: bytes) -> None:
    fields = {"camera_id": "", "recorded_at": "", "notify": ""}

    clip = (await client.post("/analyze", files={"file": movie}, data=fields)).json()["clip"]

    assert (clip["camera_id"], clip["recorded_at"], clip["notify"]) == (None, None, "auto")


async def test_analyze_answers_the_same_again_with_the_same_clip(
    client: httpx.AsyncClient, services: Services, movie: bytes, tmp_path: Path
) -> None:
    first, again = [await client.post("/analyze", files={"file": movie}) for _ in range(2)]
    other = await client.post("/analyze", files={"file": movie}, data={"recorded_at": "2026-11-22T11:00:00Z"})

    assert again.json() == first.json()
    assert other.json()["clip"]["id"] != first.json()["clip"]["id"]
    assert len(list_files(tmp_path)) == 2
    assert await count_jobs(services) == 2


async def test_analyze_runs_a_failed_clip_again(client: httpx.AsyncClient, services: Services, movie: bytes) -> None:
    clip = (await client.post("/analyze", files={"file": movie})).json()["clip"]
    async with services.database.unit_of_work() as session:
        await clips.mark_failed(session, clip["id"], "The captioner broke.")
    assert (await client.get(f"/clips/{clip['id']}")).json()["error"] == "The captioner broke."

    again = (await client.post("/analyze", files={"file": movie})).json()["clip"]

    assert (again["id"], again["state"], again["error"]) == (clip["id"], "stored", None)


async def test_analyze_answers_200_with_the_events_when_waiting_sufficed(
    client: httpx.AsyncClient, services: Services, movie: bytes
) -> None:
    clip_id = (await client.post("/analyze", files={"file": movie})).json()["clip"]["id"]

    waiting = asyncio.create_task(client.post("/analyze", params={"wait": 30}, files={"file": movie}))
    await asyncio.sleep(0.1)
    await finish_analysis(services, clip_id)
    answer = await waiting

    assert answer.status_code == 200
    assert (answer.json()["clip"]["state"], answer.json()["clip"]["timings_ms"]) == ("analyzed", {"total": 9.0})
    assert [event["caption"]["text"] for event in answer.json()["events"]] == ["Two people fight."]
    assert (await client.get(f"/clips/{clip_id}/events")).json() == answer.json()["events"]


async def test_analyze_answers_202_when_waiting_did_not_suffice(client: httpx.AsyncClient, movie: bytes) -> None:
    answer = await client.post("/analyze", params={"wait": 0.2}, files={"file": movie})

    assert answer.status_code == 202


@pytest.mark.parametrize("wait", ["-1", "61", "long", "nan"])
async def test_analyze_refuses_to_wait_so_long(client: httpx.AsyncClient, movie: bytes, wait: str) -> None:
    assert_problem(await client.post("/analyze", params={"wait": wait}, files={"file": movie}), 422, "query.wait")


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"this is no clip", 422, "unreadable-media"),
        (b"", 422, "invalid-input"),
        (b"x" * (OPTIONS.max_upload_bytes + 1), 413, "too-large"),
    ],
)
async def test_analyze_refuses_a_file_that_is_no_clip_and_keeps_nothing(
    client: httpx.AsyncClient, services: Services, tmp_path: Path, content: bytes, status: int, kind: str
) -> None:
    answer = await client.post("/analyze", files={"file": ("a.mp4", content, "video/mp4")})

    assert assert_problem(answer, status)["type"].endswith(kind)
    assert list_files(tmp_path) == []
    assert await count_jobs(services) == 0


async def test_analyze_refuses_a_clip_without_a_picture(client: httpx.AsyncClient, tmp_path: Path) -> None:
    sound = make_clip(tmp_path / "sound.mp4", Drawing(codec=None, sound_hz=440.0, duration_s=0.5)).read_bytes()

    answer = await client.post("/analyze", files={"file": ("a.mp4", sound, "video/mp4")})

    assert_problem(answer, 415, "no video track")
    assert list_files(tmp_path) == []


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"camera_id": "../x"}, "body.camera_id"),
        ({"recorded_at": "2026-11-22T11:00:00"}, "body.recorded_at"),
        ({"recorded_at": "0001-01-01T00:00:01Z"}, "body.recorded_at"),  # no cooldown could be counted back from there
        ({"recorded_at": "9999-12-31T23:59:58Z"}, "body.recorded_at"),
        ({"notify": "loudly"}, "body.notify"),
    ],
)
async def test_analyze_refuses_bad_fields_and_keeps_nothing(
    client: httpx.AsyncClient, movie: bytes, tmp_path: Path, fields: dict[str, str], where: str
) -> None:
    answer = await client.post("/analyze", files={"file": movie}, data=fields)

    assert [error["field"] for error in assert_problem(answer, 422)["errors"]] == [where]
    assert list_files(tmp_path) == []


async def test_analyze_does_not_know_a_camera_that_is_not_there(
    client: httpx.AsyncClient, movie: bytes, tmp_path: Path
) -> None:
    answer = await client.post("/analyze", files={"file": movie}, data={"camera_id": "c9"})

    assert_problem(answer, 404, "There is no camera c9.")
    assert list_files(tmp_path) == []


async def test_analyze_refuses_what_is_no_form(client: httpx.AsyncClient, movie: bytes, tmp_path: Path) -> None:
    as_video = await client.post("/analyze", content=movie, headers={"Content-Type": "video/mp4"})
    as_nothing = await client.post("/analyze", content=movie)
    without_file = await client.post("/analyze", files={"clip": movie})
    as_text = await client.post("/analyze", files={"file": (None, "clip.mp4")})
    twice = await client.post("/analyze", files=[("file", movie), ("file", movie)])

    assert_problem(as_video, 415, "multipart/form-data")
    assert_problem(as_nothing, 415, "multipart/form-data")
    assert_problem(without_file, 422, "'clip'; it may have file")
    assert_problem(as_text, 422, "holds text, not a file")
    assert_problem(twice, 422, "two files")
    assert list_files(tmp_path) == []
