"""A span of a camera is erased: all of it, nothing else, whatever dies or is written meanwhile."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from instantreact.domain.erasure import ErasedKind, ErasureStage
from instantreact.domain.happening import CameraLost
from instantreact.domain.media import ClipState, Listening, Window
from instantreact.domain.minutes import Minute, minute_of
from instantreact.domain.observation import Hearing, Transcript, Word
from instantreact.domain.rule import SpeechCondition
from instantreact.errors import Conflict, Erased, InvalidInput, NotFound
from instantreact.pipeline.hear_live import Said, keep_utterance
from instantreact.pipeline.observe import Origin, add_transcript, file_event, match_rules, observe
from instantreact.speech.sound import decode_wav
from instantreact.storage import clips, events, rules
from instantreact.storage.cameras import delete_camera
from instantreact.storage.database import Database
from instantreact.storage.events import EventFilter
from instantreact.storage.minutes import add_minutes, list_minutes
from instantreact.storage.spans import count_span
from instantreact.storage.tables import Alert, Clip, Erasure, Event, Job, News
from instantreact_demo.graph import FakeGraph
from instantreact_demo.story import HELP
from tests.observations import make_observation
from tests.pipeline.conftest import JPEG, House
from tests.pipeline.erasing import (
    LATER_S,
    add_camera,
    at,
    begin,
    dump,
    erase,
    files,
    keep_evidence,
    read,
    see_live,
    see_through,
    span_of,
    without,
)
from tests.storage.databases import ENGINES
from tests.storage.factories import NOW, make_event, make_new_clip

on_both = pytest.mark.parametrize("engine", ENGINES)


async def say(house: House, camera_id: str, start_s: float) -> str:
    sound = decode_wav(HELP.read_bytes(), start_s=start_s)
    window = Window(round(start_s * 10), start_s, start_s + sound.duration_s)
    seen = replace(make_observation("zebra speaks"), window=window)
    return await keep_utterance(house.services, Said(camera_id, "c1-heard", NOW, sound, seen, lambda: JPEG + b"zebra"))


async def upload(house: House, camera_id: str | None, recorded_s: float, name: str, *, done: bool = True) -> Clip:
    key = house.services.blobs.new_key("clips", ".mp4")
    house.services.blobs.put(key, name.encode())
    new = replace(make_new_clip(blob_key=key, filename=name), camera_id=camera_id, recorded_at=at(recorded_s))
    async with house.services.database.unit_of_work() as session:
        clip, _ = await clips.insert_or_find(session, new, now=at(recorded_s))
        if done:
            finished = {"state": ClipState.ANALYZED, "listening": Listening.DONE}
            await session.execute(update(Clip).where(Clip.id == clip.id).values(**finished))
    return clip


async def see_clip(house: House, clip: Clip, text: str, start_s: float, transcript: Transcript | None = None) -> Event:
    origin = Origin("Shop", clip.recorded_at or NOW, notify=True, clip_id=clip.id, camera_id=clip.camera_id)
    seen = make_observation(text)
    seen = replace(seen, window=Window(round(start_s * 10), start_s, start_s + 2.0), transcript=transcript)
    return (await observe(house.services, origin, seen, lambda: JPEG + text.encode())).event


async def fill(house: House) -> tuple[str, str]:
    """Two cameras; what is in the span of the first is a zebra."""
    own, other = await add_camera(house, "Own"), await add_camera(house, "Other")
    await house.add_recipient()
    await house.add_rule(cooldown_s=0.0)
    for camera_id, text, start_s in (
        (own, "zebra fight", 150.0), (own, "zebra walks", 199.0), (own, "giraffe fight", 50.0),
        (own, "giraffe walks", 200.0), (other, "giraffe fight", 150.0), (other, "giraffe walks", 160.0),
    ):  # fmt: skip
        observed = await see_live(house, camera_id, text, start_s, start_s + 2.0)
        if observed.alerts:
            await keep_evidence(house, observed.event.id, f"{text} {start_s}", start_s - 5.0, start_s + 5.0)
    await say(house, own, 120.0)
    await see_clip(house, await upload(house, own, 110.0, "zebra.mp4"), "zebra fight", 0.0)
    await see_clip(house, await upload(house, other, 110.0, "giraffe.mp4"), "giraffe fight", 0.0)
    await see_clip(house, await upload(house, None, 110.0, "nobody-giraffe.mp4"), "giraffe fight", 0.0)
    return own, other


@on_both
async def test_erase_takes_all_of_the_span_from_rows_and_files_and_leaves_everything_else(house: House) -> None:
    own, _ = await fill(house)
    before, kept_files = await dump(house.services.database), {each for each in files(house) if b"giraffe" in each}
    async with house.services.database.reading() as session:
        gone = [event.id for event in await events.list_events(session, EventFilter(text="zebra"))]
        expected = await count_span(session, span_of(own))

    erasure = await erase(house, own)

    after = await dump(house.services.database)
    assert len(gone) == 3
    assert without(after) == without(before, "zebra", *gone, *ids_about(before, gone))
    assert not [row for rows in after.values() for row in rows if "zebra" in row or any(each in row for each in gone)]
    assert files(house) == kept_files
    assert erasure.counts == dict(expected)
    assert erasure.counts == {
        "events": 3, "pictures": 3, "evidence": 1, "clips": 1, "sounds": 1, "alerts": 2, "unanswered": 2,
        "deliveries": 2, "unsent": 2,
    }  # fmt: skip
    assert (erasure.stage, erasure.remains, erasure.finished_at) == (ErasureStage.DONE, None, house.clock.now())
    async with house.services.database.reading() as session:
        assert await count_span(session, span_of(own)) == {}
        assert not (await session.scalars(select(News).where(News.subject.in_(gone)))).all()


def ids_about(rows: Mapping[str, list[str]], event_ids: list[str]) -> list[str]:
    """Alerts of the events, and deliveries of these: the rows that name them go too."""

    def firsts(table: str, ids: list[str]) -> list[str]:
        return [json.loads(row)[0] for row in rows[table] if any(each in row for each in ids)]

    alerts = firsts("alerts", event_ids)
    return [*alerts, *firsts("deliveries", alerts)]


@on_both
async def test_erased_alerts_are_not_sent_any_more(house: House, graph: FakeGraph) -> None:
    own, _ = await fill(house)

    await erase(house, own)
    await house.run_due()

    told = [part.text for part in graph.received if part.part == "text"]
    assert len(told) == 4
    assert not [text for text in told if "zebra" in text]


@pytest.mark.parametrize(
    ("start_s", "end_s", "is_gone"),
    [
        (98.0, 100.0, False), (98.0, 100.1, True), (100.0, 102.0, True), (199.9, 202.0, True),
        (200.0, 202.0, False), (50.0, 250.0, True),
    ],
)  # fmt: skip
async def test_event_that_says_something_of_the_span_goes(
    house: House, start_s: float, end_s: float, is_gone: bool
) -> None:
    own = await add_camera(house, "Own")
    event = (await see_live(house, own, "giraffe", start_s, end_s)).event

    erasure = await erase(house, own)

    async with house.services.database.reading() as session:
        assert (await session.get(Event, event.id) is None) is is_gone
    assert erasure.counts.get(ErasedKind.EVENTS, 0) == is_gone


@on_both
@pytest.mark.parametrize(("start_s", "end_s", "is_left"), [(190.0, 215.0, False), (200.0, 215.0, True)])
async def test_evidence_that_reaches_into_the_span_goes_and_its_event_stays(
    house: House, start_s: float, end_s: float, is_left: bool
) -> None:
    own = await add_camera(house, "Own")
    event = (await see_live(house, own, "giraffe", 205.0, 207.0)).event
    await keep_evidence(house, event.id, "evidence", start_s, end_s)

    erasure = await erase(house, own)

    async with house.services.database.reading() as session:
        left = await session.get(Event, event.id)
    assert left is not None
    assert (left.evidence_key is not None) is (b"evidence" in files(house)) is is_left
    assert left.snapshot_key is not None
    assert erasure.counts == ({} if is_left else {"evidence": 1})


@pytest.mark.parametrize(("start_s", "is_left"), [(230.0, False), (290.0, True)])
async def test_evidence_of_an_earlier_version_goes_where_it_may_show_the_span(
    house: House, start_s: float, is_left: bool
) -> None:
    own = await add_camera(house, "Own")
    event = (await see_live(house, own, "giraffe", start_s, start_s + 2.0)).event
    await keep_evidence(house, event.id, "evidence", start_s, start_s + 2.0)
    async with house.services.database.unit_of_work() as session:
        await session.execute(update(Event).values(evidence_since=None, evidence_until=None))

    await erase(house, own)

    assert (b"evidence" in files(house)) is is_left


def heard(*words: tuple[str, float], context: tuple[tuple[str, float], ...] = ()) -> Transcript:
    said = tuple(Word(text, start_s, start_s + 0.5) for text, start_s in words)
    before = tuple(Word(text, start_s, start_s + 0.5) for text, start_s in context)
    return Transcript(Hearing.HEARD, "test", " ".join(text for text, _ in words), words=said, context=before)


async def hear(house: House, clip: Clip, event: Event, transcript: Transcript) -> None:
    """As the job that listens to a clip adds what was said."""
    origin = Origin("Shop", clip.recorded_at or NOW, notify=True, clip_id=clip.id, camera_id=clip.camera_id)
    async with house.services.database.unit_of_work() as session:
        watching = await rules.list_rules_for(session, clip.camera_id)
        row = await events.get_event(session, event.id)
        matched = match_rules(house.services, watching, replace(row.observation, transcript=transcript))
        await add_transcript(session, house.services, origin, row, matched)


async def test_words_that_led_up_to_a_later_window_go_and_the_window_stays(house: House) -> None:
    own = await add_camera(house, "Own")
    clip = await upload(house, own, 190.0, "long.mp4")
    within = await see_clip(house, clip, "zebra", 4.0)
    later = await see_clip(house, clip, "giraffe", 20.0)
    await hear(house, clip, later, heard(("hello", 21.0), context=(("zebra", 5.0), ("giraffe", 15.0))))

    await erase(house, own)

    async with house.services.database.reading() as session:
        assert await session.get(Event, within.id) is None
        left = await session.get(Event, later.id)
        kept = await session.get(Clip, clip.id)
    assert left is not None
    assert left.observation.transcript is not None
    assert [word.text for word in left.observation.transcript.context] == ["giraffe"]
    assert kept is not None
    assert (kept.blob_key, files(house)) == (None, {JPEG + b"giraffe"})


async def test_window_that_says_or_quotes_what_was_said_in_the_span_goes(house: House) -> None:
    own = await add_camera(house, "Own")
    await house.add_rule(SpeechCondition(("zebra crossing",)))
    clip = await upload(house, own, 190.0, "long.mp4")
    quoting = await see_clip(house, clip, "giraffe", 10.0)
    saying = await see_clip(house, clip, "giraffe", 30.0)
    await hear(house, clip, quoting, heard(("crossing", 10.1), context=(("zebra", 9.4),)))
    await hear(house, clip, saying, heard(("zebra", 9.5), ("hello", 31.0)))
    assert len(await house.alerts()) == 1

    erasure = await erase(house, own)

    assert erasure.counts == {"events": 2, "pictures": 2, "alerts": 1, "unanswered": 1, "clips": 1}
    assert "zebra" not in str(without(await dump(house.services.database), "A fight"))


@on_both
async def test_upload_that_is_not_done_goes_as_a_whole_with_its_analysis(house: House) -> None:
    own = await add_camera(house, "Own")
    clip = await upload(house, own, 190.0, "long.mp4", done=False)
    await see_clip(house, clip, "giraffe", 20.0)

    await erase(house, own)

    with pytest.raises(NotFound):
        await see_clip(house, clip, "giraffe", 22.0)
    async with house.services.database.reading() as session:
        assert [*await session.scalars(select(Clip)), *await session.scalars(select(Event))] == []
    assert files(house) == set()


async def test_upload_before_and_after_the_span_stays(house: House) -> None:
    own = await add_camera(house, "Own")
    for recorded_s in (98.0, 200.0):  # each of two seconds
        await see_clip(house, await upload(house, own, recorded_s, f"{recorded_s}"), "giraffe", 0.0)
    before = await dump(house.services.database)

    assert (await erase(house, own)).counts == {}

    assert without(await dump(house.services.database)) == without(before)


@on_both
async def test_what_comes_in_late_is_not_written_whoever_watched(house: House) -> None:
    own = await add_camera(house, "Own")
    growing = (await see_live(house, own, "giraffe", 90.0, 92.0)).event
    later = (await see_live(house, own, "giraffe", 200.0, 202.0)).event
    await erase(house, own)
    before, kept = await dump(house.services.database), files(house)

    with pytest.raises(Erased):
        await see_live(house, own, "zebra", 150.0, 152.0)
    with pytest.raises(Erased):
        await say(house, own, 198.0)
    assert not await keep_evidence(house, later.id, "zebra", 195.0, 207.0)
    origin = Origin("Door", NOW, notify=True, camera_id=own, connection="c1")
    seen = replace(make_observation("giraffe"), window=Window(921, 92.0, 101.0))
    with pytest.raises(Erased):
        await observe(house.services, origin, seen, lambda: JPEG, find_growing=lambda _: growing.id)

    assert await dump(house.services.database) == before
    assert {each for each in files(house) if b"zebra" not in each} == kept  # its watcher deletes what was not kept
    await see_live(house, own, "giraffe", 200.0, 203.0)
    assert (await upload(house, own, 150.0, "sent since")).blob_key


@on_both
async def test_span_in_which_something_is_being_written_is_erased_with_it(house: House) -> None:
    own = await add_camera(house, "Own")
    house.clock.advance(LATER_S)
    writing, may_commit = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        origin = Origin("Door", NOW, notify=True, camera_id=own, connection="c1")
        seen = replace(make_observation("zebra"), window=Window(1500, 150.0, 152.0))
        async with house.services.database.unit_of_work() as session:
            await file_event(session, house.services, origin, match_rules(house.services, [], seen), None)
            writing.set()
            await may_commit.wait()

    written = asyncio.create_task(write())
    await writing.wait()
    erasing = asyncio.create_task(begin(house, own))
    await asyncio.wait([erasing], timeout=0.5)
    assert not erasing.done()
    may_commit.set()
    await written
    await see_through(house, (await erasing).id)

    assert "zebra" not in str(await dump(house.services.database))


@on_both
async def test_event_that_grew_into_the_span_while_it_was_watched_goes(house: House) -> None:
    own = await add_camera(house, "Own")
    event = (await see_live(house, own, "zebra", 95.0, 97.0)).event
    origin = Origin("Door", NOW, notify=True, camera_id=own, connection="c1")
    seen = replace(make_observation("zebra"), window=Window(990, 99.0, 101.0))
    grown = await observe(house.services, origin, seen, lambda: JPEG, find_growing=lambda _: event.id)
    assert (grown.event.id, grown.event.end_s) == (event.id, 101.0)

    await erase(house, own)

    assert "zebra" not in str(await dump(house.services.database))


class Died(BaseException):
    """Of a process, when it is killed."""


async def test_erasure_that_dies_after_any_transaction_is_taken_up_by_the_next_job(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, _ = await fill(house)
    before = await dump(house.services.database)
    house.clock.advance(LATER_S)
    erasure = await begin(house, own)
    deaths = 0  # each lives for one transaction more: whoever takes it up looks through what is done already
    while (await read(house, erasure.id)).stage is not ErasureStage.DONE:
        with monkeypatch.context() as patched:
            die_after(patched, transactions=deaths + 1)
            try:
                await see_through(house, erasure.id)
            except Died:
                deaths += 1
    await house.run_due()

    assert deaths > 5
    after = await dump(house.services.database)
    assert "zebra" not in str(after)
    assert {each for each in files(house) if b"zebra" in each} == set()
    assert len(without(after)["events"]) == len(without(before, "zebra")["events"])
    assert (await read(house, erasure.id)).counts["events"] == 3
    assert "erase" not in str(after["jobs"])


def die_after(patched: pytest.MonkeyPatch, *, transactions: int) -> None:
    """The process dies once so many are committed; before what follows from the last, such as deleting its files."""
    real, committed = Database.unit_of_work, 0

    @asynccontextmanager
    async def mortal(database: Database) -> AsyncIterator[AsyncSession]:
        nonlocal committed
        async with real(database) as session:
            yield session
        committed += 1
        if committed >= transactions:
            raise Died

    patched.setattr(Database, "unit_of_work", mortal)


@on_both
async def test_two_who_erase_the_same_count_everything_once(house: House) -> None:
    own, _ = await fill(house)
    house.clock.advance(LATER_S)
    erasure = await begin(house, own)
    async with house.services.database.reading() as session:
        expected = await count_span(session, span_of(own))

    await asyncio.gather(see_through(house, erasure.id), see_through(house, erasure.id))

    done = await read(house, erasure.id)
    assert (done.stage, done.counts) == (ErasureStage.DONE, dict(expected))


async def test_no_transaction_takes_much_and_search_finds_what_is_left(house: House) -> None:
    own = await add_camera(house, "Own")
    async with house.services.database.unit_of_work() as session:
        for number in range(130):
            seen = {"camera_id": own, "connection": "c", "window_index": number, "occurred_at": at(100 + number)}
            text = "zebra" if number < 100 else "giraffe"
            await make_event(session, **seen, caption=text)

    with capture_logs() as lines:
        await erase(house, own)

    assert [line["rows"] for line in lines if line["event"] == "erasure.took"] == [50, 50]
    async with house.services.database.reading() as session:
        found = await events.list_events(session, EventFilter(text="giraffe"), limit=200)
        assert len(found) == 30
        assert await events.list_events(session, EventFilter(text="zebra")) == []


async def test_job_sees_an_erasure_through(house: House) -> None:
    own, _ = await fill(house)
    house.clock.advance(LATER_S)
    erasure = await begin(house, own)

    await house.run_due()

    assert (await read(house, erasure.id)).stage is ErasureStage.DONE
    async with house.services.database.reading() as session:
        assert (await session.scalars(select(Job).where(Job.kind == "erase"))).all() == []


async def test_minutes_go_that_have_a_part_in_the_span(house: House) -> None:
    door, other = await add_camera(house, "Door"), await add_camera(house, "Other")
    minutes = {(camera, minute_of(at(0)) + n): Minute(1, 1) for camera in (door, other) for n in range(250)}
    async with house.services.database.unit_of_work() as session:
        await add_minutes(session, minutes)
    erasure = await erase(house, door, 60.0, 60.0 * 120)
    async with house.services.database.reading() as session:
        left = [list(await list_minutes(session, camera, at(0), at(60 * 250))) for camera in (door, other)]
    assert erasure.counts == {"minutes": 119}
    assert (len(left[0]), len(left[1])) == (131, 250)
    assert left[0][:2] == [minute_of(at(0)), minute_of(at(60 * 120))]


async def test_outages_told_in_the_span_go(house: House) -> None:
    own, other = await add_camera(house, "Own"), await add_camera(house, "Other")
    async with house.services.database.unit_of_work() as session:
        for camera_id, name, seconds in ((own, "zebra", 150.0), (own, "giraffe", 99.0), (other, "giraffe", 150.0)):
            lost = CameraLost(name, at(seconds), at(seconds), 60.0, 0.0, "gone", "UTC")
            key = f"camera-lost:{camera_id}:{seconds}"
            session.add(Alert(camera_id=camera_id, system_key=key, happening=lost, raised_at=at(seconds)))

    erasure = await erase(house, own)

    assert erasure.counts == {"alerts": 1, "unanswered": 1}
    assert len(await house.alerts()) == 2
    assert "zebra" not in str(await dump(house.services.database))


@pytest.mark.parametrize(
    ("since_s", "until_s", "told"), [(100.0, 100.0, "between"), (200.0, 100.0, "between"), (0.0, 1e9, "future")]
)
async def test_span_that_is_none_or_not_over_is_refused(
    house: House, since_s: float, until_s: float, told: str
) -> None:
    own = await add_camera(house, "Own")
    with pytest.raises(InvalidInput, match=told):
        await erase(house, own, since_s, until_s)
    with pytest.raises(NotFound):
        await erase(house, "nobody")
    async with house.services.database.reading() as session:
        assert (await session.scalars(select(Erasure))).all() == []


async def test_camera_is_not_deleted_while_a_span_of_it_is_erased(house: House) -> None:
    own = await add_camera(house, "Own")
    house.clock.advance(LATER_S)
    erasure = await begin(house, own)

    async def delete() -> None:
        async with house.services.database.unit_of_work() as session:
            await delete_camera(session, own)

    with pytest.raises(Conflict, match="being erased"):
        await delete()
    await see_through(house, erasure.id)
    await delete()

    assert (await read(house, erasure.id)).camera_id is None
