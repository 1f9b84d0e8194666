import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from instantreact.domain.camera import SpeechMode
from instantreact.domain.media import Listening, Window
from instantreact.domain.observation import Hearing
from instantreact.domain.rule import CaptionCondition, SpeechCondition
from instantreact.inference.loader import CaptionerLoader
from instantreact.model_wiring import SHIPPED_BUNDLE
from instantreact.pipeline.analyze import put_analyze_job, put_hear_job
from instantreact.pipeline.intake import get_clip
from instantreact.pipeline.recognition import Recognition
from instantreact.pipeline.repair import queue_checks
from instantreact.speech.wit import WitApp, WitLimits, WitTranscriber
from instantreact.storage import clips, events
from instantreact.storage.tables import Clip, Event
from instantreact_demo.story import HELP
from tests.observations import make_observation
from tests.pipeline.conftest import House
from tests.servers.wit import FakeWit
from tests.servers.wit_reply import Reply
from tests.storage.factories import make_new_clip

PATIENT = WitLimits(rate_per_s=1000.0, retry_delays_s=(), failures=1000, concurrency=1)


@pytest.fixture
def wit() -> Iterator[FakeWit]:
    with FakeWit(reply=Reply("help me call the police")) as wit:
        yield wit


@pytest.fixture(scope="session")
def spoken_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_test_picture(tmp_path_factory.mktemp("clips") / "spoken.mp4", "-i", str(HELP)).read_bytes()


@pytest.fixture(scope="session")
def mute_clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return make_test_picture(tmp_path_factory.mktemp("clips") / "mute.mp4").read_bytes()


def make_test_picture(path: Path, *sound: str, seconds: int = 4) -> Path:
    picture = ["-f", "lavfi", "-i", f"testsrc=size=160x120:rate=10:duration={seconds}"]
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", *picture, *sound, "-pix_fmt", "yuv420p", str(path)]
    subprocess.run(command, check=True)
    return path


def make_late_picture(path: Path) -> Path:
    """A picture that begins five seconds after the call for help."""
    inputs = ["-i", str(HELP), "-itsoffset", "5", "-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=4"]
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", *inputs, "-fps_mode", "passthrough", str(path)]
    subprocess.run(command, check=True)
    return path


@pytest.fixture
async def listening(house: House, wit: FakeWit) -> AsyncIterator[House]:
    remote = WitTranscriber(WitApp(wit.token, base_url=wit.url), PATIENT, now=lambda: house.clock.now().timestamp())
    threads = house.services.threads
    recognition = Recognition(default=SpeechMode.WIT, keep_transcripts=True, threads=threads, remote=remote)
    yield replace_services(house, recognition)
    await recognition.close()


def replace_services(house: House, recognition: Recognition) -> House:
    return replace(house, services=replace(house.services, recognition=recognition))


async def add_seen_clip(house: House, content: bytes, *, windows: int = 1) -> Clip:
    """A clip whose windows of four seconds were seen, and that is to be listened to."""
    key = house.services.blobs.new_key("clips", ".mp4")
    house.services.blobs.put(key, content)
    async with house.services.database.unit_of_work() as session:
        clip, _ = await clips.insert_or_find(session, make_new_clip(blob_key=key), now=house.clock.now())
        await put_hear_job(session, clip, now=house.clock.now())
    for index in range(windows):
        await house.see(clip, replace(make_observation(), window=Window(index, 4.0 * index, 4.0 * index + 4.0)))
    return clip


async def the_event(house: House, clip: Clip) -> Event:
    async with house.services.database.reading() as session:
        (event,) = await events.list_clip_events(session, clip.id)
    return event


async def hearing_of(house: House, clip: Clip) -> Hearing:
    transcript = (await the_event(house, clip)).observation.transcript
    assert transcript is not None
    return transcript.hearing


