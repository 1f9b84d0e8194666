"""What was said in a clip, filed beside what was seen: later than the picture, and never in its way."""

from contextlib import closing
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.media import Listening
from instantreact.domain.observation import Hearing, Transcript
from instantreact.errors import SpeechError, SpeechUnavailable
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.analyze import find_file, find_origin
from instantreact.pipeline.observe import Origin
from instantreact.pipeline.raising import raise_alerts
from instantreact.pipeline.recognition import spoken_phrases
from instantreact.pipeline.services import Services
from instantreact.pipeline.stopwatch import Stopwatch
from instantreact.rules.speech import asks_about_speech, keep_matched
from instantreact.speech.listen import HeardSound, listen
from instantreact.speech.placing import place_transcripts
from instantreact.speech.transcriber import Transcriber
from instantreact.storage import clips, events, rules
from instantreact.storage.tables import Clip, Event, Rule

_EVENTS_AT_ONCE = 20

log = get_logger(__name__)


@dataclass(frozen=True)
class _Sound:
    """A clip, and who listens to it: nobody where speech is off, unknown with `reason` where nobody can."""

    clip: Clip
    origin: Origin
    rules: list[Rule]
    transcriber: Transcriber | None
    reason: str | None = None


async def hear(services: Services, claim: Claim) -> None:
    """Listen to the clip `claim.subject` and add what was said to its events, raising the alerts that follow.

    Raises SpeechUnavailable when a recogniser failed for now: the events say `unknown` until a later try.
    """
    sound = await _begin(services, claim.subject)
    stopwatch = Stopwatch()
    with stopwatch.measure("speech"):
        heard = await _listen(services, sound)
    raised = await _file(services, claim, sound, heard) if heard is not None else 0
    async with services.database.unit_of_work() as session:
        state = Listening.OFF if heard is None else Listening.DONE
        await clips.mark_heard(session, sound.clip.id, state, timings_ms=stopwatch.timings_ms())
        wait_s = heard.ask_again_after_s if heard is not None else None
        if wait_s is None:
            await claim.finish(session)
    log.info("clip.heard", clip_id=sound.clip.id, alerts=raised, took_ms=stopwatch.timings_ms()["total"])
    if wait_s is not None:
        raise SpeechUnavailable("Some of the sound could not be recognised for now.", retry_after_s=wait_s)


async def settle_unheard(session: AsyncSession, clip_id: str, reason: str) -> None:
    """The job that listens was given up: its events stay as they are, and nobody waits any longer."""
    if await clips.find_clip(session, clip_id) is not None:
        await clips.mark_heard(session, clip_id, Listening.DONE, timings_ms={})


async def _begin(services: Services, clip_id: str) -> _Sound:
    async with services.database.reading() as session:
        clip = await clips.get_clip(session, clip_id)
        origin, camera = await find_origin(session, clip)
        watching = await rules.list_rules_for(session, clip.camera_id)
    mode = services.recognition.mode_of(camera.speech if camera else None)
    try:
        transcriber = await services.recognition.find(mode, spoken_phrases(rule.criteria for rule in watching))
    except SpeechError as error:
        return _Sound(clip, origin, watching, None, reason=str(error))
    return _Sound(clip, origin, watching, transcriber)


async def _listen(services: Services, sound: _Sound) -> HeardSound | None:
    """What became of the clip's sound; None when nobody listened."""
    if sound.transcriber is None:
        if sound.reason is None:
            return None
        return HeardSound(engine="none", has_track=True, broken_at_s=0.0, reason=sound.reason)
    chunks = services.decoder.sound(await find_file(services, sound.clip))
    with closing(chunks):
        return await listen(chunks, sound.transcriber, services.threads)


async def _file(services: Services, claim: Claim, sound: _Sound, heard: HeardSound) -> int:
    """File what was heard with the clip's events, some at a time: those of an hour would hold everybody else up."""
    async with services.database.reading() as session:
        windows = await events.list_clip_windows(session, sound.clip.id)
    placed = await services.threads.run(place_transcripts, windows, heard)
    transcripts = {window.index: transcript for window, transcript in zip(windows, placed, strict=True)}
    raised, after = 0, -1
    while windows and after < windows[-1].index:
        async with services.database.unit_of_work() as session:
            await claim.confirm(session)
            some = await events.list_clip_events(session, sound.clip.id, after=after, limit=_EVENTS_AT_ONCE)
            for event in some:
                raised += await _file_transcript(services, session, sound, event, transcripts[event.window_index])
        after = some[-1].window_index
    return raised


async def _file_transcript(
    services: Services, session: AsyncSession, sound: _Sound, event: Event, transcript: Transcript
) -> int:
    """Match first, then keep what may be kept: rules see all that was said, the database may not."""
    before = event.observation.transcript
    if before is not None and before.hearing is Hearing.HEARD and transcript.hearing is Hearing.UNKNOWN:
        return 0  # a later try that failed takes nothing back
    event.observation = replace(event.observation, transcript=transcript)
    about_speech = [rule for rule in sound.rules if asks_about_speech(rule.criteria)]
    raised = 0
    if sound.origin.notify and transcript.hearing is Hearing.HEARD:
        now = services.clock.now()
        raised = await raise_alerts(session, event, about_speech, place=sound.origin.place, now=now)
    if not services.recognition.keep_transcripts:
        transcript = keep_matched(transcript, [rule.criteria for rule in about_speech])
        event.observation = replace(event.observation, transcript=transcript)
    event.speech = transcript.text
    await session.flush()
    return raised
