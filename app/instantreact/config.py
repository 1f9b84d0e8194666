"""Settings: read once from the environment (`INSTANTREACT_*`) or a `.env` file, then passed down as plain values."""

import ipaddress
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, HttpUrl, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    DotEnvSettingsSource,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from instantreact.domain.camera import SpeechMode
from instantreact.domain.language import Language
from instantreact.domain.second_look import LookMode
from instantreact.domain.user import Role
from instantreact.errors import Misconfigured

PREFIX = "INSTANTREACT_"

Port = Annotated[int, Field(ge=0, le=65_535)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Hours = Annotated[float, Field(gt=0, le=8760, allow_inf_nan=False)]
Days = Annotated[float, Field(gt=0, le=36_500, allow_inf_nan=False)]


def _split_folders(given: object) -> object:
    return [part for part in given.split(os.pathsep) if part] if isinstance(given, str) else given


Folders = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split_folders)]
"""Folders, parted as in PATH."""


def _split_words(given: object) -> object:
    return given.replace(",", " ").split() if isinstance(given, str) else given


def _check_network(given: str) -> str:
    return str(ipaddress.ip_network(given))


def _check_origin(given: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", given):
        raise ValueError("it must look like https://console.example, without a path")
    return given


Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_words)]
"""Some words, parted by commas or spaces."""


def _split_by_commas(given: object) -> object:
    return [part.strip() for part in given.split(",") if part.strip()] if isinstance(given, str) else given


Labels = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_by_commas)]
"""Some names that may hold spaces, parted by commas."""

Networks = Annotated[
    tuple[Annotated[str, AfterValidator(_check_network)], ...], NoDecode, BeforeValidator(_split_words)
]
"""Addresses and networks, parted by commas."""

Origins = Annotated[tuple[Annotated[str, AfterValidator(_check_origin)], ...], NoDecode, BeforeValidator(_split_words)]
"""Where web pages come from, parted by commas."""

CONTACT_PATTERN = r"^(mailto:[^\s@<>]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}|https://[A-Za-z0-9.-]+\.[A-Za-z]{2,}(/[!-~]*)?)$"
"""Of a mail or web address; some push services refuse us without a real domain."""

Rate = Annotated[str, Field(pattern=r"^([1-9][0-9]{0,8}/(second|minute|hour)|off)$")]
"""So many in a time, such as 6000/minute."""


def _check_issuer(given: str) -> str:
    if not re.fullmatch(r"https://[^\s?#]+|http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?(/[^\s?#]*)?", given):
        raise ValueError("it must look like https://login.example; http is for this machine only")
    return given


Issuer = Annotated[str, AfterValidator(_check_issuer)]

Topic = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$", max_length=100)]
"""One or more levels of a topic of MQTT's."""


def _split_roles(given: object) -> object:
    if not isinstance(given, str):
        return given
    pairs = [part.strip().rpartition("=") for part in given.split(",") if part.strip()]
    return {name.strip(): role.strip() for name, _, role in pairs}


Roles = Annotated[dict[str, Role], NoDecode, BeforeValidator(_split_roles)]
"""Roles by what a provider calls them, parted by commas."""


def _check_broker_url(url: SecretStr) -> SecretStr:
    if not re.match(r"amqps?://[^/]", url.get_secret_value()):
        raise ValueError("it must look like amqp://user:password@host/vhost")
    return url


def _check_web_url(url: SecretStr) -> SecretStr:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", url.get_secret_value()):
        raise ValueError("it must look like https://hc-ping.com/your-check")
    return url


WebUrl = Annotated[SecretStr, AfterValidator(_check_web_url)]
"""An address that is a secret."""

BrokerUrl = Annotated[SecretStr, AfterValidator(_check_broker_url)]


def name_driver(url: str) -> str:
    """A database's address, as people write it, with the driver that we use for PostgreSQL."""
    return re.sub("^postgres(ql)?://", "postgresql+asyncpg://", url)


