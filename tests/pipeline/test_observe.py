import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete

from instantreact.channels.words import compose_title
from instantreact.domain.media import Window
from instantreact.domain.observation import Observation
from instantreact.errors import FilesUnreachable, NotFound
from instantreact.pipeline.intake import delete_clip
from instantreact.pipeline.observe import Origin, observe
from instantreact.storage import cameras, rules
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.s3 import S3Blobs, open_bucket
from instantreact.storage.tables import Event, Rule
from instantreact_demo.graph import FakeGraph, Person
from tests.observations import make_observation
from tests.pipeline.conftest import JPEG, PSID, House, path_of
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW

pytestmark = pytest.mark.parametrize("engine", ENGINES)


def later(index: int, start_s: float) -> Observation:
    return replace(make_observation(), window=Window(index, start_s, start_s + 2.0))


async def see_fights(house: House, *starts_s: float) -> None:
    """One after the other, each told before the next is seen, with a cooldown of a minute."""
    await house.add_recipient()
    await house.add_rule(cooldown_s=60.0)
    clip = await house.add_clip()
    for index, start_s in enumerate(starts_s):
        await house.see(clip, later(index, start_s))
        await house.run_due()


def list_snapshots(house: House) -> list[Path]:
    return list(path_of(house.services, "snapshots").rglob("*.jpg"))


async def test_observe_files_and_alerts_once_when_the_same_window_comes_twice(house: House, graph: FakeGraph) -> None:
    await house.add_recipient()
    await house.add_rule()
    clip = await house.add_clip()
    first, second = await house.see(clip), await house.see(clip)
    await house.run_due()
    assert first.id == second.id
    assert len(await house.alerts()) == 1
    assert len(graph.received) == 2
    assert len(list_snapshots(house)) == 1


async def test_observe_raises_nothing_when_the_origin_is_silent(house: House) -> None:
    await house.add_rule()
    await house.see(await house.add_clip(), notify=False)
    assert await house.alerts() == []


async def test_observe_raises_nothing_when_no_condition_holds(house: House) -> None:
    await house.add_rule()
    await house.see(await house.add_clip(), make_observation("a man walks past"))
    assert await house.alerts() == []


async def test_observe_is_quiet_within_the_cooldown_and_not_after_it(house: House) -> None:
    await see_fights(house, 0.0, 59.0, 61.0)
    assert len(await house.alerts()) == 2


async def test_observe_raises_one_alert_within_the_cooldown_when_windows_come_at_once(house: House) -> None:
    await house.add_rule(cooldown_s=60.0)
    clip = await house.add_clip()
    await asyncio.gather(*(house.see(clip, later(index, 2.0 * index)) for index in range(8)))
    assert len(await house.alerts()) == 1


async def test_observe_holds_no_cooldown_for_an_alert_that_reached_nobody(house: House, graph: FakeGraph) -> None:
    graph.people[PSID] = Person(blocked=True)
    await see_fights(house, 0.0, 2.0)
    assert len(await house.alerts()) == 2


async def test_observe_is_quiet_around_every_alert_when_footage_comes_out_of_order(house: House) -> None:
    await see_fights(house, 100.0, 0.0, 110.0, 50.0)
    assert len(await house.alerts()) == 2


async def test_observe_is_quiet_while_the_last_alert_is_held_for_the_person(house: House, graph: FakeGraph) -> None:
    graph.people[PSID] = Person(window_open=False)
    await see_fights(house, 0.0, 2.0)
    assert len(await house.alerts()) == 1


async def test_observe_leaves_nothing_behind_when_the_clip_was_deleted_meanwhile(house: House) -> None:
    await house.add_rule()
    clip = await house.add_clip()
    await delete_clip(house.services, clip.id)
    with pytest.raises(NotFound, match=clip.id):
        await house.see(clip)
    assert list_snapshots(house) == []
    assert await house.alerts() == []


