from datetime import timedelta

import pytest

from instantreact.errors import NotFound
from instantreact.storage import events
from instantreact.storage.database import Database
from instantreact.storage.events import EventFilter
from instantreact.storage.paging import Cursor
from instantreact.storage.tables import Event
from tests.storage.factories import NOW, make_clip, make_event, make_event_row, make_observation


async def test_insert_or_find_files_a_window_once_and_gives_the_observation_back(database: Database) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
        first, is_new = await events.insert_or_find(session, make_event_row(clip_id=clip.id))
    async with database.unit_of_work() as session:
        again, again_new = await events.insert_or_find(session, make_event_row(clip_id=clip.id, caption="Other."))
    assert (is_new, again_new, again.id) == (True, False, first.id)
    assert again.observation == make_observation()


async def test_list_clip_events_are_in_the_order_of_their_windows(database: Database) -> None:
    async with database.unit_of_work() as session:
        clip = await make_clip(session)
        for index in (2, 0, 1):
            await make_event(session, clip_id=clip.id, window_index=index)
        listed = await events.list_clip_events(session, clip.id)
    assert [event.window_index for event in listed] == [0, 1, 2]


async def test_list_events_includes_since_and_excludes_until(database: Database) -> None:
    async with database.unit_of_work() as session:
        for hour in range(3):
            await make_event(session, occurred_at=NOW + timedelta(hours=hour), caption=str(hour))
        wanted = EventFilter(since=NOW + timedelta(hours=1), until=NOW + timedelta(hours=2))
        listed = await events.list_events(session, wanted)
    assert [event.caption for event in listed] == ["1"]


async def test_list_events_pages_through_all_newest_first_when_new_ones_come_meanwhile(database: Database) -> None:
    async with database.unit_of_work() as session:
        made = [(await make_event(session, occurred_at=NOW + timedelta(seconds=n // 2))).id for n in range(7)]
    seen: list[Event] = []
    for _ in range(10):
        async with database.unit_of_work() as session:
            after = Cursor(seen[-1].occurred_at, seen[-1].id) if seen else None
            seen += await events.list_events(session, EventFilter(), after=after, limit=2)
            await make_event(session, occurred_at=NOW + timedelta(days=1))
    assert sorted(event.id for event in seen) == sorted(made)
    assert [event.occurred_at for event in seen] == sorted((event.occurred_at for event in seen), reverse=True)


async def test_get_event_raises_not_found_when_there_is_none(database: Database) -> None:
    async with database.reading() as session:
        with pytest.raises(NotFound):
            await events.get_event(session, "nothing")
