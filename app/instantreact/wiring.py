"""Builds the services from the settings: the only place that knows both."""

import hashlib
import os
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from instantreact.api.connections import ConnectionLimits
from instantreact.api.oidc import OidcSettings
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.api.tls import Certificate
from instantreact.channels.channel import ChannelEnds, ChannelTools
from instantreact.channels.messenger.page import PageSetup
from instantreact.channels.messenger.setup import find_account
from instantreact.channels.registry import CHANNELS
from instantreact.clock import Clock
from instantreact.config import Settings
from instantreact.domain.alert import ChannelKind
from instantreact.domain.retention import KeptKind, RetentionPolicy
from instantreact.domain.second_look import LookPolicy
from instantreact.domain.site import check_zone, machine_zone
from instantreact.errors import InvalidInput, Misconfigured
from instantreact.figures import Figures, timing
from instantreact.inference.captioner import Captioner
from instantreact.inference.detector.deployed import DeployedDetector
from instantreact.inference.poses.deployed import DeployedPoses
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.state import Patience
from instantreact.ingest.watched import EvidenceLimits, HeardLive, SeenLive, WatchTools
from instantreact.jobs.embedded import in_background
from instantreact.media.reach import ReachPolicy
from instantreact.media.sandbox import ClipDecoder
from instantreact.media.stream import StreamLimits
from instantreact.model_wiring import decode_limits, make_captioner, make_detector, make_poses, make_recognition
from instantreact.pipeline.links import Links
from instantreact.pipeline.services import Heartbeat, LivePictures, SecondLooks, Services
from instantreact.storage.bindings import bind_blobs, bind_secret
from instantreact.storage.blobs import BlobStore, LocalBlobs
from instantreact.storage.channel_secrets import StoredSafe
from instantreact.storage.database import Database
from instantreact.storage.database_clock import DatabaseClock
from instantreact.storage.leases import LeaseOwner
from instantreact.storage.neighbours import Neighbours
from instantreact.storage.news import keep_news_short
from instantreact.storage.secrets import SecretBox, load_or_create_key, split_keys
from instantreact.storage.state_folder import prepare_folder
from instantreact.storage.totals import adding_figures
from instantreact.threads import WorkerThreads
from instantreact.tracing import sending_traces
from instantreact.vision.endpoint import VisionAccount
from instantreact.vision.model import VisionModel

_EVIDENCE_SLACK_S = 30.0
"""For the window itself, the wait for the model, and the way back to a keyframe."""


@asynccontextmanager
async def open_services(
    settings: Settings, *, clock: Clock | None = None, keeps_nursery: bool = True
) -> AsyncIterator[Services]:
    """Every collaborator of the pipeline, closed in order at the end. The database is expected to be migrated.

    Without `keeps_nursery` nothing waits to decode clips: for those who decode none, or few.
    """
    prepare_folder(settings.state_dir)
    box, secret_keys = open_secret_box(settings), load_secret_keys(settings)
    async with AsyncExitStack() as stack:
        stack.enter_context(sending_traces(str(settings.traces_url) if settings.traces_url else None))
        database = Database(settings.resolved_database_url)
        stack.push_async_callback(database.dispose)
        blobs = open_blobs(settings)
        await bind_blobs(database, blobs, settings.blobs_place)
        await bind_secret(database, box)
        if clock is None:
            clock = await stack.enter_async_context(_run_clock(database))
        threads = WorkerThreads(thread_count(settings))
        stack.callback(threads.close)
        decoder = stack.enter_context(ClipDecoder(decode_limits(settings), keeps_nursery=keeps_nursery))
        recognition = make_recognition(settings, threads=threads)
        stack.push_async_callback(recognition.close)
        ends = open_channels(settings, database, box, clock)
        channels = {kind: each.sender for kind, each in ends.items() if each.sender}
        figures = Figures()
        figures.know_channels(channels)
        await stack.enter_async_context(adding_figures(database, figures))
        await stack.enter_async_context(in_background(keep_news_short(database)))
        remote = RemoteCameras(internal_token(settings), find_certificate(settings))
        stack.push_async_callback(remote.close)
        looks = make_looks(settings)
        if looks is not None:
            stack.push_async_callback(looks.model.close)
        for channel in channels.values():
            stack.push_async_callback(channel.close)
        yield Services(
            database=database,
            blobs=blobs,
            box=box,
            clock=clock,
            threads=threads,
            decoder=decoder,
            captioner=make_captioner(settings),
            recognition=recognition,
            channels=channels,
            receivers={kind: each.receiver for kind, each in ends.items() if each.receiver},
            templates={kind: each.template for kind, each in ends.items() if each.template},
            boards={kind: each.board for kind, each in ends.items() if each.board},
            time_zone=find_default_zone(settings),
            language=settings.language,
            detector=make_detector(settings),
            poses=make_poses(settings),
            draws_boxes=settings.draw_boxes,
            adapts=settings.adapt,
            live=LivePictures(partial(remote.take_snapshot, database, clock)),
            figures=figures,
            retention=retention_policy(settings),
            alerts_a_minute=settings.alerts_a_minute,
            grouping=timedelta(seconds=settings.grouping_s),
            remind_before=timedelta(hours=settings.remind_hours),
            heartbeat=find_heartbeat(settings),
            looks=looks,
            links=Links(public_url(settings), hashlib.sha256(b"links:" + secret_keys[0].encode()).digest()),
        )


