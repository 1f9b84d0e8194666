"""Which hosts and files a source may open; hosts.py judges the hosts."""

import socket
from dataclasses import dataclass
from pathlib import Path

from instantreact.errors import NotAllowed, StreamLost
from instantreact.hosts import HostPolicy, judge_host
from instantreact.media.source import Scheme, Source

SENDS_ELSEWHERE = "The camera sends us to another address; give that address as its source."
"""What a redirect off the camera is answered with: the policy judged another address."""


@dataclass(frozen=True)
class ReachPolicy(HostPolicy):
    """What may be opened: hosts, and files below these folders only."""

    file_folders: tuple[Path, ...] = ()


def check_source(source: Source, policy: ReachPolicy) -> None:
    """Raise NotAllowed where the policy forbids the source, StreamLost where its host has no address now."""
    if source.scheme is Scheme.FILE:
        resolve_file(source.path, policy)
    elif source.host:
        resolve_host(source.host, source.port, policy)


def resolve_file(path: str, policy: ReachPolicy) -> Path:
    """The real path, links followed. Raises NotAllowed outside the allowed folders, StreamLost where no file is."""
    real = Path(path).resolve()
    if not any(real.is_relative_to(folder.resolve()) for folder in policy.file_folders):
        raise NotAllowed("This file does not lie below a folder that cameras may be read from.")
    if not real.is_file():
        raise StreamLost("There is no such file.")
    return real


def resolve_host(host: str, port: int, policy: ReachPolicy) -> str:
    """The address to open. Raises NotAllowed when any address of the host is forbidden, StreamLost when it has none."""
    try:
        return judge_host(host, port, policy)[0]
    except (OSError, UnicodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise StreamLost(f"The name of the host cannot be resolved: {reason or error}.") from error


def is_address(host: str) -> bool:
    """Whether the host is an address and no name, in any form that the system reads: 0x7f.1 is one, too."""
    try:
        socket.getaddrinfo(host, None, flags=socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return False
    return True
