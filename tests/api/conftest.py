"""The real application on a real database and blob store; no worker runs, so that tests decide what was analyzed."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from cryptography.fernet import Fernet
from fastapi import FastAPI

from instantreact.api.app import close_app, create_app
from instantreact.api.live import LiveCameras
from instantreact.api.options import ApiOptions
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.channels.messenger.receiver import MessengerReceiver
from instantreact.domain.alert import ChannelKind
from instantreact.domain.camera import SpeechMode
from instantreact.inference.loader import CaptionerLoader
from instantreact.ingest.keep_watching import OwnCameras
from instantreact.media.limits import DecodeLimits
from instantreact.media.reach import ReachPolicy
from instantreact.media.sandbox import ClipDecoder
from instantreact.media.stream import StreamLimits
from instantreact.model_wiring import SHIPPED_BUNDLE
from instantreact.pipeline.links import Links
from instantreact.pipeline.recognition import Recognition
from instantreact.pipeline.services import Services
from instantreact.speech.wit import WitApp, WitTranscriber
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.database import Database
from instantreact.storage.secrets import SecretBox
from instantreact.threads import WorkerThreads
from tests.conftest import StoppedClock
from tests.media.clips import Drawing, make_clip
from tests.storage.databases import database, empty_database, only_sqlite, postgres, url
from tests.storage.factories import NOW

__all__ = ["database", "empty_database", "only_sqlite", "postgres", "url"]

API_KEY = "a-key-for-tests"
APP_SECRET = "0123456789abcdef0123456789abcdef"
INTERNAL_TOKEN = "among-us"
SHIPPED = CaptionerLoader(SHIPPED_BUNDLE, threads=1)
"""Loaded once, when a test first asks what it can say."""
OPTIONS = ApiOptions(
    api_key_hashes=(hashlib.sha256(b"another-key").hexdigest(), hashlib.sha256(API_KEY.encode()).hexdigest()),
    max_upload_bytes=300_000,
    internal_token=INTERNAL_TOKEN,
    public_url="https://alerts.example",
)


@dataclass
class Checks:
    """What /readyz is told."""

    found: Mapping[str, str | None] = field(default_factory=lambda: {"database": None, "captioner": None})

    async def run(self) -> Mapping[str, str | None]:
        return self.found


@pytest.fixture(scope="session")
def decoder() -> Iterator[ClipDecoder]:
    """Without a nursery, which would be seen by every other test of this process."""
    with ClipDecoder(DecodeLimits(max_duration_s=60.0), keeps_nursery=False) as decoder:
        yield decoder


@pytest.fixture(scope="session")
def movie(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A clip of one second."""
    return make_clip(tmp_path_factory.mktemp("clips") / "a.mp4", Drawing(duration_s=1.0)).read_bytes()


@pytest.fixture
def speech_mode() -> SpeechMode:
    """What may be done with sound; with `wit`, Wit.ai is configured."""
    return SpeechMode.OFF


def make_services(
    database: Database,
    decoder: ClipDecoder,
    folder: Path,
    threads: WorkerThreads,
    speech_mode: SpeechMode = SpeechMode.OFF,
    captioner: CaptionerLoader | None = None,
) -> Services:
    remote = WitTranscriber(WitApp("a-token")) if speech_mode is SpeechMode.WIT else None
    return Services(
        database=database,
        blobs=LocalBlobs(folder / "blobs"),
        box=SecretBox([Fernet.generate_key().decode()]),
        clock=StoppedClock(NOW),
        threads=threads,
        decoder=decoder,
        captioner=captioner or CaptionerLoader(folder / "no-bundle", threads=1),
        recognition=Recognition(default=speech_mode, keep_transcripts=True, threads=threads, remote=remote),
        channels={},
        receivers={ChannelKind.MESSENGER: MessengerReceiver(APP_SECRET, "agreed-upon")},
        links=Links(OPTIONS.public_url, b"signs links"),
        time_zone=ZoneInfo("UTC"),
    )


@pytest.fixture
async def services(
    database: Database, decoder: ClipDecoder, tmp_path: Path, speech_mode: SpeechMode
) -> AsyncIterator[Services]:
    threads = WorkerThreads(2)
    services = make_services(database, decoder, tmp_path, threads, speech_mode, SHIPPED)
    yield services
    await services.recognition.close()
    threads.close()


def make_live_cameras(services: Services, remote: RemoteCameras, own: OwnCameras | None = None) -> LiveCameras:
    limits = StreamLimits(open_timeout_s=1.0, read_timeout_s=0.5, stall_timeout_s=1.0)
    return LiveCameras(services, own or OwnCameras(), remote, policy=ReachPolicy(), limits=limits)


@pytest.fixture
async def live_cameras(services: Services) -> AsyncIterator[LiveCameras]:
    """Nothing is watched."""
    remote = RemoteCameras(INTERNAL_TOKEN)
    yield make_live_cameras(services, remote)
    await remote.close()


@pytest.fixture
def checks() -> Checks:
    return Checks()


@pytest.fixture
async def app(services: Services, checks: Checks, live_cameras: LiveCameras) -> AsyncIterator[FastAPI]:
    app = create_app(services, OPTIONS, checks.run, live_cameras)
    yield app
    await close_app(app)


@pytest.fixture
async def anybody(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without a key."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the API key."""
    transport, headers = httpx.ASGITransport(app), {"X-API-Key": API_KEY}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client
