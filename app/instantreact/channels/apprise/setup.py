"""Apprise as it is configured: addresses with their secrets stay in the settings, recipients have their names."""

import re
from typing import Protocol

from pydantic import SecretStr

from instantreact.channels.channel import ChannelEnds
from instantreact.clock import Clock
from instantreact.errors import Misconfigured

ADDRESS_PATTERN = r"^[a-z0-9][a-z0-9_.-]{0,63}$"
"""Of names of addresses."""

_NAME = re.compile(ADDRESS_PATTERN)


class AppriseSettings(Protocol):
    """What is set about Apprise."""

    apprise_urls: SecretStr | None


def open_apprise(settings: AppriseSettings, clock: Clock) -> ChannelEnds:
    """Sends where there are addresses. Raises Misconfigured."""
    if settings.apprise_urls is None:
        return ChannelEnds(None)
    urls = _read_urls(settings.apprise_urls.get_secret_value())
    try:
        from instantreact.channels.apprise.channel import AppriseChannel
    except ModuleNotFoundError as error:
        raise Misconfigured("INSTANTREACT_APPRISE_URLS needs `pip install 'instantreact[apprise]'`.") from error
    return ChannelEnds(AppriseChannel(urls, clock=clock))


def find_address_fault(address: str) -> str | None:
    """Why it is the name of no address; None where it may be one."""
    if _NAME.fullmatch(address):
        return None
    return (
        "is no name: give what stands before = in INSTANTREACT_APPRISE_URLS, in lower case, such as office; the "
        "address itself stays there, since it holds secrets"
    )


def _read_urls(text: str) -> dict[str, str]:
    """The addresses by their names, from `name=url` parted by white space."""
    urls: dict[str, str] = {}
    for number, each in enumerate(text.split(), start=1):
        name, _, url = each.partition("=")
        if not _NAME.fullmatch(name) or "://" not in url:
            raise Misconfigured(
                f"INSTANTREACT_APPRISE_URLS, entry {number}: it must look like office=mailtos://..., the name in lower "
                "case; entries are parted by white space, which an address has as %20."
            )
        if name in urls:
            raise Misconfigured(f"INSTANTREACT_APPRISE_URLS has {name} twice: give each address a name of its own.")
        urls[name] = url
    if not urls:
        raise Misconfigured("INSTANTREACT_APPRISE_URLS holds no address.")
    return urls
