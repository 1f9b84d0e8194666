"""What is configured, what is missing, what can be reached: for `instantreact doctor` and `GET /doctor`."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from instantreact.config import Settings, describe_weak_key
from instantreact.domain.finding import Finding
from instantreact.errors import InstantReactError, Misconfigured

if TYPE_CHECKING:
    from instantreact.channels.channel import Channel, Template
    from instantreact.channels.receiver import Receiver


async def examine(settings: Settings) -> list[Finding]:
    """Look at every part that the service needs or may use; nobody is notified."""
    findings = await _examine_storage(settings)
    findings += [_examine_address(settings), _examine_certificate(settings), _examine_bundle(settings)]
    findings += [_examine_detector(settings), _examine_poses(settings)]
    return findings + await _examine_rest(settings)


async def examine_running(settings: Settings) -> list[Finding]:
    """The same as seen from within the service, whose address is taken and whose models are loaded."""
    findings = await _examine_storage(settings)
    findings.append(_examine_certificate(settings))
    return findings + await _examine_rest(settings)


async def _examine_storage(settings: Settings) -> list[Finding]:
    findings = [_examine_state_dir(settings), _examine_secret_keys(settings), await _examine_database(settings)]
    findings.append(await _examine_broker(settings))
    return [*findings, _examine_disk(settings), _examine_time_zone(settings)]


async def _examine_rest(settings: Settings) -> list[Finding]:
    findings = []
    if weakness := describe_weak_key(settings.api_key):
        findings.append(Finding("key", "", weakness, is_fatal=False))
    findings += await _examine_channels(settings)
    findings += await _examine_stored(settings)
    findings.append(await _examine_speech(settings))
    findings.append(await examine_second_look(settings))
    return findings


def _examine_state_dir(settings: Settings) -> Finding:
    from instantreact.storage.state_folder import check_folder

    def look() -> str:
        check_folder(settings.state_dir)
        return f"{settings.state_dir.absolute()}{'' if settings.state_dir.exists() else ' will be made by `serve`'}"

    return _try("state folder", look)


def _examine_disk(settings: Settings) -> Finding:
    from instantreact.wiring import open_blobs

    try:
        shortage = open_blobs(settings).find_shortage()
    except Misconfigured as error:
        shortage = str(error)
    return Finding("disk" if settings.blobs_url is None else "bucket", "there is room for clips", shortage)


def _examine_time_zone(settings: Settings) -> Finding:
    from instantreact.wiring import find_default_zone

    return _try("time zone", lambda: f"{find_default_zone(settings).key}, where a site says nothing else")


def _examine_secret_keys(settings: Settings) -> Finding:
    from instantreact.wiring import open_secret_box, secret_key_file

    def look() -> str:
        if settings.secret_keys is None and not secret_key_file(settings).exists():
            return "one will be made by `serve`"
        open_secret_box(settings)
        return "camera addresses can be encrypted"

    return _try("secret keys", look)


def _examine_certificate(settings: Settings) -> Finding:
    from instantreact.api.tls import SOON
    from instantreact.wiring import find_certificate

    try:
        certificate = find_certificate(settings)
        if certificate is None:
            return Finding("certificate", "none; the service speaks http, and https behind a proxy that does")
        ends_at = certificate.find_end()
    except InstantReactError as error:
        return Finding("certificate", "", str(error))
    left = ends_at - datetime.now(UTC)
    if left < SOON:
        said = "has expired" if left < timedelta(0) else "expires soon"
        problem = f"{certificate.path} {said}: {ends_at:%Y-%m-%d}. A new one is read when the service starts."
        return Finding("certificate", "", problem, is_fatal=False)
    return Finding("certificate", f"good until {ends_at:%Y-%m-%d}")


def _examine_address(settings: Settings) -> Finding:
    from instantreact.api.server import open_server_socket

    try:
        open_server_socket(settings.host, settings.port).close()
    except InstantReactError as error:
        return Finding("address", "", f"{error} Or is it a running `serve`?", is_fatal=False)
    return Finding("address", f"{settings.host}:{settings.port} is free")


async def _examine_database(settings: Settings) -> Finding:
    from instantreact.storage.migrate import find_current_and_head

    try:
        current, head = await find_current_and_head(settings.resolved_database_url)
    except InstantReactError as error:
        return Finding("database", "", str(error))
    if current == head:
        return Finding("database", f"at {head}")
    problem = f"at {current or 'nothing'}, this version needs {head}; `instantreact serve` or `migrate` brings it there"
    return Finding("database", "", problem, is_fatal=False)


async def _examine_broker(settings: Settings) -> Finding:
    from instantreact.roles import check_broker

    if settings.broker_url is None:
        return Finding("broker", "none; `serve` runs the jobs itself, and `worker` needs INSTANTREACT_BROKER_URL")
    try:
        await check_broker(settings)
    except InstantReactError as error:
        return Finding("broker", "", str(error))
    return Finding("broker", "RabbitMQ takes jobs to the workers")


def _examine_bundle(settings: Settings) -> Finding:
    from instantreact.model_wiring import make_captioner

    def look() -> str:
        bundle = make_captioner(settings).get().bundle
        concepts = ", ".join(bundle.concepts.names)
        return f"{bundle.name} {bundle.version} in {bundle.folder}; it knows {concepts}"

    return _try("captioner", look)


def _examine_detector(settings: Settings) -> Finding:
    """The rest works without it."""
    from instantreact.model_wiring import make_detector

    loader = make_detector(settings)
    if loader.is_off:
        return Finding("detector", "off; nothing looks for people or things")
    try:
        found = loader.get()
    except InstantReactError as error:
        return Finding("detector", "", str(error), is_fatal=False)
    bundle, labels = found.detector.bundle, ", ".join(found.labels)
    return Finding("detector", f"{bundle.name} {bundle.version} in {bundle.folder}; it looks for {labels}")


def _examine_poses(settings: Settings) -> Finding:
    """The rest works without it."""
    from instantreact.model_wiring import make_poses

    loader = make_poses(settings)
    if loader.is_off:
        return Finding("poses", "off; falls are told by the captioner's sentences, and nobody says who lies")
    try:
        bundle = loader.get().estimator.bundle
    except InstantReactError as error:
        return Finding("poses", "", str(error), is_fatal=False)
    told = " and ".join(bundle.concepts.names)
    return Finding("poses", f"{bundle.name} {bundle.version} in {bundle.folder}; {told} by how people move")


async def _examine_channels(settings: Settings) -> list[Finding]:
    from instantreact.channels.channel import ChannelTools
    from instantreact.channels.registry import CHANNELS
    from instantreact.clock import SystemClock
    from instantreact.wiring import reach_policy

    findings, is_reached = [], False
    for kind, channel_type in CHANNELS.items():
        try:
            ends = channel_type.open(settings, ChannelTools(SystemClock(), reach_policy(settings)))
        except InstantReactError as error:
            findings.append(Finding(kind, "", str(error)))
            is_reached = True
            continue
        if ends.sender is None:
            continue
        is_reached = is_reached or kind != "console"
        if ends.template is not None:
            findings.append(await _examine_template(kind, ends.template))
        findings.append(await _examine_sender(kind, ends.sender))
        if ends.receiver is not None:
            findings.append(_examine_webhook(settings, kind, ends.receiver))
    if not is_reached:
        problem = "none is configured; alerts are printed on the console"
        findings.append(Finding("channels", "", problem, is_fatal=False))
    return findings


async def _examine_sender(kind: str, channel: "Channel") -> Finding:
    try:
        return Finding(kind, await channel.check())
    except InstantReactError as error:
        return Finding(kind, "", str(error))
    finally:
        await channel.close()


async def _examine_template(kind: str, template: "Template") -> Finding:
    """Alerts go out without it, but not to whoever has not written for a day."""
    try:
        return Finding(f"{kind} template", await template.check())
    except InstantReactError as error:
        return Finding(f"{kind} template", "", str(error), is_fatal=False)


def _examine_webhook(settings: Settings, kind: str, receiver: "Receiver") -> Finding:
    missing = list(receiver.missing_settings())
    if settings.public_url is None:
        missing.append("INSTANTREACT_PUBLIC_URL")
    if missing:
        needed = ", ".join(missing)
        problem = f"answers from {kind.capitalize()} need {needed}; alerts go out, but nobody can acknowledge them"
        return Finding(f"{kind} webhook", "", problem, is_fatal=False)
    return Finding(f"{kind} webhook", f"{str(settings.public_url).rstrip('/')}/webhooks/{kind}")


async def _examine_stored(settings: Settings) -> list[Finding]:
    """Whether anybody is told, which channel fails them, and whether rules ask for what can be said.

    Nothing where the database cannot say so yet.
    """
    from instantreact.clock import SystemClock
    from instantreact.jobs.room import find_idle_workers
    from instantreact.model_wiring import make_captioner, make_detector, make_poses
    from instantreact.pipeline.bundles import find_own
    from instantreact.storage.channel_faults import list_faults
    from instantreact.storage.database import Database
    from instantreact.storage.loaded_bundles import find_told
    from instantreact.storage.migrate import find_current_and_head
    from instantreact.storage.recipients import list_recipients_to_tell
    from instantreact.storage.rules import list_criteria
    from instantreact.storage.template_faults import list_refusals

    try:
        current, head = await find_current_and_head(settings.resolved_database_url)
    except InstantReactError:
        return []
    if current != head:
        return []
    database = Database(settings.resolved_database_url, only_looks=True)
    try:
        async with database.reading() as session:
            told, wanted = await list_recipients_to_tell(session, None), await list_criteria(session)
            faults, refusals = await list_faults(session), await list_refusals(session)
            can = await find_told(session, now=SystemClock().now())
            idle = await find_idle_workers(session, now=SystemClock().now(), is_shared=settings.broker_url is not None)
    finally:
        await database.dispose()
    problem = None if told else "nobody is told of alerts; add whom to tell with POST /recipients"
    can = can if can.bundles else find_own(make_captioner(settings), make_detector(settings), make_poses(settings))
    findings = [
        Finding("recipients", f"{len(told)} are told of alerts", problem, is_fatal=False),
        Finding("workers", "no job waits for one", idle, is_fatal=False),
        Finding("rules", f"{len(wanted)} are enabled", can.describe_lack(wanted), is_fatal=False),
        Finding("bundles", "all processes look with the same", can.describe_difference(), is_fatal=False),
    ]
    for fault in faults:
        problem = f"no alert goes out since {fault.since:%Y-%m-%d %H:%M:%S UTC}. {fault.reason}"
        findings.append(Finding(f"{fault.channel} deliveries", "", problem, is_fatal=False))
    for refusal in refusals:
        problem = f"{refusal.template} is refused since {refusal.since:%Y-%m-%d %H:%M:%S UTC}. {refusal.reason}"
        findings.append(Finding(f"{refusal.channel} template", "", problem, is_fatal=False))
    return findings


async def _examine_speech(settings: Settings) -> Finding:
    from instantreact.domain.camera import SpeechMode
    from instantreact.model_wiring import make_recognition
    from instantreact.threads import WorkerThreads

    threads = WorkerThreads(1)
    try:
        recognition = make_recognition(settings, threads=threads)
        transcriber = await recognition.find(settings.speech, ())
        if transcriber is not None:
            detail = await transcriber.check()
        elif settings.speech is SpeechMode.LOCAL:
            detail = "the phrase spotter listens, once a rule asks for a phrase"
        else:
            detail = "off; nobody listens to the sound"
        await recognition.close()
    except InstantReactError as error:
        return Finding("speech", "", str(error))
    finally:
        threads.close()
    return Finding("speech", f"{settings.speech}: {detail}")


async def examine_second_look(settings: Settings) -> Finding:
    """Whether the endpoint answers and knows the model; no picture is sent."""
    from instantreact.wiring import make_looks

    try:
        looks = make_looks(settings)
    except InstantReactError as error:
        return Finding("second look", "", str(error))
    if looks is None:
        return Finding("second look", "off; no picture is sent to a model elsewhere")
    try:
        detail = await looks.model.check()
    except InstantReactError as error:
        return Finding("second look", "", f"{error} Alerts go out without one.", is_fatal=False)
    finally:
        await looks.model.close()
    return Finding("second look", f"{detail}; {looks.policy.mode} people are told")


def _try(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what, look())
    except (InstantReactError, OSError) as error:
        return Finding(what, "", str(error))
