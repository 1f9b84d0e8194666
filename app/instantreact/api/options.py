"""What the API needs to be told, as plain values."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from instantreact.api.oidc import OidcSettings
from instantreact.api.stream_room import StreamLimit
from instantreact.channels.messenger.page import PageSetup
from instantreact.domain.finding import Finding
from instantreact.storage.user_sessions import SessionLimits

Examination = Callable[[], Awaitable[Sequence[Finding]]]
"""Looks at every part of the service, as `instantreact doctor` does."""

Readiness = Callable[[], Awaitable[Mapping[str, str | None]]]
"""Runs every check: its name, and None when it is fine or else what is wrong, in words."""


@dataclass(frozen=True)
class ApiOptions:
    """Limits and secrets of the HTTP edge.

    api_key_hashes          SHA-256 of each key of the settings, 64 hexadecimal digits; they are good for everything
    max_upload_bytes        the largest file that /analyze takes
    internal_token          what the service's own processes show each other
    analyze_jobs            how many clips are analyzed at once
    stall_s                 a request of which nothing comes for so long is given up
    page                    the Page that alerts come from, to set it up
    rate_of_key             how many requests of one key are taken, such as 6000/minute; None: any number
    rate_of_address         likewise from one address
    cors_origins            where web pages come from that may use the API, beside those of its own address
    public_url              where people reach this service, for the description of the API
    oidc                    where people sign in elsewhere; None: nowhere
    session_limits          when a session ends by itself
    insecure_sign_in        whether passwords may come over plain http from elsewhere
    examine                 what the doctor says; None: nobody asks
    stream_limit            how many listen to what changes, and how long
    """

    api_key_hashes: tuple[str, ...] = field(repr=False)
    max_upload_bytes: int
    internal_token: str = field(repr=False)
    analyze_jobs: int = 2
    stall_s: float = 30.0
    page: PageSetup | None = None
    rate_of_key: str | None = None
    rate_of_address: str | None = None
    cors_origins: tuple[str, ...] = ()
    public_url: str | None = None
    session_limits: SessionLimits = field(default_factory=SessionLimits)
    insecure_sign_in: bool = False
    oidc: OidcSettings | None = None
    stream_limit: StreamLimit = field(default_factory=StreamLimit)
    examine: Examination | None = None
