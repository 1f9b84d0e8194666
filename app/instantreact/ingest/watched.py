"""What a watcher is given, and what it hands over. Everything that is handed over is masked."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from instantreact.clock import Clock
from instantreact.domain.camera import Mask, Zone
from instantreact.domain.media import AudioTrack, SamplingPlan, Window
from instantreact.domain.observation import Observation
from instantreact.inference.captioner import Description
from instantreact.inference.detector.deployed import DeployedDetector
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.state import Patience
from instantreact.ingest.windows import LiveWindow
from instantreact.media.live_frame import LiveFrame
from instantreact.media.reach import ReachPolicy
from instantreact.media.source import Source
from instantreact.media.stream import StreamLimits


@dataclass(frozen=True)
class WatchedCamera:
    """A camera as it is to be watched; `hears` whether its sound may be recognised."""

    id: str
    name: str
    source: Source
    sensitivity: float = 0.5
    zones: tuple[Zone, ...] = ()
    masks: tuple[Mask, ...] = ()
    hears: bool = False


@dataclass(frozen=True)
class Opened:
    """One opening of a camera's stream: its id, and when the stream's clock stood at zero."""

    camera: WatchedCamera
    connection: str
    started_at: datetime


@dataclass(frozen=True, eq=False)
class SeenLive:
    """A window that was described; `due_s` is when it ended (monotonic).

    undescribed  the moment, where nothing moves and it was merely looked at: the observation has no caption yet
    """

    opened: Opened
    observation: Observation
    picture: LiveFrame
    due_s: float
    undescribed: LiveWindow | None = None


def _tell_nothing(observation: Observation) -> Observation:
    return observation


@dataclass(frozen=True, eq=False)
class HeardLive:
    """An utterance, and the moment in which it ended, not described yet.

    tell  adds the things that are there to what was seen; called in the model's thread
    """

    opened: Opened
    utterance: AudioTrack
    moment: LiveWindow
    tell: Callable[[Observation], Observation] = _tell_nothing


@dataclass(frozen=True)
class EvidenceLimits:
    """How much of a stream is kept for evidence, and how much of it is shown before and after an event."""

    before_s: float = 5.0
    after_s: float = 5.0
    kept_s: float = 40.0
    kept_bytes: int = 48_000_000


def _find_nobody() -> None:
    return None


@dataclass(frozen=True)
class WatchTools:
    """What all watchers of a process share.

    hand_over  called in the model's and the watchers' threads; must not block
    detector   gives who looks for things, None while there is nobody; asked for every picture
    poses      gives who looks at how people move, likewise
    """

    plan: SamplingPlan
    batcher: FeatureBatcher[Description]
    policy: ReachPolicy
    limits: StreamLimits
    patience: Patience
    evidence: EvidenceLimits
    clock: Clock
    hand_over: Callable[[SeenLive | HeardLive], None]
    detector: Callable[[], DeployedDetector | None] = _find_nobody
    poses: Callable[[], DeployedPoses | None] = _find_nobody


def make_observation(seen: LiveWindow, description: Description, *, window: Window | None = None) -> Observation:
    """The value that rules are asked about; `window` where it stands for another stretch than its own."""
    return Observation(
        window=window or seen.window,
        caption=description.caption,
        hypotheses=description.hypotheses,
        concepts=description.concepts,
        zones=seen.zones,
        pictured_s=seen.picture.time_s,
    )
