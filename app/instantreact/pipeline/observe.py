"""The one door for what was seen and heard, uploads and live cameras alike: match, file the event, raise its alerts."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.media import Window
from instantreact.domain.observation import Hearing, Observation
from instantreact.domain.verdict import Outcome
from instantreact.errors import Erased, FilesUnreachable
from instantreact.logs import get_logger
from instantreact.pipeline.calibrate import calibrate
from instantreact.pipeline.purge import discard_unless_filed
from instantreact.pipeline.raising import Match, make_scene, raise_alerts
from instantreact.pipeline.services import Services
from instantreact.rules.confirm import RecentLooks
from instantreact.rules.speech import asks_about_speech, keep_matched
from instantreact.storage import clips, erasures, events, rules, sites
from instantreact.storage.tables import Alert, Event, Rule
from instantreact.storage.verdicts import note_verdict

FindGrowing = Callable[[frozenset[str]], str | None]
"""Given the rules that hold, the event that an observation goes on with; None when it is one of its own."""

log = get_logger(__name__)


@dataclass(frozen=True)
class Origin:
    """Where an observation comes from: a clip, or one connection of a camera's stream.

    started_at  when the footage's clock stood at zero
    notify      whether it may raise alerts
    place       the camera's name, or the clip's file name, for people
    """

    place: str
    started_at: datetime
    notify: bool
    clip_id: str | None = None
    camera_id: str | None = None
    connection: str | None = None


@dataclass(frozen=True, eq=False)
class Waiting:
    """A rule whose conditions hold, but not yet for as long or as often as it asks for; `why` says how far that is."""

    rule: Rule
    why: str


@dataclass(frozen=True, eq=False)
class Matched:
    """An observation as it may be kept, and what holds for all of it."""

    observation: Observation
    matches: tuple[Match, ...]
    waiting: tuple[Waiting, ...] = ()

    @property
    def rule_ids(self) -> frozenset[str]:
        """The ids of the rules that hold."""
        return frozenset(match.rule.id for match in self.matches)


@dataclass(frozen=True, eq=False)
class Observed:
    """An event, the alerts that it raises now (none when it was there already), and the ids of the rules that hold."""

    event: Event
    rule_ids: frozenset[str]
    alerts: tuple[Alert, ...] = ()


async def observe(
    services: Services,
    origin: Origin,
    observation: Observation,
    picture: Callable[[], bytes],
    *,
    recent: RecentLooks | None = None,
    find_growing: FindGrowing | None = None,
    is_last: bool = False,
) -> Observed:
    """File one observation as an event, or as more of one that grows; an event and its alerts are one transaction.

    `recent` is what came before of the same stream or clip, and takes this in; with `is_last` a clip ends. `picture`
    gives a JPEG and is called in a worker thread, for events that are new. The same window of the same origin twice
    gives the same event and nothing new. Raises NotFound when the origin's clip was deleted meanwhile, and Erased where
    what a camera saw then was.
    """
    services.figures.windows.labels("clip" if origin.clip_id else "camera").inc()
    async with services.database.reading() as session:
        observation = await calibrate(session, services, origin.camera_id, observation)
        watching = await rules.list_rules_for(session, origin.camera_id)
    matched = match_rules(services, watching, observation, recent, is_last=is_last)
    growing_id = find_growing(matched.rule_ids) if find_growing else None
    if growing_id is not None:
        async with services.database.unit_of_work() as session:
            await _refuse_erased(session, origin, observation.window)
            grown = await events.extend_event(session, growing_id, end_s=observation.window.end_s)
        if grown is not None:
            return Observed(grown, matched.rule_ids)
    return await _file_with_picture(services, origin, matched, picture)


def match_rules(
    services: Services,
    watching: Iterable[Rule],
    observation: Observation,
    recent: RecentLooks | None = None,
    *,
    is_last: bool = False,
) -> Matched:
    """What holds for the observation. Rules see all that was said, the database only what may be kept.

    Where words were heard only rules about words are asked: what was seen has been matched before.
    """
    transcript = observation.transcript
    if transcript is not None:
        watching = [rule for rule in watching if asks_about_speech(rule.criteria)]
    matches, waiting = _find_holding(watching, observation, recent or RecentLooks(), is_last=is_last)
    if transcript is not None and not services.recognition.keep_transcripts:
        transcript = keep_matched(transcript, [rule.criteria for rule in watching])
    if transcript is not None and not transcript.words:
        transcript = replace(transcript, context=())  # no phrase ends here: what was said before is kept where it was
    return Matched(replace(observation, transcript=transcript), matches, waiting)


def _find_holding(
    watching: Iterable[Rule], observation: Observation, recent: RecentLooks, *, is_last: bool
) -> tuple[tuple[Match, ...], tuple[Waiting, ...]]:
    found = [
        (rule, recent.find(rule.id, rule.criteria, rule.confirmation, observation, is_last=is_last))
        for rule in watching
    ]
    matches = (Match(rule, each.evidence) for rule, each in found if each.evidence and each.is_confirmed)
    waiting = (Waiting(rule, each.progress) for rule, each in found if each.evidence and not each.is_confirmed)
    return tuple(matches), tuple(waiting)


async def file_event(
    session: AsyncSession, services: Services, origin: Origin, matched: Matched, snapshot_key: str | None
) -> Observed:
    """File a matched observation and raise its alerts in the caller's transaction, as `observe` does in its own."""
    await _refuse_erased(session, origin, matched.observation.window)
    origin = await _refresh(session, origin)
    event, is_new = await events.insert_or_find(session, _make_event(origin, matched.observation, snapshot_key))
    alerts = await _raise(session, services, origin, event, matched) if is_new else ()
    return Observed(event, matched.rule_ids, alerts)