async def test_observe_files_the_event_of_a_clip_whose_camera_was_deleted_meanwhile(house: House) -> None:
    camera = await house.add_camera()
    clip = await house.add_clip(camera_id=camera.id)
    async with house.services.database.unit_of_work() as session:
        await cameras.delete_camera(session, camera.id)
    event = await house.see(clip)
    assert (event.clip_id, event.camera_id) == (clip.id, None)


async def test_observe_returns_the_alerts_that_the_event_raises_and_none_when_it_comes_again(house: House) -> None:
    rule = await house.add_rule()
    origin = Origin("Shop", NOW, notify=True, clip_id=(await house.add_clip()).id)
    first = await observe(house.services, origin, make_observation(), lambda: JPEG)
    again = await observe(house.services, origin, make_observation(), lambda: JPEG)
    assert [alert.rule_id for alert in first.alerts] == [rule.id]
    assert (again.event.id, again.alerts, again.rule_ids) == (first.event.id, (), first.rule_ids)


@pytest.mark.parametrize("change", ["deleted", "disabled"])
async def test_observe_raises_nothing_for_a_rule_that_went_between_matching_and_filing(
    house: House, change: str
) -> None:
    rule, other = await house.add_rule(), "Another"
    loop = asyncio.get_running_loop()

    async def go() -> bytes:
        async with house.services.database.unit_of_work() as session:
            if change == "deleted":
                await rules.delete_rule(session, rule.id)
            else:
                await rules.update_rule(session, rule.id, {"enabled": False})
        return JPEG

    async with house.services.database.unit_of_work() as session:
        await rules.insert_rule(session, Rule(name=other, criteria=rule.criteria, created_at=NOW))
    origin = Origin("Shop", NOW, notify=True, clip_id=(await house.add_clip()).id)
    observed = await observe(
        house.services,
        origin,
        make_observation(),
        lambda: asyncio.run_coroutine_threadsafe(go(), loop).result(),
    )
    assert [compose_title(alert.happening) for alert in observed.alerts] == [other]


async def test_observe_lets_an_event_grow_without_a_picture_and_files_a_new_one_when_it_is_gone(house: House) -> None:
    rule = await house.add_rule()
    camera = await house.add_camera()
    origin = Origin("Door", NOW, notify=True, camera_id=camera.id, connection="c1")
    first = await observe(house.services, origin, later(0, 0.0), lambda: JPEG)
    asked: list[frozenset[str]] = []

    def find_growing(held: frozenset[str]) -> str:
        asked.append(held)
        return first.event.id

    grown = await observe(house.services, origin, later(1, 1.0), no_picture, find_growing=find_growing)
    assert (grown.event.id, grown.event.end_s, grown.alerts) == (first.event.id, 3.0, ())
    assert asked == [frozenset({rule.id})]
    async with house.services.database.unit_of_work() as session:
        await session.execute(delete(Event))
    fresh = await observe(house.services, origin, later(2, 2.0), lambda: JPEG, find_growing=find_growing)
    assert fresh.event.id != first.event.id
    assert len(fresh.alerts) == 1


async def test_observe_tells_of_a_cameras_window_without_its_picture_while_the_files_are_away(
    house: House, graph: FakeGraph, tmp_path: Path
) -> None:
    nowhere = open_bucket("s3://bucket", endpoint="http://127.0.0.1:1", region="r", key_id="a", secret="b")
    away = S3Blobs(nowhere, LocalBlobs(tmp_path / "cache"), cache_bytes=1000)
    services = replace(house.services, blobs=away)
    await house.add_recipient()
    await house.add_rule()
    camera = await house.add_camera()
    live = Origin(place="Door", started_at=NOW, notify=True, camera_id=camera.id, connection="1")
    observed = await observe(services, live, make_observation(), lambda: JPEG)
    assert observed.event.snapshot_key is None
    await house.run_due()
    assert [part.part for part in graph.received] == ["text"]
    clip = await house.add_clip()
    filed = Origin(place="a.mp4", started_at=NOW, notify=True, clip_id=clip.id)
    with pytest.raises(FilesUnreachable):
        await observe(services, filed, make_observation(), lambda: JPEG)


def no_picture() -> bytes:
    raise AssertionError("an event that grows has its picture")
