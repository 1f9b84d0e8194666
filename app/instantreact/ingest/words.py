"""What was said near a camera: recognised off the picture's path, filed with what was seen at that moment."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import replace

from instantreact.domain.media import Window
from instantreact.domain.observation import Hearing, Transcript
from instantreact.errors import SpeechError
from instantreact.inference.captioner import Description
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.filing import origin_of
from instantreact.ingest.watched import HeardLive, make_observation
from instantreact.ingest.windows import LiveWindow
from instantreact.logs import get_logger
from instantreact.pipeline.observe import observe
from instantreact.pipeline.raising import raise_alerts
from instantreact.pipeline.recognition import spoken_phrases
from instantreact.pipeline.services import Services
from instantreact.rules.speech import asks_about_speech, keep_matched
from instantreact.speech.listen import HeardSound, HeardUtterance
from instantreact.speech.placing import place_transcripts
from instantreact.storage import cameras, rules
from instantreact.storage.tables import Event, Rule

_MOMENTS_PER_S = 10
_MODEL_S = 30.0

log = get_logger(__name__)


AskForEvidence = Callable[[str, str, Window], Awaitable[None]]
"""`Filing.ask_for_evidence`: event, connection and window."""


async def file_words(
    services: Services, heard: HeardLive, batcher: FeatureBatcher[Description], ask_for_evidence: AskForEvidence
) -> None:
    """Recognise an utterance and, if anything was said, file it as an event of its own; an alerted one gets its clip.

    Its connection ends in `-heard`, so that it never takes the place of a window that was seen.
    """
    camera_id = heard.opened.camera.id
    async with services.database.reading() as session:
        watching = await rules.list_rules_for(session, camera_id)
        mode = services.recognition.mode_of((await cameras.get_camera(session, camera_id)).speech)
    try:
        transcriber = await services.recognition.find(mode, spoken_phrases(rule.criteria for rule in watching))
        if transcriber is None:
            return
        recognised = await transcriber.transcribe(heard.utterance)
    except SpeechError as error:
        log.warning("speech.failed", camera_id=camera_id, reason=str(error))
        return
    if recognised.hearing is Hearing.HEARD:
        placed = _place(heard, recognised, transcriber.engine)
        event_id = await _file(services, heard, placed, watching, batcher)
        await ask_for_evidence(event_id, heard.opened.connection, _window_of(heard))


def _place(heard: HeardLive, recognised: Transcript, engine: str) -> Transcript:
    window = _window_of(heard)
    utterance = HeardUtterance(window.start_s, window.end_s, recognised)
    return place_transcripts([window], HeardSound(engine, has_track=True, utterances=(utterance,)))[0]


async def _file(
    services: Services,
    heard: HeardLive,
    transcript: Transcript,
    watching: list[Rule],
    batcher: FeatureBatcher[Description],
) -> str:
    """The event's id. Rules see all that was said, the database only what may be kept."""
    seen = make_observation(heard.moment, await _describe(heard.moment, batcher))
    said = replace(seen, window=_window_of(heard), transcript=transcript)
    about_speech = [rule for rule in watching if asks_about_speech(rule.criteria)]
    kept = transcript
    if not services.recognition.keep_transcripts:
        kept = keep_matched(transcript, [rule.criteria for rule in about_speech])
    origin = replace(origin_of(heard.opened, "-heard"), notify=False)
    jpeg = await services.threads.run(heard.moment.picture.jpeg)
    event = await observe(services, origin, replace(said, transcript=kept), jpeg)
    async with services.database.unit_of_work() as session:
        # A copy that no session knows: what it says is matched and not stored.
        told = Event(
            id=event.id,
            camera_id=event.camera_id,
            occurred_at=event.occurred_at,
            observation=said,
            caption=event.caption,
            snapshot_key=event.snapshot_key,
        )
        await raise_alerts(session, told, about_speech, place=origin.place, now=services.clock.now())
    return event.id


async def _describe(moment: LiveWindow, batcher: FeatureBatcher[Description]) -> Description:
    answer: Future[Description] = Future()
    batcher.ask(moment, lambda _, description: answer.set_result(description))
    async with asyncio.timeout(_MODEL_S):
        return await asyncio.wrap_future(answer)


def _window_of(heard: HeardLive) -> Window:
    start_s, duration_s = heard.utterance.start_s, heard.utterance.duration_s
    return Window(round(start_s * _MOMENTS_PER_S), start_s, start_s + duration_s)
