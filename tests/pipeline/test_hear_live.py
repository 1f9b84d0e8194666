"""What is said near a camera is kept until it is recognised, however often that fails, and told once."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from instantreact.channels.words import compose_title
from instantreact.domain.camera import SpeechBudget, SpeechMode
from instantreact.domain.media import Window
from instantreact.domain.observation import Hearing
from instantreact.domain.retention import KeptKind, RetentionPolicy
from instantreact.domain.rule import CaptionCondition, Combine, Criteria, SpeechCondition
from instantreact.errors import LeaseLost, NotFound, StorageFull
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.pipeline.hear_live import Said, hear_live, keep_utterance
from instantreact.pipeline.purge import purge_orphans, queue_purge
from instantreact.pipeline.recognition import Recognition
from instantreact.pipeline.rerun import rerun_job
from instantreact.speech.sound import decode_wav
from instantreact.storage import cameras, rules
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.tables import Event, Rule, SpeechUse, Utterance
from instantreact_demo.graph import FakeGraph
from instantreact_demo.story import HELP
from tests.observations import make_observation
from tests.pipeline.conftest import HOUR_S, JPEG, House, path_of
from tests.pipeline.test_hear import listening, replace_services, wit
from tests.servers.wit import FakeWit
from tests.servers.wit_reply import Reply
from tests.storage.factories import NOW

__all__ = ["listening", "wit"]

OUTAGES = {
    "a proxy's page": Reply(html_status=502),
    "a rate limit": Reply(error=(429, "rate-limit", "Too many requests"), retry_after_s=30),
    "a connection that breaks": Reply("help", cut_after=0),
    "a wrong token": Reply(error=(401, "no-auth", "Bad auth")),
}


async def say(house: House, *, at_s: float = 0.0) -> str:
    """Somebody calls for help near the camera."""
    async with house.services.database.reading() as session:
        (camera,) = await cameras.list_all_cameras(session)
    sound = decode_wav(HELP.read_bytes(), start_s=at_s)
    seen = replace(make_observation(), window=Window(round(10 * at_s), at_s, at_s + sound.duration_s))
    said = Said(camera.id, "c1-heard", house.clock.now(), sound, seen, lambda: JPEG)
    return await keep_utterance(house.services, said)


async def listen_at_a_camera(house: House) -> None:
    await house.add_camera()
    await house.add_recipient()
    await house.add_rule(SpeechCondition(("call the police",)))


async def list_events(house: House) -> list[Event]:
    async with house.services.database.reading() as session:
        return list(await session.scalars(select(Event)))


async def count_waiting(house: House) -> int:
    async with house.services.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Utterance)) or 0


def list_files(house: House) -> list[str]:
    return sorted(path.suffix for path in path_of(house.services, ".").rglob("*") if path.is_file())


async def test_hear_live_files_what_was_said_with_its_alert_and_keeps_the_picture_only(
    listening: House, wit: FakeWit, graph: FakeGraph
) -> None:
    await listen_at_a_camera(listening)
    await say(listening, at_s=7.0)
    assert list_files(listening) == [".jpg", ".wav"]
    await listening.run_due()
    (event,) = await list_events(listening)
    assert event.speech == "help me call the police"
    assert event.connection == "c1-heard"
    assert event.occurred_at == NOW + timedelta(seconds=7.0)
    assert (await listening.the_alert()).event_id == event.id
    assert list_files(listening) == [".jpg"]
    assert graph.received[1].picture == JPEG
    assert wit.heard[0].sound.duration_s == pytest.approx(3.04, abs=0.01)
    assert await count_waiting(listening) == 0


@pytest.mark.parametrize("outage", OUTAGES)
async def test_hear_live_loses_nothing_when_the_recogniser_is_down_for_an_hour(
    listening: House, wit: FakeWit, graph: FakeGraph, outage: str
) -> None:
    wit.reply = OUTAGES[outage]
    await listen_at_a_camera(listening)
    await say(listening)
    for _ in range(10):
        await listening.run_due()
        listening.clock.advance(HOUR_S / 10)
    assert await listening.alerts() == []
    wit.reply = Reply("help me call the police")
    listening.clock.advance(1000)
    await listening.run_due()
    alert = await listening.the_alert()
    assert alert.raised_at > NOW + timedelta(hours=1)
    assert "12:00:00 UTC" in graph.received[0].text
    assert await count_waiting(listening) == 0


@pytest.mark.parametrize("failing", [0, 1, 2])
async def test_hear_live_sends_only_the_utterance_that_failed_again(
    listening: House, wit: FakeWit, failing: int
) -> None:
    await listen_at_a_camera(listening)
    replies = [Reply("help me call the police")] * 3
    replies[failing] = Reply(html_status=502)
    wit.script(*replies)
    for at_s in (0.0, 100.0, 200.0):
        await say(listening, at_s=at_s)
        await listening.run_due()
    assert len(await list_events(listening)) == 2
    listening.clock.advance(600)
    await listening.run_due()
    assert len(wit.heard) == 4
    assert len(await list_events(listening)) == 3
    assert len(await listening.alerts()) == 3


async def test_hear_live_files_nothing_when_nothing_was_said(listening: House, wit: FakeWit) -> None:
    wit.reply = Reply("")
    await listen_at_a_camera(listening)
    await say(listening)
    await listening.run_due()
    assert (await list_events(listening), list_files(listening)) == ([], [])


async def test_hear_live_asks_nobody_when_speech_was_switched_off_meanwhile(listening: House, wit: FakeWit) -> None:
    await listen_at_a_camera(listening)
    await say(listening)
    async with listening.services.database.unit_of_work() as session:
        (camera,) = await cameras.list_all_cameras(session)
        camera.speech = SpeechMode.OFF
    await listening.run_due()
    assert (await list_events(listening), list_files(listening), wit.heard) == ([], [], [])


async def test_hear_live_is_buried_with_its_sound_when_nobody_can_listen_and_runs_again_when_somebody_can(
    house: House, listening: House
) -> None:
    await listen_at_a_camera(house)
    threads = house.services.threads
    deaf = replace_services(house, Recognition(default=SpeechMode.WIT, keep_transcripts=True, threads=threads))
    await say(deaf)
    await deaf.run_due()
    async with house.services.database.reading() as session:
        (job,) = await outbox.list_jobs(session)
    assert "INSTANTREACT_WIT_TOKEN" in (job.error or "")
    await rerun_job(listening.services, job.id)
    await listening.run_due()
    assert len(await listening.alerts()) == 1


async def test_hear_live_keeps_only_the_matched_phrase_when_transcripts_are_not_kept(listening: House) -> None:
    listening.services.recognition.keep_transcripts = False
    await listen_at_a_camera(listening)
    await say(listening)
    await listening.run_due()
    (event,) = await list_events(listening)
    assert event.speech == "call the police"
    assert "help" not in repr(event.observation.transcript)
    assert (await listening.the_evidence())[0].quote == "call the police"


async def test_hear_live_matches_more_than_it_keeps_when_a_rule_asks_for_meaning_and_picture(listening: House) -> None:
    """A rule that also asks for what was seen holds by what was said then; rules about pictures alone stay silent."""
    await listening.add_camera()
    both = Criteria((CaptionCondition(("fight",)), SpeechCondition(("police",))), Combine.ALL)
    seen = Criteria((CaptionCondition(("fight",)),))
    async with listening.services.database.unit_of_work() as session:
        await rules.insert_rule(session, Rule(name="Both", criteria=both, created_at=NOW))
        await rules.insert_rule(session, Rule(name="Seen", criteria=seen, created_at=NOW))
    await say(listening)
    await listening.run_due()
    assert [compose_title(alert.happening) for alert in await listening.alerts()] == ["Both"]


async def test_hear_live_files_all_or_nothing_when_its_job_was_lost_meanwhile(listening: House) -> None:
    """As after a kill between recognising and filing: whoever has the job next files event and alert, once."""
    await listen_at_a_camera(listening)
    utterance_id = await say(listening)
    lost = Claim("0" * 32, "somebody else's by now", "hear_live", utterance_id, 1, 8)
    with pytest.raises(LeaseLost):
        await hear_live(listening.services, lost)
    assert (await list_events(listening), await listening.alerts()) == ([], [])
    assert list_files(listening) == [".jpg", ".wav"]
    await listening.run_due()
    await listening.run_due()
    assert (len(await list_events(listening)), len(await listening.alerts())) == (1, 1)


async def test_hear_live_has_nothing_to_do_when_the_camera_was_deleted_and_purge_removes_the_files(
    listening: House,
) -> None:
    await listen_at_a_camera(listening)
    await say(listening)
    async with listening.services.database.unit_of_work() as session:
        (camera,) = await cameras.list_all_cameras(session)
        await cameras.delete_camera(session, camera.id)
    await listening.run_due()
    age_files(listening, timedelta(hours=2))
    assert await purge_orphans(listening.services) == 2
    assert list_files(listening) == []


async def test_purge_keeps_the_sound_of_what_is_not_recognised_yet_and_drops_it_after_a_week(
    listening: House, wit: FakeWit
) -> None:
    wit.reply = Reply(html_status=502)
    await listen_at_a_camera(listening)
    await say(listening)
    await listening.run_due()
    age_files(listening, timedelta(hours=2))
    assert await purge_orphans(listening.services) == 0
    listening.clock.advance(8 * 24 * HOUR_S)
    week = RetentionPolicy({KeptKind.UTTERANCES: timedelta(days=7)})
    await queue_purge(listening.services)
    keeping = replace(listening, services=replace(listening.services, retention=week))
    await keeping.run_due()
    assert (await count_waiting(listening), list_files(listening)) == (0, [])
    await listening.run_due()
    assert await list_events(listening) == []


def age_files(house: House, age: timedelta) -> None:
    written_s = (NOW - age).timestamp()
    for path in path_of(house.services, ".").rglob("*"):
        os.utime(path, (written_s, written_s))


class FullDisk(LocalBlobs):
    """Has room for `left` more files."""

    left = 0

    def put(self, key: str, data: bytes, *, keep_reserve: bool = False) -> None:
        self.left -= 1
        if self.left < 0:
            raise StorageFull
        super().put(key, data, keep_reserve=keep_reserve)


@pytest.mark.parametrize("left", [0, 1])
async def test_keep_utterance_leaves_nothing_behind_when_the_disk_is_full(
    listening: House, tmp_path: Path, left: int
) -> None:
    await listen_at_a_camera(listening)
    blobs = FullDisk(tmp_path / "full")
    blobs.left = left
    full = replace(listening, services=replace(listening.services, blobs=blobs))
    with pytest.raises(StorageFull):
        await say(full)
    assert (list_files(full), await count_waiting(full)) == ([], 0)


async def test_keep_utterance_leaves_nothing_behind_when_the_camera_is_gone(listening: House) -> None:
    sound = decode_wav(HELP.read_bytes(), start_s=0.0)
    said = Said("0" * 32, "c1-heard", NOW, sound, make_observation(), lambda: JPEG)
    with pytest.raises(NotFound):
        await keep_utterance(listening.services, said)
    assert list_files(listening) == []


async def test_event_of_words_says_that_they_were_heard(listening: House) -> None:
    await listen_at_a_camera(listening)
    await say(listening)
    await listening.run_due()
    (event,) = await list_events(listening)
    assert event.observation.transcript is not None
    assert event.observation.transcript.hearing is Hearing.HEARD


@pytest.fixture
def thrifty(listening: House) -> House:
    """Wit.ai is asked about one utterance of each camera in a day; the recogniser of this machine stands in."""
    recognition = listening.services.recognition
    recognition.budget = SpeechBudget(utterances=1)
    return listening


async def test_hear_live_listens_on_this_machine_once_the_budget_is_spent_and_alerts_all_the_same(
    thrifty: House, wit: FakeWit
) -> None:
    await listen_at_a_camera(thrifty)
    await say(thrifty)
    await thrifty.run_due()
    await say(thrifty, at_s=100.0)
    thrifty.clock.advance(100)
    await thrifty.run_due()
    assert len(wit.heard) == 1
    assert len(await thrifty.alerts()) == 2
    assert await count_waiting(thrifty) == 0


async def test_hear_live_asks_again_on_the_next_day(thrifty: House, wit: FakeWit) -> None:
    await listen_at_a_camera(thrifty)
    await say(thrifty)
    await thrifty.run_due()
    thrifty.clock.advance(24 * HOUR_S)
    await say(thrifty, at_s=100.0)
    await thrifty.run_due()
    assert len(wit.heard) == 2


async def test_hear_live_counts_what_was_answered_and_not_the_tries(thrifty: House, wit: FakeWit) -> None:
    await listen_at_a_camera(thrifty)
    wit.reply = OUTAGES["a proxy's page"]
    await say(thrifty)
    await thrifty.run_due()
    wit.reply = Reply("help me call the police")
    thrifty.clock.advance(1000)
    await thrifty.run_due()
    async with thrifty.services.database.reading() as session:
        (used,) = await session.scalars(select(SpeechUse))
    assert used.utterances == 1
    assert used.seconds == pytest.approx(3.04, abs=0.01)
