from datetime import timedelta

import httpx
import pytest

from instantreact.pipeline.services import Services
from instantreact.storage.cameras import CameraSettings, insert_camera
from tests.api.problems import assert_problem
from tests.storage.factories import NOW, make_event

JPEG = b"\xff\xd8 not really a picture \xff\xd9"


async def file_events(services: Services, captions: dict[str, float]) -> list[str]:
    """One event for each caption, so many seconds after noon; their ids."""
    async with services.database.unit_of_work() as session:
        rows = [
            await make_event(session, caption=caption, occurred_at=NOW + timedelta(seconds=after_s))
            for caption, after_s in captions.items()
        ]
    return [row.id for row in rows]


async def test_event_shows_what_was_seen(client: httpx.AsyncClient, services: Services) -> None:
    (event_id,) = await file_events(services, {"Two people fight.": 0})

    event = (await client.get(f"/events/{event_id}")).json()

    assert event["caption"] == {"text": "Two people fight.", "score": 0.5}
    assert event["hypotheses"] == [{"text": "Two people fight.", "probability": 1.0}]
    assert (event["concepts"], event["detections"], event["transcript"]) == ({"fight": 0.9}, [], None)
    assert (event["start_s"], event["end_s"], event["occurred_at"]) == (0.0, 2.0, "2026-11-22T12:00:00Z")
    assert event["has_snapshot"] is False


async def test_events_are_narrowed_by_camera_time_and_text(client: httpx.AsyncClient, services: Services) -> None:
    fight, fall = await file_events(services, {"Two men fight.": 0, "A man falls, 100% sure.": 60})
    async with services.database.unit_of_work() as session:
        camera = await insert_camera(session, services.box, CameraSettings("Door", "device:0"), now=NOW)
        at_door = await make_event(session, camera_id=camera.id, connection="1", occurred_at=NOW + timedelta(hours=1))

    async def list_ids(**params: str) -> list[str]:
        return [event["id"] for event in (await client.get("/events", params=params)).json()["items"]]

    assert await list_ids() == [at_door.id, fall, fight]
    assert await list_ids(camera_id=camera.id) == [at_door.id]
    assert await list_ids(text="MEN FIGHT") == [fight]
    assert await list_ids(text="100%") == [fall]
    assert await list_ids(concept="fight", min_score="0.9", camera_id=camera.id) == [at_door.id]
    assert await list_ids(concept="fall") == await list_ids(label="person", text="men") == []
    assert await list_ids(since="2026-11-22T12:00:30Z", until="2026-11-22T13:00:00Z") == [fall]
    assert await list_ids(until="2026-11-22T13:00:30+01:00") == [fight]


async def test_events_page_by_page_are_all_events_once(client: httpx.AsyncClient, services: Services) -> None:
    made = await file_events(services, {f"Caption {index}": index // 3 for index in range(11)})

    seen: list[str] = []
    page = {"items": [], "next": ""}
    after: dict[str, str] = {}
    for _ in range(4):
        page = (await client.get("/events", params={"limit": "3", **after})).json()
        seen += [event["id"] for event in page["items"]]
        after = {"after": page["next"]}

    assert page["next"] is None
    assert sorted(seen) == sorted(made)
    assert len(seen) == len(made)


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"since": "yesterday"}, "query.since"),
        ({"since": "2026-11-22T12:00:00"}, "query.since"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "query.until"),
        ({"text": "a\x00b"}, "query.text"),
        ({"camera_id": "../x"}, "query.camera_id"),
        ({"after": "made-up"}, "query.after"),
        ({"limit": "0"}, "query.limit"),
        ({"limit": "201"}, "query.limit"),
    ],
)
async def test_events_refuse_a_question_that_makes_no_sense(
    client: httpx.AsyncClient, params: dict[str, str], field: str
) -> None:
    problem = assert_problem(await client.get("/events", params=params), 422)

    assert [error["field"] for error in problem["errors"]] == [field]


async def test_event_snapshot_is_the_stored_picture(client: httpx.AsyncClient, services: Services) -> None:
    key = services.blobs.new_key("snapshots", ".jpg")
    services.blobs.put(key, JPEG)
    async with services.database.unit_of_work() as session:
        event = await make_event(session, snapshot_key=key)

    answer = await client.get(f"/events/{event.id}/snapshot.jpg")

    assert (answer.status_code, answer.headers["Content-Type"], answer.content) == (200, "image/jpeg", JPEG)
    assert (await client.get(f"/events/{event.id}")).json()["has_snapshot"] is True
    known = {"If-None-Match": answer.headers["ETag"]}
    assert (await client.get(f"/events/{event.id}/snapshot.jpg", headers=known)).status_code == 304


async def test_event_or_snapshot_that_is_not_there_is_not_found(client: httpx.AsyncClient, services: Services) -> None:
    (event_id,) = await file_events(services, {"Two people fight.": 0})

    assert_problem(await client.get("/events/e1"), 404, "There is no event e1.")
    assert_problem(await client.get("/events/e1/snapshot.jpg"), 404, "There is no event e1.")
    assert_problem(await client.get(f"/events/{event_id}/snapshot.jpg"), 404, "There is no snapshot of event")
