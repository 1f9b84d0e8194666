"""What the steps of the pipeline work with, built once by `wiring`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from instantreact.channels.channel import Channel
from instantreact.channels.receiver import Receiver
from instantreact.clock import Clock
from instantreact.domain.alert import ChannelKind
from instantreact.domain.retention import RetentionPolicy
from instantreact.figures import Figures
from instantreact.inference.loader import CaptionerLoader
from instantreact.media.sandbox import ClipDecoder
from instantreact.pipeline.links import Links
from instantreact.pipeline.recognition import Recognition
from instantreact.storage.blobs import BlobStore
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from instantreact.threads import WorkerThreads


@dataclass(frozen=True)
class Services:
    """Every collaborator of a step.

    channels     how recipients are reached; a kind that is not there is not configured
    receivers    who takes in what channels bring back; a kind that is not there brings nothing
    links        opens alerts in a browser
    figures      what is counted and measured on the way
    retention    what is kept, and for how long
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
    figures: Figures = field(default_factory=Figures)
    retention: RetentionPolicy = field(default_factory=lambda: RetentionPolicy({}))
