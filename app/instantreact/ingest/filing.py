"""Files what watchers see, through the same door as clips: events that grow, alerts, and evidence after them.

Consecutive windows with the same sense are one event that grows: a fight of a minute is not sixty rows. The sense of a
window is which rules hold, which concepts are more likely than not, and, where no concept is, the words of its caption.
A rule that begins to hold always starts a new event, and so does time: an event grows for a minute at most, so that a
cooldown that ends meanwhile can raise a new alert.
"""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, replace

from instantreact.domain.media import Window
from instantreact.domain.mention import stems
from instantreact.domain.observation import Observation
from instantreact.errors import MediaError, StorageFull
from instantreact.inference.captioner import Description
from instantreact.ingest.watched import Opened, SeenLive
from instantreact.ingest.windows import LiveWindow
from instantreact.logs import get_logger
from instantreact.media.segment import EvidenceClip
from instantreact.pipeline.observe import Origin, observe
from instantreact.pipeline.services import Services
from instantreact.rules.confirm import RecentLooks
from instantreact.rules.match import may_hold_in_stillness
from instantreact.storage import events, rules

LIKELY = 0.5
SHARED_WORDS = 0.5
"""Share of two captions' words that they have in common and still say the same."""
LONGEST_S = 60.0

_FILLERS = frozenset(stems("a an the is are was in on at of to and with while his her their its who someone"))


@dataclass(frozen=True)
class Sense:
    """What one window comes to."""

    rule_ids: frozenset[str]
    concepts: frozenset[str]
    words: frozenset[str]


@dataclass(frozen=True)
class Growing:
    """The last event of a connection, which the next window may add to. Times on the stream's clock."""

    event_id: str
    connection: str
    sense: Sense
    start_s: float
    end_s: float


def find_sense(observation: Observation, rule_ids: frozenset[str]) -> Sense:
    """The sense of a window in which the rules `rule_ids` hold."""
    likely = frozenset(name for name, score in observation.concepts.items() if score >= LIKELY)
    return Sense(rule_ids, likely, frozenset(stems(observation.caption.text)) - _FILLERS)


def is_same_sense(last: Sense, new: Sense) -> bool:
    """Whether the later window says nothing that the earlier did not."""
    if not new.rule_ids <= last.rule_ids or new.concepts != last.concepts:
        return False
    if new.concepts:
        return True
    together = last.words | new.words
    return not together or len(last.words & new.words) / len(together) >= SHARED_WORDS


def continues(growing: Growing | None, connection: str, observation: Observation, sense: Sense) -> bool:
    """Whether the window goes on with the growing event: same connection, no pause, not too long, same sense."""
    if growing is None or growing.connection != connection:
        return False
    window = observation.window
    follows = growing.start_s <= window.start_s <= growing.end_s
    return follows and window.end_s - growing.start_s <= LONGEST_S and is_same_sense(growing.sense, sense)


WantClip = Callable[[str, float, float], "Future[EvidenceClip]"]
"""`Watcher.want_clip`: connection, start and end in seconds on the stream's clock."""

Describe = Callable[[LiveWindow], Awaitable[Description]]
"""What the model says of a moment."""

log = get_logger(__name__)


def _origin_of(opened: Opened) -> Origin:
    return Origin(
        place=opened.camera.name,
        started_at=opened.started_at,
        notify=True,
        camera_id=opened.camera.id,
        connection=opened.connection,
    )


