"""What was seen before a clip failed stays, and is the same wherever somebody looks for it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest

from instantreact.api.app import create_app
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.domain.job import JobState
from instantreact.domain.media import ClipState, Window
from instantreact.domain.rule import SpeechCondition
from instantreact.pipeline import intake
from instantreact.pipeline.analyze import bury_clip
from instantreact.storage.tables import Clip
from instantreact_demo.graph import FakeGraph
from tests.api.conftest import API_KEY, INTERNAL_TOKEN, OPTIONS, Checks, make_live_cameras
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.pipeline.test_hear import listening, spoken_clip, wit
from tests.pipeline.test_intake import captioner, damage, list_jobs, movie, seeing, send
from tests.storage.factories import make_clip

__all__ = ["captioner", "listening", "movie", "seeing", "spoken_clip", "wit"]


@pytest.fixture
async def client(seeing: House) -> AsyncIterator[httpx.AsyncClient]:
    remote = RemoteCameras(INTERNAL_TOKEN)
    app = create_app(seeing.services, OPTIONS, Checks().run, make_live_cameras(seeing.services, remote))
    transport, headers = httpx.ASGITransport(app), {"X-API-Key": API_KEY}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client
    await remote.close()


async def fail_after_a_window(house: House, movie: bytes) -> Clip:
    """A clip of which a window was seen, with an alert, before the rest could not be read."""
    await house.add_recipient()
    await house.add_rule()
    clip = (await send(house, movie)).clip
    await house.see(clip)
    damage(house, clip)
    await house.run_due()
    return clip


async def test_events_of_a_failed_clip_are_the_same_everywhere(
    client: httpx.AsyncClient, seeing: House, movie: bytes, graph: FakeGraph
) -> None:
    clip = await fail_after_a_window(seeing, movie)

    shown = (await client.get(f"/clips/{clip.id}")).json()
    assert (shown["state"], shown["listening"]) == ("failed", "off")
    assert shown["error"]
    assert shown["warning"] == "Its analysis ends after 2.0 s; what was seen before is kept."
    (listed,) = (await client.get("/clips", params={"state": "failed"})).json()["items"]
    assert shown == {**listed, "position": None, "estimate_s": None}

    (event,) = (await client.get(f"/clips/{clip.id}/events")).json()
    assert (await client.get("/events")).json()["items"] == [event]
    assert (await client.get("/events", params={"text": "fight"})).json()["items"] == [event]
    assert (await client.get(f"/events/{event['id']}")).json() == event
    assert (await client.get(f"/events/{event['id']}/snapshot.jpg")).status_code == 200

    (alert,) = (await client.get("/alerts")).json()["items"]
    assert (alert["event_id"], alert["deliveries"][0]["state"]) == (event["id"], "sent")
    assert [part.part for part in graph.received] == ["text", "picture"]
    figures = (await client.get("/metrics")).text
    assert 'instantreact_clips{state="failed"} 1.0' in figures
    assert 'instantreact_alerts{state="raised"} 1.0' in figures


async def test_analyze_answers_with_the_events_that_there_are_when_the_clip_failed_before(
    client: httpx.AsyncClient, seeing: House, movie: bytes
) -> None:
    clip = await fail_after_a_window(seeing, movie)

    answer = (await client.post("/analyze", files={"file": movie})).json()

    assert (answer["clip"]["id"], answer["clip"]["state"], answer["clip"]["warning"]) == (clip.id, "stored", None)
    assert answer["events"] == (await client.get(f"/clips/{clip.id}/events")).json()
    assert len(answer["events"]) == 1


async def test_failed_clip_tells_nothing_twice_when_it_is_analyzed_again(
    client: httpx.AsyncClient, seeing: House, movie: bytes, graph: FakeGraph
) -> None:
    clip = await fail_after_a_window(seeing, movie)
    (before,) = (await client.get("/events")).json()["items"]

    await send(seeing, movie)
    await seeing.run_due()

    after = (await client.get(f"/clips/{clip.id}/events")).json()
    assert after[0]["id"] == before["id"]
    assert (await intake.get_clip(seeing.services, clip.id)).state is ClipState.ANALYZED
    assert [part.part for part in graph.received] == ["text", "picture"]


async def test_failed_clip_of_which_nothing_was_seen_is_not_listened_to(seeing: House, movie: bytes) -> None:
    clip = (await send(seeing, movie)).clip
    damage(seeing, clip)

    await seeing.run_due()

    failed = await intake.get_clip(seeing.services, clip.id)
    assert (failed.state, failed.warning) == (ClipState.FAILED, None)
    assert intake.is_done(failed)
    assert await list_jobs(seeing) == [("analyze", JobState.BURIED, 1)]


async def test_what_was_seen_of_a_failed_clip_is_listened_to(listening: House, spoken_clip: bytes) -> None:
    await listening.add_rule(SpeechCondition(("call the police",)))
    key = listening.services.blobs.new_key("clips", ".mp4")
    listening.services.blobs.put(key, spoken_clip)
    async with listening.services.database.unit_of_work() as session:
        clip = await make_clip(session, blob_key=key)
    event = await listening.see(clip, replace(make_observation(), window=Window(0, 0.0, 4.0)))
    async with listening.services.database.unit_of_work() as session:
        await bury_clip(listening.clock, session, clip.id, "The decoder crashed.")
    assert not intake.is_done(await intake.get_clip(listening.services, clip.id))

    await listening.run_due()

    assert intake.is_done(await intake.get_clip(listening.services, clip.id))
    assert (await listening.the_alert()).event_id == event.id


async def test_failed_clip_is_deleted_with_its_events(client: httpx.AsyncClient, seeing: House, movie: bytes) -> None:
    clip = await fail_after_a_window(seeing, movie)

    assert (await client.delete(f"/clips/{clip.id}")).status_code == 204

    assert (await client.get("/events")).json()["items"] == []
    assert (await client.get("/alerts")).json()["items"] == []
