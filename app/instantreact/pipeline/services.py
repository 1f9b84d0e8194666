"""What the steps of the pipeline work with, built once by `wiring`."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from instantreact.channels.channel import Board, Channel, Template
from instantreact.channels.receiver import Receiver
from instantreact.clock import Clock
from instantreact.domain.alert import ChannelKind
from instantreact.domain.language import Language
from instantreact.domain.retention import RetentionPolicy
from instantreact.domain.second_look import LookPolicy
from instantreact.errors import StreamLost
from instantreact.figures import Figures
from instantreact.inference.detector.deployed import DetectorLoader
from instantreact.inference.loader import CaptionerLoader
from instantreact.inference.poses.deployed import PosesLoader
from instantreact.media.sandbox import ClipDecoder
from instantreact.pipeline.links import Links
from instantreact.pipeline.recognition import Recognition
from instantreact.storage.blobs import BlobStore
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from instantreact.threads import WorkerThreads
from instantreact.vision.model import VisionModel


@dataclass
class LivePictures:
    """Where pictures of cameras as they are now come from: a process that watches cameras puts itself there.

    take  the newest of a camera, by its id, as JPEG. Raises StreamLost, and Conflict where it is disabled
    """

    take: Callable[[str], Awaitable[bytes]]


async def _watch_nothing(camera_id: str) -> bytes:
    raise StreamLost("No process watches this camera now.")


@dataclass(frozen=True)
class Heartbeat:
    """Where a sign of life is sent, and how often, in seconds. The address is a secret: whoever has it can send one."""

    url: str = field(repr=False)
    every_s: float


@dataclass(frozen=True)
class SecondLooks:
    """Who takes a second look at alerts, and how."""

    model: VisionModel
    policy: LookPolicy


@dataclass(frozen=True)
class Services:
    """Every collaborator of a step.

    channels     how recipients are reached; a kind that is not there is not configured
    receivers    who takes in what channels bring back; a kind that is not there brings nothing
    links        opens alerts in a browser
    detector     who looks for things, where somebody does
    poses        who tells falls and who lies by how people move, where somebody does
    draws_boxes  whether what was detected is drawn into the pictures of alerts
    figures      what is counted and measured on the way
    retention    what is kept, and for how long
    looks        who takes a second look at alerts; None for nobody
    heartbeat    the sign of life for somebody outside; None for nobody
    grouping     how near to each other two things at one place are one alert; zero: none are
    alerts_a_minute  how many a person is sent at most, but critical ones; 0 for any number
    remind_before  how long before their chat window shuts a person is asked to keep it open; 0 for never
    templates    what reaches people whose chat window is shut
    boards       where it is shown how cameras stand
    adapts       whether what people answer to a camera's alerts changes what its scores are read as
    language     in which people are told whose own is not known
    live         what cameras show now
    time_zone    in which people are told when something happened, where no site says otherwise
    """

    database: Database
    blobs: BlobStore
    box: SecretBox
    clock: Clock
    threads: WorkerThreads
    decoder: ClipDecoder
    captioner: CaptionerLoader
    recognition: Recognition
    channels: Mapping[ChannelKind, Channel]
    receivers: Mapping[ChannelKind, Receiver]
    links: Links
    time_zone: ZoneInfo
    language: Language = Language.ENGLISH
    detector: DetectorLoader = field(default_factory=DetectorLoader)
    poses: PosesLoader = field(default_factory=PosesLoader)
    draws_boxes: bool = True
    adapts: bool = True
    live: LivePictures = field(default_factory=lambda: LivePictures(_watch_nothing))
    figures: Figures = field(default_factory=Figures)
    alerts_a_minute: int = 0
    grouping: timedelta = timedelta()
    remind_before: timedelta = timedelta(0)
    heartbeat: Heartbeat | None = None
    looks: SecondLooks | None = None
    retention: RetentionPolicy = field(default_factory=lambda: RetentionPolicy({}))
    templates: Mapping[ChannelKind, Template] = field(default_factory=dict)
    boards: Mapping[ChannelKind, Board] = field(default_factory=dict)
