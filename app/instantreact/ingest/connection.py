"""One open stream of one camera: every picture goes through the gate into the windows, every packet into the ring."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import uuid4

from instantreact.domain.media import AudioTrack, Window
from instantreact.domain.observation import Caption, Observation
from instantreact.errors import StreamLost
from instantreact.inference.captioner import Description
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.ingest.batcher import Slot
from instantreact.ingest.listener import Listener
from instantreact.ingest.looking import Glancing, LiveGlance, LookDemand
from instantreact.ingest.minutes import WatchedMinutes
from instantreact.ingest.watched import HeardLive, Opened, SeenLive, WatchedCamera, WatchTools, make_observation
from instantreact.ingest.windows import LiveWindow, LiveWindows, Sample
from instantreact.media.live_frame import LiveFrame, TrackKind
from instantreact.media.mask import FrameMask, draw_zones
from instantreact.media.motion import GATE_HEIGHT, GATE_WIDTH, MotionGate
from instantreact.media.open_stream import OpenStream
from instantreact.media.segment import EvidenceClip, PacketRing, Tracks, write_clip
from instantreact.pipeline.following import Following

_LOOK_S = 0.2
FIRST_STILL = 1_000_000_000
"""Windows in which nothing moved are counted from here, so that none takes the place of another."""


@dataclass(frozen=True, eq=False)
class _Wanted:
    """A clip that was asked for: cut once the stream is past `end_s`."""

    start_s: float
    end_s: float
    answer: Future[EvidenceClip]


class Connection:
    """Lives in its watcher's thread; only `want_clip` may be called from others."""

    def __init__(
        self,
        camera: WatchedCamera,
        stream: OpenStream,
        tools: WatchTools,
        slot: Slot[Description],
        minutes: WatchedMinutes,
        demand: Callable[[], LookDemand] = LookDemand,
    ) -> None:
        self._camera = camera
        self._stream = stream
        self._tools = tools
        self._slot = slot
        self._minutes = minutes
        self.id = uuid4().hex
        self._opened: Opened | None = None
        zones = draw_zones(camera.zones, GATE_WIDTH, GATE_HEIGHT)
        self._gate = MotionGate(camera.sensitivity, zones)
        self._windows = LiveWindows(tools.plan)
        self._following: Following | None = None
        self._demand = demand
        self._glancing = Glancing(demand)
        self._posing = Glancing(partial(_find_pose_demand, tools.poses))
        self._ring = PacketRing(max_s=tools.evidence.kept_s, max_bytes=tools.evidence.kept_bytes)
        self._mask = FrameMask(camera.masks)
        self._wanted: list[_Wanted] = []
        self._is_over = False
        self._lock = threading.Lock()
        self._utterances: deque[AudioTrack] = deque()
        self._next_look_s = 0.0
        self._looked_at: datetime | None = None
        self._moving_until_s = -1.0
        self._motion = 0.0

    def run(self, on_picture: Callable[[LiveFrame], None], may_watch: Callable[[], bool]) -> None:
        """Read until the stream is stopped or over. Raises what ends it otherwise.

        `may_watch` is asked of whatever arrives, late pictures and sound too: what it refuses is not taken.
        """
        hears = self._camera.hears and self._stream.audio is not None
        listener = Listener(self._utterances.append) if hears else None
        try:
            for arrival in self._stream.arrivals():
                if not may_watch():
                    break
                self._ring.add(arrival.packet)
                for frame in arrival.frames:
                    frame.motion = self._motion
                    on_picture(frame)
                    self._see(frame)
                if listener:
                    for chunk in arrival.sound:
                        listener.put(chunk)
                if arrival.packet.kind is TrackKind.VIDEO:
                    self._cut_clips(arrival.packet.time_s)
        finally:
            if listener:
                listener.close()
            self._finish()

    def want_clip(self, start_s: float, end_s: float) -> Future[EvidenceClip]:
        """A clip of this stretch of the stream, with what is shown before and after it, once that has passed."""
        limits = self._tools.evidence
        wanted = _Wanted(start_s - limits.before_s, end_s + limits.after_s, Future())
        with self._lock:
            if self._is_over:
                return refuse_clip("The stream that showed it is over.")
            self._wanted.append(wanted)
        return wanted.answer

    def _see(self, frame: LiveFrame) -> None:
        now = self._tools.clock.now()
        opened = self._opened = self._date(frame, now)
        if frame.time_s >= self._next_look_s:
            self._next_look_s = frame.time_s + _LOOK_S
            motion = self._gate.see(frame.grey(GATE_WIDTH, GATE_HEIGHT), frame.time_s)
            self._windows.note_motion(frame.time_s, motion)
            self._minutes.note_seen(self._looked_at, now, motion.share)
            self._looked_at = now
            self._motion = motion.share
            if motion.is_moving:
                self._moving_until_s = frame.time_s + self._tools.plan.window_s
        is_moving = frame.time_s <= self._moving_until_s
        looked_s = self._glancing.looked_s
        following = self._follow()
        at_things = self._wants_things(following, frame.time_s, is_moving)
        at_poses = self._wants_poses(following, frame.time_s, is_moving)
        if at_things:
            self._windows.note_glance(frame.time_s)
        samples, windows = self._windows.add(frame, is_moving=is_moving)
        glances = []
        if following is not None and at_things:
            still_since_s = None if is_moving else looked_s
            glances.append(self._make_glance(following, opened, frame, still_since_s, at_poses=at_poses))
        elif following is not None and at_poses:
            glance = frame.glance(following.plan(_LOOK_S))
            glances.append(LiveGlance(glance, following, at_things=False, at_poses=True))
        self._offer(opened, samples, windows, glances)
        self._hand_over_utterances(opened)

    def _follow(self) -> Following | None:
        """Who looks, from the moment on at which there is somebody; anew where another joins them."""
        detector, poses, following = self._tools.detector(), self._tools.poses(), self._following
        if following is None or (following.detector, following.poses) != (detector, poses):
            asks = partial(_ask_who_lies, self._demand)
            self._following = Following.begin(detector, poses, self._camera.zones, asks_more=asks)
        return self._following

    def _wants_things(self, following: Following | None, time_s: float, is_moving: bool) -> bool:
        if following is None or following.detector is None:
            return False
        return self._glancing.wants(time_s, is_moving=is_moving)

    def _wants_poses(self, following: Following | None, time_s: float, is_moving: bool) -> bool:
        """Only while something moves, and where somebody may be there."""
        if following is None or following.seen_poses is None or not following.seen_poses.wants(time_s):
            return False
        return self._posing.wants(time_s, is_moving=is_moving)

    def _make_glance(
        self,
        following: Following,
        opened: Opened,
        frame: LiveFrame,
        still_since_s: float | None,
        *,
        at_poses: bool,
    ) -> LiveGlance:
        """A look at a picture; where nothing has moved since the one before, what is there is handed over at once."""
        glance = frame.glance(following.plan(_LOOK_S))
        if still_since_s is None:
            return LiveGlance(glance, following, at_poses=at_poses)
        moment, due_s = self._windows.still_moment(still_since_s), time.monotonic()

        def hand_over() -> None:
            window = Window(FIRST_STILL + round(frame.time_s / _LOOK_S), moment.window.start_s, moment.window.end_s)
            seen = Observation(window, Caption("", 0.0), hypotheses=(), pictured_s=frame.time_s)
            self._tools.hand_over(SeenLive(opened, following.tell(seen), frame, due_s, undescribed=moment))

        return LiveGlance(glance, following, hand_over)

    def _tell(self, observation: Observation) -> Observation:
        return self._following.tell(observation) if self._following else observation

    def _date(self, frame: LiveFrame, now: datetime) -> Opened:
        """When the stream's clock stood at zero, by its promptest picture: the first ones may have waited."""
        started_at = now - timedelta(seconds=frame.time_s)
        if self._opened is not None and started_at >= self._opened.started_at:
            return self._opened
        return Opened(self._camera, self.id, started_at)

    def _offer(
        self,
        opened: Opened,
        samples: list[Sample],
        windows: list[LiveWindow],
        glances: Sequence[LiveGlance] = (),
    ) -> None:
        due_s = time.monotonic()

        def deliver(window: LiveWindow, description: Description) -> None:
            observation = self._tell(make_observation(window, description))
            seen = SeenLive(opened, observation, window.picture, due_s)
            self._tools.hand_over(seen)

        self._slot.offer(samples, windows, deliver, glances)

    def _hand_over_utterances(self, opened: Opened) -> None:
        while self._utterances:
            utterance = self._utterances.popleft()
            self._tools.hand_over(HeardLive(opened, utterance, self._windows.moment(), self._tell))

    def _cut_clips(self, now_s: float) -> None:
        with self._lock:
            due = [wanted for wanted in self._wanted if wanted.end_s <= now_s]
            self._wanted = [wanted for wanted in self._wanted if wanted.end_s > now_s]
        for wanted in due:
            self._cut(wanted)

    def _cut(self, wanted: _Wanted) -> None:
        tracks = Tracks(self._stream.video, self._stream.audio if self._camera.hears else None)
        try:
            wanted.answer.set_result(write_clip(self._ring.cut(wanted.start_s, wanted.end_s), tracks, self._mask))
        except Exception as error:  # evidence that cannot be cut must not end the watching
            wanted.answer.set_exception(error)

    def _finish(self) -> None:
        """The stream is over: its last window, its last words, and the clips that were waited for, as far as it got."""
        if self._opened is not None:
            last = self._windows.finish()
            self._offer(self._opened, [], [last] if last else [])
            self._hand_over_utterances(self._opened)
        with self._lock:
            self._is_over = True
        self._cut_clips(math.inf)


def refuse_clip(reason: str) -> Future[EvidenceClip]:
    """The answer where there is no stream to cut from."""
    answer: Future[EvidenceClip] = Future()
    answer.set_exception(StreamLost(reason))
    return answer


def _ask_who_lies(demand: Callable[[], LookDemand]) -> bool:
    return demand().who_lies


def _find_pose_demand(find_poses: Callable[[], DeployedPoses | None]) -> LookDemand:
    """Not of the connection: one that its own demand refers to stays in memory, pictures and all, until it is swept."""
    poses = find_poses()
    return LookDemand(moving_s=poses.every_s) if poses else LookDemand()