def variable_of(name: str) -> str:
    """What a setting is called in the environment."""
    return f"{PREFIX}{name.upper()}"


def is_secret(field: FieldInfo) -> bool:
    """Whether its value is shown nowhere, and may be in a file."""
    return _mentions_secret(field.annotation)


def _mentions_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(_mentions_secret(part) for part in get_args(annotation))


def file_variable_of(name: str) -> str:
    """What names the file that a secret setting is read from."""
    return f"{variable_of(name)}_FILE"


class _SecretFiles(PydanticBaseSettingsSource):
    """Secrets from files that a variable names; what pydantic-settings has takes a folder, and names them itself."""

    def __init__(self, settings_cls: type[BaseSettings], *sources: PydanticBaseSettingsSource) -> None:
        super().__init__(settings_cls)
        self._given: dict[str, str | None] = {}
        for source in reversed(sources):  # the environment over `.env`
            if isinstance(source, EnvSettingsSource | DotEnvSettingsSource):
                self._given |= source.env_vars

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        path = self._given.get(file_variable_of(field_name).lower()) if is_secret(field) else None
        if not path:
            return None, field_name, False
        if self._given.get(variable_of(field_name).lower()):
            both = f"{variable_of(field_name)} and {file_variable_of(field_name)}"
            raise Misconfigured(f"{both} are both set: remove one of them.")
        return _read_secret(Path(path), file_variable_of(field_name)), field_name, False

    def __call__(self) -> dict[str, Any]:
        found = {name: self.get_field_value(field, name)[0] for name, field in self.settings_cls.model_fields.items()}
        return {name: value for name, value in found.items() if value is not None}


def _read_secret(path: Path, variable: str) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"{variable}: {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{variable}: {path} holds no text.") from error
    if not secret:
        raise Misconfigured(f"{variable}: {path} is empty.")
    return secret


SHORTEST_KEY = 16
"""Characters of a key that nobody guesses, if it is chosen at random."""


def describe_weak_key(key: SecretStr | None) -> str | None:
    """Why the key of the settings is no good one, in a sentence; None where nothing is to be said."""
    length = len(key.get_secret_value()) if key else SHORTEST_KEY
    if length >= SHORTEST_KEY:
        return None
    return (
        f"INSTANTREACT_API_KEY has {length} characters and may do everything: take one of {SHORTEST_KEY} or more that "
        "were chosen at random, such as `openssl rand -hex 32` gives."
    )


