"""A camera's address: how it is taken apart, and what of it may be shown.

Every maker puts user, password, token or session elsewhere, under a name of its own or none: so nothing is shown but
what is known to be harmless. Host, port and the shape of the path stay, and words and numbers that makers use for
their streams; everything else is ***.
"""

import re
from dataclasses import dataclass
from urllib.parse import unquote

HIDDEN = "***"

_HOST = re.compile(
    r"(?P<host>\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::(?P<port>\d{1,5}))?(?P<rest>[/?#].*)?", re.DOTALL
)
_HOST_AND_MORE = re.compile(r"(?:\[[0-9a-fA-F:.%]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)(?::\d{1,5})?[/?]")
_NETWORK = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_WITH_LOGIN = {"rtsp", "http", "https"}
_LOCAL = re.compile(r"(?:device|file|push):.*", re.IGNORECASE | re.DOTALL)

_WORDS = """
    ai amp api app audio av axis bcs bin c cam camera cgi channel channels ch chn cif cmd codec control decoder default
    device encoder ext extern fast feed flv format full get h h264 h265 hd hevc high http https image img input inst io
    isapi jpeg jpg js line live low main media mj mjpeg mjpg mobile mobotix mode mov mp4 mpeg mpeg4 mpegts multicast
    nph motion normal num onvif picture play preview primary profile proxy ptz push qcif quality qvga rate raw real
    monitor resolution rtp rtsp s sav sd sdp second secondary server service set shot size smp snap snapshot source src
    standard stream streaming sub substream tcp third tile track ts tunnel type udp uni unicast v vga video view web
    wide zoom 480p 720p 1080p 1440p 2160p 4k
"""
_WORD = "|".join(sorted(_WORDS.split(), key=len, reverse=True))
_NUMBER = r"(?<!\d)(?:\d\d?|0\d\d|26[45])(?!\d)"
_HARMLESS = re.compile(rf"(?=.*[a-z])(?:(?>{_WORD})|{_NUMBER}|[._-])+|\d{{1,3}}", re.IGNORECASE)
_VALUE = re.compile(r"\d{1,4}|\d{2,4}x\d{2,4}|true|false|yes|no|on|off", re.IGNORECASE)
_SHOWN = """
    action app audio bitrate cam camera ch channel chn cmd codec compression fps framerate h26x height inst line mode
    port profile proto proto3 quality rate resolution size stream streamtype subtype transport type unicast video
    videocodec width
"""
_MASKED = """
    access_token account api_key apikey appsecret_proof auth authorization code hub.verify_token key login loginpas
    loginuse p pass passwd password pin psk psw pwd secret session sid sig signature token u user username usr
"""
_SHOWN_PARAMETERS, _MASKED_PARAMETERS = frozenset(_SHOWN.split()), frozenset(_MASKED.split())
_OPTIONS = frozenset({"udp", "loop"})


@dataclass(frozen=True)
class Login:
    """Who watches a camera, as they are called, not escaped; None where nothing is said."""

    username: str | None = None
    password: str | None = None

    def __repr__(self) -> str:
        return "Login(***)"


NO_LOGIN = Login()


def split_login(address: str) -> tuple[str, Login]:
    """A camera's address without user name and password, otherwise as it was written, and these."""
    scheme, mark, rest = address.partition("://")
    user, found = (split_user(rest) if mark and scheme.lower() in _WITH_LOGIN else None) or (None, None)
    if user is None or found is None:
        return address, NO_LOGIN
    name, colon, password = user.partition(":")
    return f"{scheme}://{found[0]}", Login(unquote(name), unquote(password) if colon else None)


def split_user(rest: str) -> tuple[str | None, re.Match[str]] | None:
    """What follows `scheme://`: user and password, and the match of host, port and rest; None where no host is.

    The last `@` before a host parts them.
    """
    at = len(rest)
    while (at := rest.rfind("@", 0, at)) >= 0:
        if found := _HOST.fullmatch(rest, at + 1):
            return rest[:at], found
    found = _HOST.fullmatch(rest)
    return (None, found) if found else None


def holds_at_in_query(address: str) -> bool:
    """Whether an `@` stands in what must be meant as a query, and would be taken for the end of a user's name."""
    before_at = address.partition("://")[2].rpartition("@")[0]
    return "=" in before_at and _HOST_AND_MORE.match(before_at) is not None


def show_address(address: str) -> str:
    """The address with *** for everything that might tell who may watch."""
    if _LOCAL.fullmatch(address) and "://" not in address:
        return address
    found = _NETWORK.fullmatch(address)
    if found is None:
        return HIDDEN
    parts = None if holds_at_in_query(address) else split_user(found["rest"])
    if parts is None:
        return f"{found['scheme']}://{HIDDEN}"
    user, at = parts
    host = at["host"] if at["port"] is None else f"{at['host']}:{at['port']}"
    return f"{found['scheme']}://{'' if user is None else f'{HIDDEN}@'}{host}{_show_rest(at['rest'] or '')}"


def show_query(query: str) -> str:
    """What stands behind the `?` of an address."""
    return "".join(part if part in "&;" else _show_parameter(part) for part in re.split("([&;])", query))


def _show_rest(rest: str) -> str:
    rest, sharp, option = rest.partition("#")
    path, mark, query = rest.partition("?")
    shown = option if option in _OPTIONS else HIDDEN
    return f"{_show_path(path)}{mark}{show_query(query)}{sharp}{shown if sharp else ''}"


def _show_path(path: str) -> str:
    """What follows a part that is not known may be its password, and as harmless a word as any; so may two numbers."""
    parts = path.split("/")
    first = next((at for at, part in enumerate(parts) if part and not _HARMLESS.fullmatch(part)), len(parts))
    numbers = {at for at in range(1, len(parts)) if parts[at - 1].isdigit() and parts[at].isdigit()}
    hidden = numbers | {at - 1 for at in numbers} | set(range(first, len(parts)))
    return "/".join(HIDDEN if part and at in hidden else part for at, part in enumerate(parts))


def _show_parameter(parameter: str) -> str:
    name, equals, value = parameter.partition("=")
    if not equals:
        return parameter if not parameter or _HARMLESS.fullmatch(parameter) else HIDDEN
    if name.lower() in _SHOWN_PARAMETERS:
        return f"{name}={value if _is_harmless_value(value) else HIDDEN}"
    return f"{name}={HIDDEN}" if name.lower() in _MASKED_PARAMETERS else HIDDEN


def _is_harmless_value(value: str) -> bool:
    return not value or _VALUE.fullmatch(value) is not None or _HARMLESS.fullmatch(value) is not None