class Filing:
    """Files the windows of one camera, in the order they come."""

    def __init__(self, services: Services, want_clip: WantClip) -> None:
        self._services = services
        self._want_clip = want_clip
        self._growing: Growing | None = None
        self._connection, self._recent = "", RecentLooks()
        self._still: tuple[float, Description] | None = None
        self._cutting: set[asyncio.Task[None]] = set()

    async def file(self, seen: SeenLive) -> None:
        """File a window: as a new event, or as more of the last one. An alerted event gets its clip afterwards."""
        self._still = None
        await self._file(seen)

    async def file_still(self, seen: SeenLive, describe: Describe) -> None:
        """File a look at stillness where a rule may hold for what is there, or is not; nothing comes of any other.

        What is still is described once in a minute at most: it looks as it did.
        """
        async with self._services.database.reading() as session:
            watching = await rules.list_rules_for(session, seen.opened.camera.id)
        recent = self._recent_of(seen.opened.connection)
        if not any(may_hold_in_stillness(rule.criteria, seen.observation) for rule in watching):
            for rule in watching:  # what is asked for does not last
                recent.find(rule.id, rule.criteria, rule.confirmation, seen.observation)
            return
        if seen.undescribed is not None:
            now_s = seen.observation.window.end_s
            if self._still is None or now_s - self._still[0] > LONGEST_S:
                self._still = now_s, await describe(seen.undescribed)
            said = self._still[1]
            seen = replace(
                seen,
                observation=replace(
                    seen.observation, caption=said.caption, hypotheses=said.hypotheses, concepts=said.concepts
                ),
            )
        await self._file(seen)

    async def _file(self, seen: SeenLive) -> None:
        connection, window = seen.opened.connection, seen.observation.window
        growing = self._growing

        def find_growing(rule_ids: frozenset[str]) -> str | None:
            if growing is None:
                return None
            sense = find_sense(seen.observation, rule_ids)
            return growing.event_id if continues(growing, connection, seen.observation, sense) else None

        observed = await observe(
            self._services,
            _origin_of(seen.opened),
            seen.observation,
            seen.picture.jpeg,
            recent=self._recent_of(connection),
            find_growing=find_growing,
        )
        if growing is not None and growing.event_id == observed.event.id:
            self._growing = replace(growing, end_s=window.end_s)
        else:
            sense = find_sense(seen.observation, observed.rule_ids)
            self._growing = Growing(observed.event.id, connection, sense, window.start_s, window.end_s)
        if observed.alerts:
            self.ask_for_clip(observed.event.id, connection, window)

    def _recent_of(self, connection: str) -> RecentLooks:
        """What came before of the same connection: another one has a clock of its own."""
        if self._connection != connection:
            self._connection, self._recent, self._still = connection, RecentLooks(), None
        return self._recent

    def ask_for_clip(self, event_id: str, connection: str, window: Window) -> None:
        """Keep a clip of this stretch of the connection with the event; returns before it is cut."""
        answer = self._want_clip(connection, window.start_s, window.end_s)
        task = asyncio.create_task(self._attach_clip(event_id, answer))
        self._cutting.add(task)
        task.add_done_callback(self._cutting.discard)

    async def finish(self) -> None:
        """Wait for the clips that are being cut; the camera is no longer watched."""
        await asyncio.gather(*self._cutting)

    async def _attach_clip(self, event_id: str, answer: "Future[EvidenceClip]") -> None:
        try:
            clip = await asyncio.wrap_future(answer)
        except MediaError as error:
            log.warning("evidence.missing", event_id=event_id, reason=str(error))
            return
        try:
            await self._keep_clip(event_id, clip)
        except StorageFull as error:
            log.error("evidence.failed", event_id=event_id, reason=str(error))
        except Exception:  # what fails here must not end the watching
            log.exception("evidence.failed", event_id=event_id)

    async def _keep_clip(self, event_id: str, clip: EvidenceClip) -> None:
        services = self._services
        key = services.blobs.new_key("evidence", ".mp4")
        await services.threads.run(services.blobs.put, key, clip.mp4, keep_reserve=True)
        async with services.database.unit_of_work() as session:
            is_kept = await events.attach_clip(session, event_id, key, start_s=clip.start_s, end_s=clip.end_s)
        if not is_kept:
            await services.threads.run(services.blobs.delete, key)
            return
        took_s = round(clip.end_s - clip.start_s, 1)
        log.info("evidence.kept", event_id=event_id, seconds=took_s, coded_anew=clip.coded_anew)