async def test_hear_adds_what_was_said_and_raises_the_alert(listening: House, spoken_clip: bytes) -> None:
    await listening.add_rule(CaptionCondition(("fight",)), SpeechCondition(("call the police",)))
    clip = await add_seen_clip(listening, spoken_clip)
    assert await listening.alerts() == []
    await listening.run_due()
    event = await the_event(listening, clip)
    assert event.speech == "help me call the police"
    assert (await get_clip(listening.services, clip.id)).listening is Listening.DONE
    assert [evidence.kind for evidence in (await listening.the_evidence())] == ["caption", "speech"]


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
async def test_hear_raises_the_alert_when_it_was_said_before_the_picture_began(
    listening: House, tmp_path: Path, suffix: str
) -> None:
    await listening.add_rule(SpeechCondition(("call the police",)))
    clip = await add_seen_clip(listening, make_late_picture(tmp_path / f"late{suffix}").read_bytes())
    await listening.run_due()
    transcript = (await the_event(listening, clip)).observation.transcript
    assert transcript is not None
    assert transcript.text == "help me call the police"
    assert all(-5.2 < word.start_s < word.end_s < 0 for word in transcript.words)
    assert len(await listening.alerts()) == 1


async def test_hear_files_what_was_said_with_every_one_of_many_windows(listening: House, spoken_clip: bytes) -> None:
    clip = await add_seen_clip(listening, spoken_clip)
    for index in range(1, 45):
        await listening.see(clip, replace(make_observation(), window=Window(index, 4.0 * index, 4.0 * index + 4.0)))
    await listening.run_due()
    async with listening.services.database.reading() as session:
        filed = await events.list_clip_events(session, clip.id)
    heard = [event.observation.transcript.hearing for event in filed if event.observation.transcript]
    assert heard == [Hearing.HEARD] + [Hearing.SILENT] * 44


async def test_hear_leaves_unknown_and_alerts_later_when_wit_fails_at_first(
    listening: House, wit: FakeWit, spoken_clip: bytes
) -> None:
    await listening.add_rule(SpeechCondition(("call the police",)))
    wit.script(Reply(html_status=502))
    clip = await add_seen_clip(listening, spoken_clip)
    await listening.run_due()
    assert await hearing_of(listening, clip) is Hearing.UNKNOWN
    assert (await get_clip(listening.services, clip.id)).listening is Listening.DONE
    assert await listening.alerts() == []
    listening.clock.advance(3600)
    await listening.run_due()
    assert await hearing_of(listening, clip) is Hearing.HEARD
    assert len(await listening.alerts()) == 1


async def test_hear_keeps_only_the_matched_phrase_when_transcripts_are_not_kept(
    listening: House, spoken_clip: bytes
) -> None:
    listening.services.recognition.keep_transcripts = False
    await listening.add_rule(SpeechCondition(("call the police",)))
    clip = await add_seen_clip(listening, spoken_clip)
    await listening.run_due()
    event = await the_event(listening, clip)
    assert event.speech == "call the police"
    assert event.observation.transcript is not None
    assert [word.text for word in event.observation.transcript.words] == ["call", "the", "police"]
    assert (await listening.the_evidence())[0].quote == "call the police"


async def test_hear_says_silent_when_wit_hears_nothing(listening: House, wit: FakeWit, spoken_clip: bytes) -> None:
    wit.reply = Reply("")
    clip = await add_seen_clip(listening, spoken_clip)
    await listening.run_due()
    assert await hearing_of(listening, clip) is Hearing.SILENT


async def test_hear_says_no_track_and_asks_nobody_when_there_is_no_sound(
    listening: House, wit: FakeWit, mute_clip: bytes
) -> None:
    clip = await add_seen_clip(listening, mute_clip)
    await listening.run_due()
    assert await hearing_of(listening, clip) is Hearing.NO_TRACK
    assert wit.heard == []