def find_heartbeat(settings: Settings) -> Heartbeat | None:
    """Where signs of life go; None where they go nowhere."""
    url = settings.heartbeat_url
    return Heartbeat(url.get_secret_value(), settings.heartbeat_every_s) if url else None


def make_looks(settings: Settings) -> SecondLooks | None:
    """Who takes second looks; None for nobody. Raises Misconfigured for half of what that needs."""
    url, name, key = settings.second_look_url, settings.second_look_model, settings.second_look_api_key
    if url is None and name is None:
        return None
    if url is None or name is None:
        raise Misconfigured("INSTANTREACT_SECOND_LOOK_URL and INSTANTREACT_SECOND_LOOK_MODEL need each other.")
    account = VisionAccount(str(url), name, key.get_secret_value() if key else None)
    policy = LookPolicy(
        mode=settings.second_look_mode,
        may_reject=settings.second_look_may_reject,
        timeout_s=settings.second_look_timeout_s,
        per_hour=settings.second_look_per_hour or None,
        picture_px=settings.second_look_picture_px,
    )
    return SecondLooks(VisionModel(account), policy)


def retention_policy(settings: Settings) -> RetentionPolicy:
    """What is kept, and for how long."""
    days: dict[KeptKind, float | None] = {
        kind: getattr(settings, f"keep_{kind}_days") for kind in KeptKind if kind is not KeptKind.UTTERANCES
    }
    days[KeptKind.UTTERANCES] = 7.0  # for a recogniser, or for somebody who runs its buried job again
    max_bytes = None if settings.max_files_mb is None else settings.max_files_mb << 20
    return RetentionPolicy.of_days(days, max_bytes=max_bytes, free_bytes=settings.keep_free_mb << 20)


def find_default_zone(settings: Settings) -> ZoneInfo:
    """In which times are told where no site says otherwise. Raises Misconfigured for a name that is none."""
    if settings.time_zone is None:
        return machine_zone()
    try:
        return ZoneInfo(check_zone(settings.time_zone))
    except InvalidInput as error:
        raise Misconfigured(f"INSTANTREACT_TIME_ZONE: {error}") from error


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[tuple[Database, Clock]]:
    """The database alone, and its clock: what a relay needs."""
    database = Database(settings.resolved_database_url)
    try:
        async with _run_clock(database) as clock:
            yield database, clock
    finally:
        await database.dispose()


@asynccontextmanager
async def _run_clock(database: Database) -> AsyncIterator[Clock]:
    clock = DatabaseClock(database)
    await clock.measure()
    async with in_background(clock.run()):
        yield clock


