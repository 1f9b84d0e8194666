"""Search finds words, the same on both databases, newest first, whatever people type."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.observation import Box, Detection, Hearing, Presence, Stay, Thing, Transcript
from instantreact.storage import clips, events
from instantreact.storage.cameras import CameraSettings, insert_camera
from instantreact.storage.database import Database
from instantreact.storage.events import EventFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.secrets import SecretBox
from instantreact.storage.tables import Event
from instantreact.storage.words import SoughtMark
from tests.storage.factories import NOW, make_clip, make_event, make_observation

KEY = "a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2V5a2U="
SENTENCES = (
    "Two men are fighting",
    "a man in a café",
    "100% sure",
    "東京都の警備員",
    "Die Straße nach Zürich",
    "x_y or not",
    'O\'Brien said "stop"',
)


async def search(session: AsyncSession, sought: str, **wanted: object) -> list[str]:
    found = await events.list_events(session, EventFilter(text=sought, **wanted))  # type: ignore[arg-type]
    return sorted(event.caption for event in found)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        ("FIGHT", ["Two men are fighting"]),
        ("fighting men", ["Two men are fighting"]),
        ("men  two\t", ["Two men are fighting"]),
        ("fightings", []),
        ("men OR café", []),
        ("men AND two", []),
        ("NOT men", []),
        ("men*", ["Two men are fighting"]),
        ("en", []),
        ("a", ["a man in a café"]),
        ("m", []),
        ("cafe", ["a man in a café"]),
        ("CAFÉ", ["a man in a café"]),
        ("cafe\u0301", ["a man in a café"]),
        ("100", ["100% sure"]),
        ("100%", ["100% sure"]),
        ("%", []),
        ("/", []),
        ('"', []),
        ("strasse", ["Die Straße nach Zürich"]),
        ("zurich", ["Die Straße nach Zürich"]),
        ("東京", ["東京都の警備員"]),
        ("警備", ["東京都の警備員"]),
        ("京", ["東京都の警備員"]),
        ("東都", []),
        ("x_y", ["x_y or not"]),
        ("words:men", []),
        ('"men two', ["Two men are fighting"]),
        ("o'brien", ['O\'Brien said "stop"']),
        ("stop) OR (men", []),
        ("NEAR(men two)", []),
        ("^men", ["Two men are fighting"]),
        ("-men +two", ["Two men are fighting"]),
        ("men \\", ["Two men are fighting"]),
        ("men' | 'two:* & !x", []),
        ("'; DROP TABLE events; --", []),
        ("event_words MATCH men", []),
        ("🔥", []),
        ("camera_1", []),
        ("w" * 200, []),
        (" ".join("abcdefghij" * 10), []),
    ],
)
async def test_search_takes_what_people_type_as_words(database: Database, sought: str, found: list[str]) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
        for index, caption in enumerate(SENTENCES):
            await make_event(session, clip_id=clip.id, window_index=index, caption=caption)
        assert await search(session, sought) == found


async def test_search_finds_what_was_said_and_forgets_what_it_was_before(database: Database) -> None:
    async with database.unit_of_work() as session:
        event = await make_event(session, caption="A door.", speech="Help me!")
        assert await search(session, "help door") == ["A door."]
        heard = Transcript(Hearing.HEARD, "test", "Thank you!")
        stored = await events.get_event(session, event.id)
        await events.replace_observation(session, stored, make_observation("A door.", transcript=heard))
        assert await search(session, "help") == []
        assert await search(session, "thank") == ["A door."]


async def test_search_finds_nothing_of_what_is_deleted_with_its_clip(database: Database) -> None:
    async with database.unit_of_work() as session:
        clip, other = await make_clip(session), await make_clip(session)
        for one in (clip, other):
            for index in range(3):
                await make_event(session, clip_id=one.id, window_index=index, caption=f"{index} sheep")
        await clips.delete_clip(session, clip.id)
        assert await search(session, "sheep") == ["0 sheep", "1 sheep", "2 sheep"]
    if database.is_sqlite:
        async with database.reading() as session:
            assert await session.scalar(text("SELECT count(*) FROM event_words")) == 3


async def test_search_is_narrowed_by_camera_and_time(database: Database) -> None:
    async with database.unit_of_work() as session:
        made = [
            await insert_camera(session, SecretBox([KEY]), CameraSettings(name, "device:0"), now=NOW)
            for name in ("Door", "Till")
        ]
        for index, camera in enumerate(made * 3):
            at = NOW + timedelta(hours=index)
            row = {"camera_id": camera.id, "connection": "1", "window_index": index, "occurred_at": at}
            await make_event(session, **row, caption=f"man {index}")
        assert await search(session, "man", camera_id=made[0].id) == ["man 0", "man 2", "man 4"]
        assert await search(session, "man", since=NOW + timedelta(hours=4)) == ["man 4", "man 5"]
        assert await search(session, "man", until=NOW + timedelta(hours=1)) == ["man 0"]
        span = {"since": NOW + timedelta(hours=1), "until": NOW + timedelta(hours=4)}
        assert await search(session, "man", camera_id=made[1].id, **span) == ["man 1", "man 3"]
        assert await search(session, "man", camera_id="nobody-s") == []


@pytest.mark.parametrize("limit", [1, 3, 7])
async def test_search_pages_through_all_matches_newest_first_when_many_are_of_one_moment(
    database: Database, limit: int
) -> None:
    random = Random(limit)
    moments = [NOW + timedelta(microseconds=random.choice((0, 1, 999, 1000, 5_000_000))) for _ in range(30)]
    moments += [datetime(1969, 12, 31, 23, 59, 59, 999_999, NOW.tzinfo), datetime(2999, 12, 31, tzinfo=NOW.tzinfo)]
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
        for index, at in enumerate(moments):
            caption = "a cat" if index % 3 else "a dog"
            await make_event(session, clip_id=clip.id, window_index=index, occurred_at=at, caption=caption)
        everything = await events.list_events(session, EventFilter(), limit=100)
        seen = await page_through(session, EventFilter(text="cat"), limit)
    assert [event.id for event in seen] == [event.id for event in everything if event.caption == "a cat"]


async def page_through(session: AsyncSession, wanted: EventFilter, limit: int) -> list[Event]:
    seen: list[Event] = []
    while page := await events.list_events(session, wanted, after=_end_of(seen), limit=limit):
        seen += page
    return seen


def _end_of(seen: list[Event]) -> Cursor | None:
    return Cursor(seen[-1].occurred_at, seen[-1].id) if seen else None


async def test_events_are_found_by_concept_and_label_with_at_least_a_score(database: Database) -> None:
    person = Detection("person", 0.84, Box(0.1, 0.1, 0.2, 0.9), 1.0)
    stays = (Stay(None, 0.0, 1.0),)
    followed = Presence(0.0, ("person", "hand bag"), (Thing(1, "hand bag", 0.35, stays),))
    async with database.unit_of_work() as session:
        fight = await make_event(session, observation=replace(make_observation(), detections=(person,)))
        await make_event(session, observation=replace(make_observation(), concepts={"fight": 0.49, "fight_club": 0.9}))
        bag = replace(make_observation(), concepts={"fight": 1.0}, presence=followed)
        bag_event = await make_event(session, observation=bag, caption="A bag")

    async def find(*scores: tuple[str, str, int], said: str | None = None) -> list[str]:
        sought = tuple(SoughtMark(*each) for each in scores)  # type: ignore[arg-type]
        async with database.reading() as session:
            return [event.id for event in await events.list_events(session, EventFilter(text=said, scores=sought))]

    assert sorted(await find(("concept", "fight", 5))) == sorted([fight.id, bag_event.id])
    assert len(await find(("concept", "fight", 4))) == 3
    assert await find(("label", "person", 8), ("concept", "fight", 9)) == [fight.id]
    assert await find(("label", "person", 9)) == []
    assert await find(("label", "Hand Bag", 3)) == await find(("label", "hand bag", 3), said="bag") == [bag_event.id]
    assert await find(("concept", "fight", 5), said="...") == []
    assert await find(("label", "person", 1), said="zebra") == []
