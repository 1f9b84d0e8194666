"""A spoken phrase near a camera raises an alert, though nothing moves."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import av
import numpy as np
import pytest
from sqlalchemy import select

from instantreact.domain.camera import SpeechMode
from instantreact.domain.media import AudioTrack, Window
from instantreact.domain.rule import Criteria, SpeechCondition
from instantreact.ingest import words
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.watched import HeardLive, Opened
from instantreact.ingest.windows import LiveWindow
from instantreact.jobs.embedded import run_jobs
from instantreact.media.live_frame import LiveFrame
from instantreact.media.mask import FrameMask
from instantreact.pipeline.handlers import job_kinds
from instantreact.pipeline.services import Services
from instantreact.speech.sound import decode_wav
from instantreact.storage import cameras, rules, utterances
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.tables import Alert, Event, Rule
from instantreact.wiring import open_services
from tests.ingest.cheap_model import describe, encode
from tests.ingest.processes import make_settings, supervising, wait_for
from tests.ingest.speaking import add_speech
from tests.ingest.watching import make_camera
from tests.jobs.alone import alone
from tests.media.live_footage import write_clip

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def discreet_services(state_dir: Path) -> AsyncIterator[Services]:
    """Services that listen on this machine and keep only what matched."""
    settings = make_settings(state_dir, speech=SpeechMode.LOCAL, keep_transcripts=False)
    async with open_services(settings) as services:
        yield services


@pytest.mark.data
async def test_words_near_a_still_camera_raise_an_alert_and_leave_only_what_matched(
    discreet_services: Services, data_dir: Path, tmp_path: Path
) -> None:
    services, still = discreet_services, write_clip(tmp_path / "room.mp4", moving=False, seconds=4)
    spoken = add_speech(still, data_dir / "speech" / "002.wav", tmp_path / "spoken.mp4")
    async with services.database.unit_of_work() as session:
        await cameras.insert_camera(session, services.box, CameraSettings("Till", f"file:{spoken}#loop"), now=NOW)
        wanted = Criteria((SpeechCondition(("queen of clubs",)),))
        await rules.insert_rule(session, Rule(name="Queen", criteria=wanted, created_at=NOW))

    async def has_alert_with_clip() -> bool:
        async with services.database.reading() as session:
            alerted = select(Event.evidence_key).join(Alert, Alert.event_id == Event.id)
            return any(await session.scalars(alerted))

    kinds = job_kinds(services, analyze_jobs=1)
    jobs = run_jobs(services.database, kinds, clock=services.clock, random=Random(1), neighbours=alone())
    async with jobs, supervising(services, "anna", folder=tmp_path):
        await wait_for(has_alert_with_clip, 30)
    async with services.database.reading() as session:
        event = (await session.scalars(select(Event).order_by(Event.occurred_at))).first()
        alert = (await session.scalars(select(Alert))).first()
    assert event is not None
    assert alert is not None
    assert alert.event_id == event.id
    assert event.connection is not None
    assert event.connection.endswith("-heard")
    assert "queen of clubs" in event.speech
    assert "four" not in event.speech
    assert event.caption
    assert event.snapshot_key is not None
    assert event.evidence_key is not None
    with av.open(io.BytesIO(services.blobs.read(event.evidence_key)), "r") as clip:
        sound = sum(frame.samples / frame.sample_rate for frame in clip.decode(audio=0))
    assert sound >= event.end_s - event.start_s


async def test_keep_words_keeps_them_without_a_caption_when_the_model_does_not_answer(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(words, "_MODEL_S", 0.05)
    async with services.database.unit_of_work() as session:
        camera = await cameras.insert_camera(session, services.box, CameraSettings("Till", "device:0"), now=NOW)
    batcher = FeatureBatcher(encode, describe)
    batcher.close()
    picture = LiveFrame(0.0, av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), "rgb24"), FrameMask(()))
    moment = LiveWindow(Window(0, 0.0, 2.0), (), picture, {"counter": 0.5})
    opened = Opened(replace(make_camera("device:0"), id=camera.id), "c1", NOW)
    heard = HeardLive(opened, AudioTrack(np.ones(16_000, np.int16), 3.0), moment)
    kept = await words.keep_words(services, heard, batcher)
    async with services.database.reading() as session:
        utterance = await utterances.get_utterance(session, kept)
    assert utterance.observation.caption.text == ""
    assert utterance.observation.window == Window(30, 3.0, 4.0)
    assert utterance.observation.zones == {"counter": 0.5}
    sound = decode_wav(services.blobs.read(utterance.sound_key), start_s=3.0)
    assert sound.samples.tolist() == [1] * 16_000