def load_secret_keys(settings: Settings) -> list[str]:
    """What all processes of a service share, newest first: they encrypt camera addresses and make tokens from it."""
    if settings.secret_keys is None:
        return split_keys(load_or_create_key(secret_key_file(settings)))
    return split_keys(settings.secret_keys.get_secret_value())


def secret_key_file(settings: Settings) -> Path:
    """Where the key lies that is made where none is set."""
    return settings.state_dir / "secret.key"


def open_blobs(settings: Settings) -> BlobStore:
    """Where clips and pictures lie. Raises Misconfigured where that is two places, or needs what is not installed."""
    reserve_bytes = settings.reserve_mb << 20
    if settings.blobs_url is None:
        return LocalBlobs(settings.resolved_blobs_dir, reserve_bytes=reserve_bytes)
    if settings.blobs_dir is not None:
        raise Misconfigured("INSTANTREACT_BLOBS_DIR and INSTANTREACT_BLOBS_URL are both set: remove one of them.")
    try:
        from instantreact.storage.s3 import S3Blobs, open_bucket
    except ModuleNotFoundError as error:
        raise Misconfigured("INSTANTREACT_BLOBS_URL needs `pip install 'instantreact[s3]'`.") from error
    key_id, secret = settings.s3_access_key_id, settings.s3_secret_access_key
    if (key_id is None) != (secret is None):
        both = "INSTANTREACT_S3_ACCESS_KEY_ID and INSTANTREACT_S3_SECRET_ACCESS_KEY"
        raise Misconfigured(f"{both} need each other.")
    bucket = open_bucket(
        settings.blobs_url,
        endpoint=str(settings.s3_endpoint).rstrip("/") if settings.s3_endpoint else None,
        region=settings.s3_region,
        key_id=key_id.get_secret_value() if key_id else None,
        secret=secret.get_secret_value() if secret else None,
    )
    cache = LocalBlobs(settings.state_dir / "blob-cache", reserve_bytes=reserve_bytes)
    return S3Blobs(bucket, cache, cache_bytes=settings.s3_cache_mb << 20)


def open_secret_box(settings: Settings) -> SecretBox:
    """What camera addresses are encrypted with. Raises Misconfigured for keys that are none."""
    origin = "INSTANTREACT_SECRET_KEYS" if settings.secret_keys else secret_key_file(settings)
    try:
        return SecretBox(load_secret_keys(settings))
    except (Misconfigured, OSError) as error:
        raise Misconfigured(f"{origin} cannot be used: {error}") from error


def internal_token(settings: Settings) -> str:
    """By which the service's processes know each other."""
    return hashlib.sha256(b"internal:" + load_secret_keys(settings)[0].encode()).hexdigest()


def thread_count(settings: Settings) -> int:
    """Enough threads that an analysis, which mostly waits for its child, keeps no upload waiting."""
    return settings.analyze_jobs + max(4, os.cpu_count() or 1)


def open_channels(
    settings: Settings, database: Database, box: SecretBox, clock: Clock
) -> Mapping[ChannelKind, ChannelEnds]:
    """Both ends of every channel, as far as it is configured. Raises Misconfigured for half a configuration."""
    tools = ChannelTools(clock, reach_policy(settings))
    safes = {kind: StoredSafe(kind, database, box, clock) for kind in CHANNELS}
    return {kind: each.open(settings, replace(tools, safe=safes[kind])) for kind, each in CHANNELS.items()}


def find_page_setup(settings: Settings) -> PageSetup:
    """What the Page is to be set up for. Raises Misconfigured where there is none."""
    account = find_account(settings)
    if account is None:
        raise Misconfigured(
            "Messenger is not configured: set INSTANTREACT_MESSENGER_PAGE_ID to the number of your Facebook Page and "
            "INSTANTREACT_MESSENGER_PAGE_TOKEN to a token of it with the permissions pages_messaging and "
            "pages_manage_metadata."
        )
    verify = settings.messenger_verify_token
    return PageSetup(account, public_url(settings), verify.get_secret_value() if verify else None)