async def test_hear_asks_nobody_when_speech_is_off(house: House, wit: FakeWit, spoken_clip: bytes) -> None:
    clip = await add_seen_clip(house, spoken_clip)
    await house.run_due()
    assert (await the_event(house, clip)).observation.transcript is None
    assert (await get_clip(house.services, clip.id)).listening is Listening.OFF
    assert wit.heard == []


async def test_hear_says_unknown_with_the_reason_when_wit_is_asked_for_but_not_configured(
    house: House, spoken_clip: bytes
) -> None:
    threads = house.services.threads
    house = replace_services(house, Recognition(default=SpeechMode.WIT, keep_transcripts=True, threads=threads))
    clip = await add_seen_clip(house, spoken_clip)
    await house.run_due()
    transcript = (await the_event(house, clip)).observation.transcript
    assert transcript is not None
    assert transcript.hearing is Hearing.UNKNOWN
    assert "INSTANTREACT_WIT_TOKEN" in (transcript.reason or "")


async def test_hear_takes_nothing_back_when_a_later_try_fails(
    listening: House, wit: FakeWit, spoken_clip: bytes
) -> None:
    clip = await add_seen_clip(listening, spoken_clip)
    await listening.run_due()
    wit.reply = Reply(html_status=502)
    async with listening.services.database.unit_of_work() as session:
        await put_hear_job(session, clip, now=listening.clock.now())
    await listening.run_due()
    assert await hearing_of(listening, clip) is Hearing.HEARD


async def test_hear_tries_at_once_after_a_restart_with_a_token_that_is_right(
    listening: House, spoken_clip: bytes, wit: FakeWit
) -> None:
    clip = await add_seen_clip(listening, spoken_clip)
    usual, wit.reply = wit.reply, Reply(error=(401, "no-auth", "Bad auth"))
    await listening.run_due()
    assert "no-auth" in (listening.services.recognition.fault or "")

    wit.reply = usual
    again = WitTranscriber(WitApp(wit.token, base_url=wit.url), PATIENT)
    threads = listening.services.threads
    recognition = Recognition(default=SpeechMode.WIT, keep_transcripts=True, threads=threads, remote=again)
    restarted = replace_services(listening, recognition)
    await queue_checks(restarted.services)
    await restarted.run_due()

    assert await hearing_of(restarted, clip) is Hearing.HEARD
    assert recognition.fault is None
    await recognition.close()


@pytest.fixture
async def spotting(house: House) -> AsyncIterator[House]:
    """The phrase spotter listens."""
    recognition = Recognition(default=SpeechMode.LOCAL, keep_transcripts=True, threads=house.services.threads)
    yield replace_services(house, recognition)
    await recognition.close()


async def test_sound_is_not_decoded_where_a_spotter_has_no_phrase_to_listen_for(
    spotting: House, spoken_clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spotting.services.decoder, "sound", None)
    clip = await add_seen_clip(spotting, spoken_clip)
    await spotting.run_due()
    assert (await get_clip(spotting.services, clip.id)).listening is Listening.OFF
    assert (await the_event(spotting, clip)).observation.transcript is None


async def test_clip_is_done_with_its_analysis_unless_somebody_listens_for_something(
    spotting: House, mute_clip: bytes
) -> None:
    services = replace(spotting.services, captioner=CaptionerLoader(SHIPPED_BUNDLE, threads=1))
    house = House(services, spotting.clock)

    async def analyze_one(sha256: str) -> tuple[int, Listening]:
        key = services.blobs.new_key("clips", ".mp4")
        services.blobs.put(key, mute_clip)
        async with services.database.unit_of_work() as session:
            new = make_new_clip(blob_key=key, sha256=sha256)
            clip, _ = await clips.insert_or_find(session, new, now=house.clock.now())
            await put_analyze_job(session, clip, now=house.clock.now())
        return await house.run_due(), (await get_clip(services, clip.id)).listening

    assert await analyze_one("1" * 64) == (1, Listening.OFF)
    await house.add_rule(SpeechCondition(("call the police",)))
    assert await analyze_one("2" * 64) == (2, Listening.DONE)
