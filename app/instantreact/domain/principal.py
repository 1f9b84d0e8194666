"""Who asks, and what they may do, whatever they showed for it."""

from dataclasses import dataclass
from enum import StrEnum

from instantreact.errors import NotAllowed


class Scope(StrEnum):
    """What a caller may do.

    read     see what was observed, told and configured
    ingest   bring in clips and frames
    operate  answer and mute alerts, take up again work that was given up
    admin    configure cameras, rules, recipients and sites; delete
    """

    READ = "read"
    INGEST = "ingest"
    OPERATE = "operate"
    ADMIN = "admin"


EVERYTHING = frozenset(Scope)


@dataclass(frozen=True)
class Confinement:
    """Which cameras somebody is confined to: those named, and those of the sites named, whichever these are by now."""

    site_ids: frozenset[str] = frozenset()
    camera_ids: frozenset[str] = frozenset()


class PrincipalKind(StrEnum):
    """What vouches for a caller: nothing, an API key, a user's session, a signed link, a channel's signature, the
    processes' token, or the machine on which a command is run.
    """

    ANYBODY = "anybody"
    KEY = "key"
    USER = "user"
    LINK = "link"
    CHANNEL = "channel"
    PROCESS = "process"
    COMMAND = "command"


@dataclass(frozen=True)
class Principal:
    """Who asks, as every request carries it; `name` is shown to people.

    id           of the key that vouches for it, where that is one that can be revoked, or of the user
    confinement  None for none: it may see every camera
    """

    kind: PrincipalKind
    name: str
    scopes: frozenset[Scope]
    id: str | None = None
    confinement: Confinement | None = None

    def require(self, scope: Scope, *, unconfined: bool = False) -> None:
        """Raise NotAllowed unless it has the scope, and where that matters, on all sites."""
        if scope not in self.scopes:
            raise NotAllowed(f"{self.name} may not do this: it takes the scope {scope}.")
        if unconfined and self.confinement is not None:
            raise NotAllowed(f"{self.name} may not do this: it reaches beyond the sites and cameras it is confined to.")


ANYBODY = Principal(PrincipalKind.ANYBODY, "Anybody", frozenset())