def connection_limits(settings: Settings) -> ConnectionLimits:
    """How many connections the server takes in."""
    return ConnectionLimits(
        connections=settings.max_connections,
        from_address=settings.max_connections_of_address,
        trusted_proxies=settings.trusted_proxies,
    )


def find_certificate(settings: Settings) -> Certificate | None:
    """What the service speaks https with. Raises Misconfigured for half of it."""
    if settings.tls_certificate is None and settings.tls_key is None:
        return None
    if settings.tls_certificate is None or settings.tls_key is None:
        raise Misconfigured("INSTANTREACT_TLS_CERTIFICATE and INSTANTREACT_TLS_KEY need each other.")
    return Certificate(settings.tls_certificate, settings.tls_key)


def find_oidc(settings: Settings) -> OidcSettings | None:
    """Where people sign in elsewhere. Raises Misconfigured for half of it."""
    if settings.oidc_issuer is None and settings.oidc_client_id is None:
        return None
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        raise Misconfigured("INSTANTREACT_OIDC_ISSUER and INSTANTREACT_OIDC_CLIENT_ID need each other.")
    secret = settings.oidc_client_secret
    return OidcSettings(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        role_claim=settings.oidc_role_claim,
        roles=settings.oidc_roles,
        default_role=settings.oidc_default_role,
    )


def public_url(settings: Settings) -> str | None:
    """Where people reach this service, without a slash at its end."""
    return str(settings.public_url).rstrip("/") if settings.public_url else None


def make_lease_owner(settings: Settings, name: str, port: int) -> LeaseOwner:
    """This process as a holder of cameras' leases, and where the others reach it."""
    host = socket.gethostname() if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104
    literal = f"[{host}]" if ":" in host else host
    scheme = "http" if find_certificate(settings) is None else "https"
    address = str(settings.internal_url).rstrip("/") if settings.internal_url else f"{scheme}://{literal}:{port}"
    return LeaseOwner(name, address, settings.camera_lease_s)


def make_neighbours(settings: Settings) -> Neighbours:
    """This process among those that share its state folder."""
    return Neighbours(settings.state_dir / "processes")


def reach_policy(settings: Settings) -> ReachPolicy:
    """What cameras may be: never this service itself, whichever of its processes."""
    return ReachPolicy(
        file_folders=settings.allowed_source_folders,
        own_ports=make_neighbours(settings).list_ports,
        allow_private=not settings.forbid_private_hosts,
    )


def stream_limits(settings: Settings) -> StreamLimits:
    """How patient the watching of a stream is, and how large its pictures may be."""
    return StreamLimits(max_pixels=settings.max_pixels)


def watch_tools(
    settings: Settings,
    captioner: Captioner,
    *,
    policy: ReachPolicy,
    clock: Clock,
    figures: Figures,
    hand_over: Callable[[SeenLive | HeardLive], None],
    detector: Callable[[], DeployedDetector | None],
    poses: Callable[[], DeployedPoses | None],
) -> WatchTools:
    """What the watchers of this process share; starts the thread of their model."""
    inference = figures.inference
    encode = timing(inference.labels("camera", "features"), captioner.encode_frames)
    describe = timing(inference.labels("camera", "caption"), captioner.describe)
    before_s, after_s = settings.evidence_before_s, settings.evidence_after_s
    return WatchTools(
        plan=replace(captioner.bundle.sampling, stride_s=settings.camera_stride_s),
        batcher=FeatureBatcher(encode, describe),
        policy=policy,
        limits=stream_limits(settings),
        patience=Patience(alert_after_s=settings.camera_lost_after_s),
        evidence=EvidenceLimits(before_s, after_s, kept_s=before_s + after_s + _EVIDENCE_SLACK_S),
        clock=clock,
        hand_over=hand_over,
        detector=detector,
        poses=poses,
    )
