"""What was said in a clip, filed beside what was seen: later than the picture, and never in its way."""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.media import Listening
from instantreact.errors import Misconfigured, SpeechError, SpeechUnavailable
from instantreact.jobs.claims import Claim
from instantreact.logs import get_logger
from instantreact.pipeline.analyze import find_origin, open_file
from instantreact.pipeline.observe import Origin, add_transcript, match_rules
from instantreact.pipeline.recognition import spoken_phrases
from instantreact.pipeline.services import Services
from instantreact.pipeline.stopwatch import Stopwatch
from instantreact.speech.listen import HeardSound, HeardUtterance, listen
from instantreact.speech.placing import place_transcripts
from instantreact.speech.transcriber import Transcriber
from instantreact.storage import clips, events, rules, utterances
from instantreact.storage.tables import AnsweredUtterance, Clip

_EVENTS_AT_ONCE = 20

log = get_logger(__name__)


@dataclass(frozen=True)
class _Sound:
    """A clip, and who listens to it: nobody where speech is off, unknown with `reason` where nobody can."""

    clip: Clip
    origin: Origin
    phrases: tuple[str, ...]
    transcriber: Transcriber | None
    reason: str | None = None


async def hear(services: Services, claim: Claim) -> None:
    """Listen to the clip `claim.subject` and add what was said to its events, raising the alerts that follow.

    Raises SpeechUnavailable when a recogniser failed for now: the events say `unknown` until a later try, in which
    only the utterances that failed are sent again.
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
            await utterances.delete_answers(session, sound.clip.id)
            await claim.finish(session)
    log.info("clip.heard", clip_id=sound.clip.id, alerts=raised, took_ms=stopwatch.timings_ms()["total"])
    if wait_s is not None:
        raise SpeechUnavailable("Some of the sound could not be recognised for now.", retry_after_s=wait_s)


async def give_up_hearing(session: AsyncSession, clip_id: str, reason: str) -> None:
    """The job that listens was given up: its events stay as they are, and nobody waits any longer."""
    await utterances.delete_answers(session, clip_id)
    if await clips.find_clip(session, clip_id) is not None:
        await clips.mark_heard(session, clip_id, Listening.DONE, timings_ms={})


async def _begin(services: Services, clip_id: str) -> _Sound:
    async with services.database.reading() as session:
        clip = await clips.get_clip(session, clip_id)
        origin, camera = await find_origin(session, clip)
        watching = await rules.list_rules_for(session, clip.camera_id)
    mode = services.recognition.mode_of(camera.speech if camera else None)
    phrases = spoken_phrases(rule.criteria for rule in watching)
    try:
        transcriber = await services.recognition.find(mode, phrases)
    except SpeechError as error:
        return _Sound(clip, origin, phrases, None, reason=str(error))
    return _Sound(clip, origin, phrases, transcriber)


async def _listen(services: Services, sound: _Sound) -> HeardSound | None:
    """What became of the clip's sound; None when nobody listened."""
    if sound.transcriber is None:
        if sound.reason is None:
            return None
        return HeardSound(engine="none", has_track=True, broken_at_s=0.0, reason=sound.reason)
    kept = KeptAnswers(services, sound.clip.id, digest_of(sound.transcriber.engine, sound.phrases))
    known = await kept.load()
    async with open_file(services, sound.clip) as path:
        with closing(services.decoder.sound(path)) as chunks:
            return await listen(chunks, sound.transcriber, services.threads, known=known, on_answer=kept.keep)


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
            watching = await rules.list_rules_for(session, sound.origin.camera_id)
            some = await events.list_clip_events(session, sound.clip.id, after=after, limit=_EVENTS_AT_ONCE)
            for event in some:
                heard_then = replace(event.observation, transcript=transcripts[event.window_index])
                matched = match_rules(services, watching, heard_then)
                raised += len((await add_transcript(session, services, sound.origin, event, matched)).alerts)
        after = some[-1].window_index
    return raised


_HEARD: TypeAdapter[HeardUtterance] = TypeAdapter(HeardUtterance)


def digest_of(engine: str, phrases: Sequence[str]) -> str:
    """Whose answers may stand for another's: the same engine's that listened for the same phrases."""
    return hashlib.sha256("\0".join((engine, *sorted(set(phrases)))).encode()).hexdigest()


@dataclass(frozen=True)
class KeptAnswers:
    """The answers about one clip from who was asked so."""

    services: Services
    clip_id: str
    asked: str

    async def load(self) -> Mapping[int, HeardUtterance]:
        """By the milliseconds at which their utterances start; none where they cannot be opened any more."""
        async with self.services.database.reading() as session:
            rows = await utterances.list_answers(session, self.clip_id, asked=self.asked)
        try:
            return {row.start_ms: _HEARD.validate_json(self.services.box.open(row.answer)) for row in rows}
        except Misconfigured:  # the secret key was replaced meanwhile
            return {}

    async def keep(self, heard: HeardUtterance) -> None:
        """Keep one, in a transaction of its own."""
        sealed = self.services.box.seal(_HEARD.dump_json(heard).decode())
        row = AnsweredUtterance(clip_id=self.clip_id, asked=self.asked, start_ms=heard.start_ms, answer=sealed)
        async with self.services.database.unit_of_work() as session:
            await utterances.insert_answer(session, row)
