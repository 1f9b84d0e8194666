"""What was said near a camera: kept by whoever watches it, recognised by a job, filed with what was seen then."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.camera import SpeechMode
from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing, Observation, Transcript
from instantreact.errors import Erased
from instantreact.jobs import outbox
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.calibrate import calibrate
from instantreact.pipeline.observe import Matched, Origin, file_event, match_rules
from instantreact.pipeline.purge import discard_unless_filed
from instantreact.pipeline.recognition import HEAR_ATTEMPTS, spoken_phrases
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.speech.listen import HeardSound, HeardUtterance
from instantreact.speech.placing import place_transcripts
from instantreact.speech.sound import decode_wav, encode_wav
from instantreact.speech.transcriber import Transcriber
from instantreact.storage import cameras, erasures, rules, speech_use, utterances
from instantreact.storage.tables import Camera, Rule, Utterance

log = get_logger(__name__)


@dataclass(frozen=True, eq=False)
class Said:
    """Sound of somebody speaking near a camera, and what was seen then; `picture` gives a JPEG, in a worker thread.

    started_at  when the clock of the stream, `connection`, stood at zero
    """

    camera_id: str
    connection: str
    started_at: datetime
    sound: AudioTrack
    seen: Observation
    picture: Callable[[], bytes]


async def keep_utterance(services: Services, said: Said) -> str:
    """Keep an utterance with the job that recognises it, which comes before that of any clip; the utterance's id.

    Raises StorageFull, NotFound when the camera is gone, and Erased when that moment is.
    """
    blobs = services.blobs
    sound_key, snapshot_key = blobs.new_key("utterances", ".wav"), blobs.new_key("snapshots", ".jpg")

    def write() -> None:
        blobs.put(sound_key, encode_wav(said.sound))
        blobs.put(snapshot_key, said.picture())

    try:
        await services.threads.run(write)
        return await _keep(services, said, sound_key, snapshot_key)
    except BaseException:
        await asyncio.shield(_discard(services, sound_key, snapshot_key))
        raise


async def hear_live(services: Services, claim: Claim) -> None:
    """Recognise the utterance `claim.subject`; if anything was said, it is an event of its own that may raise alerts.

    The event, its alerts, and that the utterance needs no more recognising, are one transaction. Raises SpeechError
    while it cannot be recognised: what is late raises its alerts late, and they say when it was said.
    """
    async with services.database.reading() as session:
        utterance = await utterances.get_utterance(session, claim.subject)
        camera = await cameras.get_camera(session, utterance.camera_id)
        watching = await rules.list_rules_for(session, camera.id)
        mode = await _choose_mode(services, session, camera)
        seen = await calibrate(session, services, camera.id, utterance.observation)
    transcriber = await services.recognition.find(mode, spoken_phrases(rule.criteria for rule in watching))
    transcript = await _recognise(services, utterance, transcriber) if transcriber else None
    matched = _match(services, watching, seen, transcript) if transcript else None
    origin = Origin(
        place=camera.name,
        started_at=utterance.started_at,
        notify=True,
        camera_id=camera.id,
        connection=utterance.connection,
    )
    await _finish(services, claim, origin, utterance, matched, was_sent=mode is SpeechMode.WIT)


async def _choose_mode(services: Services, session: AsyncSession, camera: Camera) -> SpeechMode:
    """Who is asked: once Wit.ai's budget is spent, whoever listens on this machine. Phrases still raise alerts then."""
    mode, budget = services.recognition.mode_of(camera.speech), services.recognition.budget
    if mode is SpeechMode.WIT and await speech_use.is_spent(session, camera.id, budget, now=services.clock.now()):
        return SpeechMode.LOCAL
    return mode


async def _keep(services: Services, said: Said, sound_key: str, snapshot_key: str) -> str:
    now = services.clock.now()
    utterance = Utterance(
        camera_id=said.camera_id,
        connection=said.connection,
        started_at=said.started_at,
        observation=said.seen,
        sound_key=sound_key,
        snapshot_key=snapshot_key,
        ended_at=said.started_at + timedelta(seconds=said.seen.window.end_s),
    )
    async with services.database.unit_of_work() as session:
        await cameras.get_camera(session, said.camera_id)
        began_at = said.started_at + timedelta(seconds=said.seen.window.start_s)
        if await erasures.is_erased(session, said.camera_id, began_at, utterance.ended_at):
            raise Erased
        await utterances.insert_utterance(session, utterance)
        await outbox.put(session, StepName.HEAR_LIVE, utterance.id, now=now, max_attempts=HEAR_ATTEMPTS)
    return utterance.id


async def _discard(services: Services, *keys: str) -> None:
    for key in keys:
        await discard_unless_filed(services, key)


def _match(services: Services, watching: list[Rule], seen: Observation, transcript: Transcript) -> Matched | None:
    """What was said as an observation of its own; None where nothing was."""
    if transcript.hearing is not Hearing.HEARD:
        return None
    return match_rules(services, watching, replace(seen, transcript=transcript))


async def _recognise(services: Services, utterance: Utterance, transcriber: Transcriber) -> Transcript:
    window = utterance.observation.window
    wav = await services.threads.run(services.blobs.read, utterance.sound_key)
    recognised = await transcriber.transcribe(decode_wav(wav, start_s=window.start_s))
    heard = HeardUtterance(window.start_s, window.end_s, recognised)
    return place_transcripts([window], HeardSound(transcriber.engine, has_track=True, utterances=(heard,)))[0]


async def _finish(
    services: Services, claim: Claim, origin: Origin, utterance: Utterance, matched: Matched | None, *, was_sent: bool
) -> None:
    filed_key = None
    async with services.database.unit_of_work() as session:
        await claim.confirm(session)
        if matched is not None:
            filed_key = (
                await file_event(session, services, origin, matched, utterance.snapshot_key)
            ).event.snapshot_key
        await utterances.delete_utterance(session, utterance.id)
        if was_sent:
            seconds = utterance.observation.window.end_s - utterance.observation.window.start_s
            await speech_use.add_use(session, utterance.camera_id, now=services.clock.now(), seconds=seconds)
        await claim.finish(session)
    for key in {utterance.sound_key, utterance.snapshot_key} - {filed_key}:
        await services.threads.run(services.blobs.delete, key)
    log.info("utterance.recognised", camera_id=utterance.camera_id, was_heard=matched is not None)
