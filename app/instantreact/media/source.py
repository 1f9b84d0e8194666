"""What a camera's source says: `rtsp://user:pass@host/stream1`, `http://...`, `device:0`, `file:...`, `push:`.

People type user names and passwords raw. What stands before the last `@` that a host can follow is taken for them, so
they may hold `@`, `/`, `.` and (the password) `:`. Percent escapes are decoded: a user name's `:`, and a `%` before two
hexadecimal digits, are written as `%3A` and `%25`; an `@` in the path is written as `%40`.
Our own options follow a `#`, which never reaches a camera: `#udp` for RTSP, `#loop` for files.
"""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, unquote

from instantreact.addresses import NO_LOGIN, Login, show_address, split_login, split_user
from instantreact.errors import InvalidInput


class Scheme(StrEnum):
    """The closed list of what a camera may be."""

    RTSP = "rtsp"
    HTTP = "http"
    HTTPS = "https"
    DEVICE = "device"
    FILE = "file"
    PUSH = "push"


_NETWORK = {Scheme.RTSP: 554, Scheme.HTTP: 80, Scheme.HTTPS: 443}
_OPTIONS = {Scheme.RTSP: {"udp"}, Scheme.FILE: {"loop"}}


@dataclass(frozen=True)
class Source:
    """Where a camera's pictures come from.

    host, port  of network sources; `port` is never missing there
    path        what is asked of the host, with its query; a file's path; a device's number
    option      "udp" or "loop"
    """

    scheme: Scheme
    path: str = ""
    host: str = ""
    port: int = 0
    login: Login = NO_LOGIN
    option: str | None = None

    def __repr__(self) -> str:
        return f"Source({describe_source(self)!r})"


def parse_source(text: str) -> Source:
    """Read a source as people type it. Raises InvalidInput, without repeating the text, which may hold a password."""
    scheme_text, colon, rest = text.strip().partition(":")
    if not colon or scheme_text.lower() not in set(Scheme):
        raise InvalidInput(f"A camera's source starts with one of: {', '.join(f'{scheme}:' for scheme in Scheme)}.")
    if any(ord(letter) < 32 or letter == "\x7f" for letter in rest):
        raise InvalidInput("A camera's source holds a control character.")
    scheme = Scheme(scheme_text.lower())
    if scheme in _NETWORK:
        return _parse_network(scheme, *split_login(f"{scheme}:{rest}"))
    path, _, option = rest.partition("#")
    if scheme is Scheme.DEVICE and not (path.isascii() and path.isdigit()):
        raise InvalidInput("A device is given by its number: device:0.")
    if scheme is Scheme.FILE:
        path = unquote(path.removeprefix("//"))
        if not path.startswith("/"):
            raise InvalidInput("A file is given by its full path: file:/videos/door.mp4.")
    return Source(scheme, path, option=_check_option(scheme, option))


def address_of(source: Source) -> str:
    """What a camera is asked for: the whole address but for user name and password. Not for logs."""
    return f"{source.scheme}://{_format_host(source)}{source.path}"


def describe_source(source: Source) -> str:
    """The source for people and logs: no user name, no password, and of the rest only what is known to be harmless."""
    address = address_of(source) if source.scheme in _NETWORK else f"{source.scheme}:{quote(source.path)}"
    return show_address(f"{address}#{source.option}" if source.option else address)


def _parse_network(scheme: Scheme, address: str, login: Login) -> Source:
    if not address.startswith(f"{scheme}://"):
        raise InvalidInput(f"A source of this kind looks like {scheme}://user:password@192.168.1.20/stream1.")
    parts = split_user(address.removeprefix(f"{scheme}://"))
    if parts is None:
        raise InvalidInput("A camera's source names no host that could be reached.")
    found = parts[1]
    port = int(found["port"] or _NETWORK[scheme])
    if not 0 < port < 65_536:
        raise InvalidInput("A camera's port lies between 1 and 65535.")
    path, _, option = (found["rest"] or "").partition("#")
    return Source(
        scheme,
        path.replace(" ", "%20"),
        host=found["host"].strip("[]").lower(),
        port=port,
        login=login,
        option=_check_option(scheme, option),
    )


def _format_host(source: Source) -> str:
    host = f"[{source.host}]" if ":" in source.host else source.host
    return host if source.port == _NETWORK[source.scheme] else f"{host}:{source.port}"


def _check_option(scheme: Scheme, option: str) -> str | None:
    if not option:
        return None
    if option not in _OPTIONS.get(scheme, set()):
        raise InvalidInput(f"A {scheme} source knows no option of this name.")
    return option