class Settings(BaseSettings):
    """Every setting of the service; `instantreact doctor` shows what is set and what is missing.

    One that is set to nothing is not set: an empty key or secret would open the service to everybody.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_file=".env", env_ignore_empty=True, extra="ignore")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Options, then the environment, then `.env`; files of secrets may stand for either of the latter."""
        return init_settings, env_settings, dotenv_settings, _SecretFiles(settings_cls, env_settings, dotenv_settings)

    state_dir: Path = Field(Path("state"), description="Folder for the database, clips, snapshots and the key file.")
    database_url: SecretStr | None = Field(
        None, description="Such as postgresql://user:password@host/name; by default a SQLite file in the state folder."
    )
    blobs_dir: Path | None = Field(
        None,
        description="Folder for clips and pictures, which all processes share; by default one in the state folder.",
    )
    blobs_url: Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9._/-]*)?$")] | None = Field(
        None,
        description="Bucket for clips and pictures instead of a folder, such as s3://bucket/prefix; needs "
        "`pip install 'instantreact[s3]'`.",
    )
    s3_endpoint: HttpUrl | None = Field(None, description="Where the bucket is, if it is not at AWS.")
    s3_region: str | None = Field(None, description="Region of the bucket.")
    s3_access_key_id: SecretStr | None = Field(
        None, description="Key for the bucket; by default what AWS_... and the machine say."
    )
    s3_secret_access_key: SecretStr | None = Field(None, description="The secret of that key.")
    s3_cache_mb: Annotated[int, Field(gt=0)] = Field(
        2000, description="Room in the state folder for copies of clips in the bucket that are decoded."
    )
    broker_url: BrokerUrl | None = Field(
        None,
        description="RabbitMQ, such as amqp://user:password@host/vhost, for `relay` and `worker`; without it `serve` "
        "runs the jobs itself.",
    )
    captioner_bundle: Path | None = Field(None, description="Bundle folder; by default the one that is shipped.")

    detector: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Bundle folder of the detector; by default the one that is shipped. off: nothing looks for things.",
    )
    detector_labels: Labels | None = Field(
        None,
        description="What it looks for, by commas, such as person, knife. By default people, vehicles, cats, dogs, "
        "bags and knives; all: whatever it knows.",
    )
    detector_min_score: Annotated[float, Field(ge=0.05, lt=1)] = Field(
        0.3, description="The least score with which it tells of something."
    )
    poses: Annotated[str, Field(min_length=1)] | None = Field(
        None,
        description="Bundle folder of the pose estimator, which tells falls, and who lies, by how people move; by "
        "default the one that is shipped. off: falls are told by the captioner's sentences, and nobody says who lies.",
    )
    draw_boxes: bool = Field(True, description="Draw what was detected into the pictures of alerts.")
    adapt: bool = Field(
        True, description="Let what people answer to a camera's alerts (false alarm, or not) calibrate its scores."
    )

    secret_keys: SecretStr | None = Field(
        None,
        description="What camera addresses are encrypted with: Fernet keys, newest first, parted by commas. "
        "By default the one in secret.key in the state folder, where it is made at first.",
    )
    backup_passphrase: SecretStr | None = Field(
        None, description="For `backup` and `restore`, which ask for it otherwise; at least 12 characters."
    )

    time_zone: str | None = Field(
        None,
        description="Time zone of uploads, and of sites that name none, such as Europe/Berlin; else the machine's.",
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Port = Field(8000, description="Port to listen on; 0 takes a free one.")
    public_url: HttpUrl | None = Field(None, description="Where people reach this service; alerts then link to it.")
    api_key: SecretStr | None = Field(None, description="API key; by default one is made and printed at first start.")

    session_idle_hours: Hours = Field(12.0, description="A user's session ends when nothing is done in it for so long.")
    session_hours: Hours = Field(168.0, description="And in any case so long after they signed in.")
    insecure_sign_in: bool = Field(
        False, description="Let people sign in over plain http from elsewhere: their passwords can be read on the way."
    )

    oidc_issuer: Issuer | None = Field(
        None, description="An OpenID provider where people may sign in, such as https://login.example/realms/shop."
    )
    oidc_client_id: str | None = Field(None, description="What the service is called there.")
    oidc_client_secret: SecretStr | None = Field(None, description="How it proves that; none for a public client.")
    oidc_role_claim: str = Field("groups", description="The claim that tells roles; dots lead into objects.")
    oidc_roles: Roles = Field(
        {}, description="What its values make people, such as guards=operator, it=administrator; by commas."
    )
    oidc_default_role: Role | None = Field(None, description="What everybody else is; by default they are refused.")

    max_connections: Annotated[int, Field(ge=1)] = Field(512, description="Connections that are open at once at most.")
    max_connections_of_address: Annotated[int, Field(ge=1)] = Field(
        128, description="Of these from one address; those of trusted proxies are not counted."
    )
    trusted_proxies: Networks = Field(
        (), description="Proxies whose X-Forwarded-For and -Proto are believed: addresses or networks, by commas."
    )
    rate_of_key: Rate = Field("6000/minute", description="Requests of one key, for each process; off: any number.")
    rate_of_address: Rate = Field("6000/minute", description="Likewise from one address; webhooks are not counted.")
    tls_certificate: Path | None = Field(
        None, description="Certificate with its chain, in PEM: the service then speaks https. Read at start."
    )
    tls_key: Path | None = Field(None, description="Its private key, in PEM, without a passphrase.")
    cors_origins: Origins = Field(
        (), description="Web pages elsewhere that may use the API, by commas; by default none."
    )
    max_upload_mb: Annotated[int, Field(gt=0)] = Field(512, description="Largest clip that is accepted, in megabytes.")
    reserve_mb: Annotated[int, Field(ge=0)] = Field(
        200, description="No new clip is taken when less than so many megabytes of the disk are left."
    )
    max_clip_s: Seconds = Field(
        3600.0, description="Most footage that a clip may hold, in seconds; gaps in it do not count."
    )
    heartbeat_url: WebUrl | None = Field(
        None,
        description="Where a POST says that alerts can go out, such as a check of healthchecks.io, which raises an "
        "alarm when it stays away.",
    )
    heartbeat_every_s: Annotated[float, Field(ge=10, le=86_400, allow_inf_nan=False)] = Field(
        300.0, description="Seconds between two of them."
    )
    grouping_s: Annotated[float, Field(ge=0, le=1800, allow_inf_nan=False)] = Field(
        60.0,
        description="What happens at one site within so many seconds is one alert; people are told at most once more "
        "in each such time. Cameras without a site, and clips without a camera, are places of their own. 0: every "
        "match is an alert.",
    )
    alerts_a_minute: Annotated[int, Field(ge=0)] = Field(
        10,
        description="How many alerts a person is sent in a minute; further ones come in one message a minute later. "
        "Critical ones are always sent. 0: any number.",
    )
    second_look_url: HttpUrl | None = Field(
        None,
        description="Base URL of an OpenAI-compatible endpoint, such as http://127.0.0.1:11434/v1: it gets pictures "
        "of alerts whose rules ask for a second look.",
    )
    second_look_model: str | None = Field(None, description="What the model is called there; it must see pictures.")
    second_look_api_key: SecretStr | None = Field(None, description="Key of that endpoint, where it asks for one.")
    second_look_mode: LookMode = Field(
        LookMode.AFTER,
        description="after: people are told at once, and again where the look sees something else. before: people are "
        "told when it is over, or its time is up.",
    )
    second_look_may_reject: bool = Field(
        False,
        description="With `before`: nobody is told of an alert that it rejects. Not critical ones; a rule may say "
        "otherwise.",
    )
    second_look_timeout_s: Annotated[float, Field(ge=1, le=120, allow_inf_nan=False)] = Field(
        20.0, description="Time of a look, in seconds since the alert was raised; then people are told without it."
    )
    second_look_per_hour: Annotated[int, Field(ge=0)] = Field(
        60, description="Looks in an hour of the clock; further alerts are told without one. 0: any number."
    )
    second_look_picture_px: Annotated[int, Field(ge=64, le=8192)] = Field(
        1024, description="Longer side of the pictures that are sent there, at most."
    )
    remind_hours: Annotated[float, Field(ge=0, le=12, allow_inf_nan=False)] = Field(
        2.0,
        description="So many hours before Messenger's 24-hour window shuts for a person, or before quiet hours in "
        "which it would, they are asked to keep alerts on by a tap. 0: never.",
    )
    max_pixels: Annotated[int, Field(gt=0)] = Field(4096 * 2304, description="Largest frame, width times height.")
    decode_timeout_s: Seconds = Field(600.0, description="Longest time that decoding one clip may take.")
    decode_memory_mb: Annotated[int, Field(ge=128)] = Field(2048, description="Memory limit of a decoding process.")
    analyze_jobs: Annotated[int, Field(ge=1, le=64)] = Field(
        2, description="Clips analysed at once by a process; a short one beside."
    )
    inference_threads: Annotated[int, Field(ge=1, le=64)] = Field(2, description="Threads of onnxruntime.")

    watch_cameras: bool = Field(True, description="Whether serve watches cameras itself; `ingest` does in any case.")
    max_cameras: Annotated[int, Field(ge=1)] = Field(16, description="Cameras that one process watches at most.")
    camera_lost_after_s: Seconds = Field(60.0, description="A camera without a picture for so long raises an alert.")
    camera_lease_s: Annotated[Seconds, Field(ge=1)] = Field(
        5.0, description="After so long without a sign of life another process takes a camera over."
    )
    camera_stride_s: Seconds = Field(
        0.5, description="A camera's newest window is described this often while something moves."
    )
    evidence_before_s: Seconds = Field(5.0, description="What an evidence clip shows before the event.")
    evidence_after_s: Seconds = Field(5.0, description="What an evidence clip shows after the event.")
    allowed_source_folders: Folders = Field((), description="Where file: cameras may lie; parted as in PATH.")
    forbid_private_hosts: bool = Field(
        False, description="Open no camera, and call no webhook, on a private network or this machine."
    )
    internal_url: HttpUrl | None = Field(
        None, description="Where the service's other processes reach this one; by default host and port."
    )

    graph_url: HttpUrl = Field(HttpUrl("https://graph.facebook.com"), description="Base URL of the Graph API.")
    graph_version: str = Field("v25.0", pattern=r"^v\d+\.\d+$", description="Version of the Graph API.")
    messenger_page_id: str | None = Field(None, description="The Facebook Page that alerts come from.")
    messenger_page_token: SecretStr | None = Field(None, description="The Page's access token.")
    messenger_app_secret: SecretStr | None = Field(None, description="Signs our calls, verifies Messenger's webhook.")
    messenger_verify_token: SecretStr | None = Field(None, description="Chosen by you; Messenger repeats it once.")

    messenger_template: Annotated[str, Field(pattern=r"^[a-z0-9_]{1,512}$")] | None = Field(
        None,
        description="An approved utility template that alerts are sent by while a person's 24-hour window is shut; "
        "docs/channels.md says how it is written.",
    )
    messenger_template_languages: Annotated[Words, Field(min_length=1)] = Field(
        ("en",), description="In which languages it is approved, as Meta calls them; the first for all others."
    )
    messenger_template_parameters: Words = Field(
        ("title", "place", "time"),
        description="The places of its body in their order: title, place, time or severity of the alert, or such as "
        "event_type=title where they have names.",
    )
    messenger_template_buttons: Words = Field(
        (), description="Its buttons in their order, such as acknowledge,dismiss,open; by default none."
    )

    language: Language = Field(
        Language.ENGLISH, description="Language of what people are told whose own is not known: en or fr."
    )

    telegram_url: HttpUrl = Field(HttpUrl("https://api.telegram.org"), description="Base URL of Telegram's Bot API.")
    telegram_token: SecretStr | None = Field(None, description="Token of the bot that alerts come from.")
    telegram_webhook_secret: SecretStr | None = Field(
        None, description="Chosen by you and given to Telegram with setWebhook; it repeats it in every call."
    )

    webhook_secret: SecretStr | None = Field(
        None,
        description="Signs webhooks: whsec_ and 24 to 64 random bytes in base64; several, parted by spaces, all sign.",
    )
    webhook_plain_http: bool = Field(
        False, description="Call webhooks by http on the internet too, where everybody on the way reads alerts."
    )

    webpush_contact: Annotated[str, Field(pattern=CONTACT_PATTERN)] | None = Field(
        None,
        description="Whom push services of browsers write to when something is wrong with our messages, such as "
        "mailto:alerts@example.com or an https:// address; needed to tell people in their browsers.",
    )

    apprise_urls: SecretStr | None = Field(
        None,
        description="Addresses of Apprise's that recipients may be told at, such as "
        "office=mailtos://user:password@example.com, parted by white space; needs "
        "`pip install 'instantreact[apprise]'`.",
    )

    mqtt_url: SecretStr | None = Field(
        None,
        description="MQTT broker, such as mqtt://user:password@host:1883, or mqtts:// for TLS; needs "
        "`pip install 'instantreact[mqtt]'`.",
    )
    mqtt_prefix: Topic = Field("instantreact", description="What our topics begin with; of each service its own.")
    mqtt_discovery: Topic = Field(
        "homeassistant", description="What topics of Home Assistant's discovery begin with; off: it is told nothing."
    )

    speech: SpeechMode = Field(SpeechMode.LOCAL, description="Speech recognition: off, local, or wit.")
    keep_transcripts: bool = Field(True, description="Keep what was said; otherwise only the phrases that matched.")
    wit_url: HttpUrl = Field(HttpUrl("https://api.wit.ai"), description="Base URL of Wit.ai.")
    wit_token: SecretStr | None = Field(None, description="Wit.ai server access token; needed for speech=wit.")
    wit_utterances_per_day: int | None = Field(
        None, ge=0, description="Utterances of each live camera that Wit.ai is asked about in a day (UTC); none: all."
    )
    wit_seconds_per_day: float | None = Field(
        None,
        ge=0,
        description="Seconds of each live camera's speech that Wit.ai is asked about in a day (UTC); none: all. "
        "When either is spent, speech is recognised on this machine until midnight.",
    )
    speech_language: str | None = Field(
        None, description="Language that is spoken, such as en: the Wit.ai app's, and what a Whisper model expects."
    )
    whisper_model: Path | None = Field(None, description="Folder of a faster-whisper model, for speech=local.")

    keep_evidence_days: Days = Field(
        30.0, description="Pictures and clips of an event with alerts, from when all of them were answered, in days."
    )
    keep_alerts_days: Days = Field(
        365.0, description="Events with alerts, from when all were answered, and system alerts, in days."
    )
    keep_clips_days: Days = Field(
        30.0, description="Files of uploads, in days; longer where an alert of one waits for its answer."
    )
    keep_pictures_days: Days = Field(14.0, description="Pictures of events without an alert, in days.")
    keep_events_days: Days = Field(90.0, description="Events without an alert, in days.")
    keep_transcripts_days: Days = Field(
        30.0, description="What was said, in days; longer where an alert of it waits for its answer."
    )
    keep_messages_days: Days = Field(30.0, description="What channels brought, once handled, in days.")
    keep_audit_days: Days = Field(365.0, description="The audit log, in days.")
    keep_minutes_days: Days = Field(
        90.0, description="When cameras were seen, and when something moved, minute by minute, in days."
    )
    max_files_mb: Annotated[int, Field(gt=0)] | None = Field(
        None, description="Room for all files; above it the oldest go that no open alert needs. By default no limit."
    )
    keep_free_mb: Annotated[int, Field(ge=0)] = Field(
        1000, description="The same happens when less of the disk than this is free; more than reserve_mb."
    )

    traces_url: HttpUrl | None = Field(
        None,
        description="Where OpenTelemetry traces go, by OTLP over HTTP, such as http://collector:4318/v1/traces; needs "
        "`pip install 'instantreact[otel]'`.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe log line shown.")
    log_json: bool = Field(False, description="One JSON object a log line.")

    @property
    def blobs_place(self) -> Path | str:
        """Where the files lie: a folder, or a bucket's address."""
        return self.blobs_url or self.resolved_blobs_dir

    @property
    def resolved_blobs_dir(self) -> Path:
        """Where the files lie."""
        return self.blobs_dir or self.state_dir / "blobs"

    @property
    def resolved_database_url(self) -> str:
        """The database's URL, the embedded one unless another is set."""
        if self.database_url is not None:
            return name_driver(self.database_url.get_secret_value())
        return f"sqlite+aiosqlite:///{self.state_dir / 'instantreact.sqlite3'}"