async def add_transcript(
    session: AsyncSession, services: Services, origin: Origin, event: Event, matched: Matched
) -> Observed:
    """Add what was heard to an event that was seen, and raise the alerts that follow, in the caller's transaction."""
    transcript = matched.observation.transcript
    before = event.observation.transcript
    if transcript is None or (before and before.hearing is Hearing.HEARD and transcript.hearing is Hearing.UNKNOWN):
        return Observed(event, matched.rule_ids)  # a later try that failed takes nothing back
    await events.replace_observation(session, event, matched.observation)
    heard = transcript.hearing is Hearing.HEARD
    alerts = await _raise(session, services, origin, event, matched) if heard else ()
    return Observed(event, matched.rule_ids, alerts)


async def _file_with_picture(
    services: Services, origin: Origin, matched: Matched, picture: Callable[[], bytes]
) -> Observed:
    key = services.blobs.new_key("snapshots", ".jpg")
    try:
        await services.threads.run(lambda: services.blobs.put(key, picture()))
    except FilesUnreachable as error:
        if origin.clip_id is not None:
            raise  # its job comes again; a camera's window does not, and is told of without a picture
        log.error("event.without_picture", reason=str(error))
        async with services.database.unit_of_work() as session:
            return await file_event(session, services, origin, matched, None)
    try:
        async with services.database.unit_of_work() as session:
            observed = await file_event(session, services, origin, matched, key)
    except BaseException:
        await asyncio.shield(discard_unless_filed(services, key))
        raise
    if observed.event.snapshot_key != key:
        await services.threads.run(services.blobs.delete, key)
    return observed


async def _refresh(session: AsyncSession, origin: Origin) -> Origin:
    """The origin as it is now: its clip may have lost its camera since it was read."""
    if origin.clip_id is None:
        return origin
    return replace(origin, camera_id=(await clips.get_clip(session, origin.clip_id)).camera_id)


async def _refuse_erased(session: AsyncSession, origin: Origin, window: Window) -> None:
    """What a camera saw before it was erased comes in some seconds later; an upload that comes in is a new one."""
    if origin.clip_id is None and origin.camera_id is not None:
        start, end = (origin.started_at + timedelta(seconds=each) for each in (window.start_s, window.end_s))
        if await erasures.is_erased(session, origin.camera_id, start, end):
            raise Erased


async def _raise(
    session: AsyncSession, services: Services, origin: Origin, event: Event, matched: Matched
) -> tuple[Alert, ...]:
    now = services.clock.now()
    for each in matched.waiting:
        await note_verdict(session, event.id, each.rule.id, Outcome.UNCONFIRMED, each.why, now=now)
    if not origin.notify:
        for match in matched.matches:
            await note_verdict(session, event.id, match.rule.id, Outcome.SILENT, now=now)
        return ()
    if not matched.matches:
        return ()
    zone = await sites.find_zone(session, event.camera_id, default=services.time_zone)
    raised = await raise_alerts(session, event, matched.matches, make_scene(services, origin.place, zone), now=now)
    if raised:
        log.info(
            "alerts.raised",
            event_id=event.id,
            alert_ids=[alert.id for alert in raised],
            camera_id=event.camera_id,
            clip_id=event.clip_id,
        )
    return tuple(raised)


def _make_event(origin: Origin, observation: Observation, snapshot_key: str | None) -> Event:
    window = observation.window
    return Event(
        clip_id=origin.clip_id,
        camera_id=origin.camera_id,
        connection=origin.connection,
        window_index=window.index,
        start_s=window.start_s,
        end_s=window.end_s,
        occurred_at=origin.started_at + timedelta(seconds=window.start_s),
        observation=observation,
        caption=observation.caption.text,
        speech=observation.transcript.text if observation.transcript else "",
        snapshot_key=snapshot_key,
    )
