"""Messenger as it is configured: nothing, the webhook alone, or all of it."""

import re
from typing import Protocol

from pydantic import HttpUrl, SecretStr

from instantreact.channels.channel import ChannelEnds
from instantreact.channels.messenger.channel import MessengerChannel
from instantreact.channels.messenger.graph import MessengerAccount
from instantreact.channels.messenger.receiver import MessengerReceiver
from instantreact.channels.messenger.template import MessengerTemplate, TemplateForm
from instantreact.clock import Clock
from instantreact.errors import Misconfigured

ADDRESS_PATTERN = r"^[1-9][0-9]{0,31}$"
"""Of page-scoped ids."""

MAX_FILE_BYTES = 25 * 1024 * 1024
"""The most that a message carries (contract, section 4)."""

_PAGE_SCOPED_ID = re.compile(ADDRESS_PATTERN)


class MessengerSettings(Protocol):
    """What is set about Messenger."""

    messenger_page_id: str | None
    messenger_page_token: SecretStr | None
    messenger_app_secret: SecretStr | None
    messenger_verify_token: SecretStr | None
    graph_url: HttpUrl
    graph_version: str
    messenger_template: str | None
    messenger_template_languages: tuple[str, ...]
    messenger_template_parameters: tuple[str, ...]
    messenger_template_buttons: tuple[str, ...]


def open_messenger(settings: MessengerSettings, clock: Clock) -> ChannelEnds:
    """Sends where there is a Page. Raises Misconfigured for half a configuration."""
    account = find_account(settings)
    secret, verify = settings.messenger_app_secret, settings.messenger_verify_token
    receiver, form = MessengerReceiver(_reveal(secret), _reveal(verify)), find_template(settings)
    if account is None:
        return ChannelEnds(None, receiver)
    channel = MessengerChannel(account, clock=clock)
    return ChannelEnds(channel, receiver, template=MessengerTemplate(channel, form) if form else None)


def find_template(settings: MessengerSettings) -> TemplateForm | None:
    """What is sent while a chat window is shut; None for nothing. Raises Misconfigured."""
    if settings.messenger_template is None:
        return None
    places = [each.rpartition("=") for each in settings.messenger_template_parameters]
    return TemplateForm(
        settings.messenger_template,
        settings.messenger_template_languages,
        [(name, value) for name, _, value in places],
        settings.messenger_template_buttons,
    )


def find_account(settings: MessengerSettings) -> MessengerAccount | None:
    """The Page that alerts come from; None when Messenger is not configured. Raises Misconfigured for half of it."""
    page, token = settings.messenger_page_id, settings.messenger_page_token
    if page is None and token is None:
        return None
    if page is None or token is None:
        missing = "messenger_page_id" if page is None else "messenger_page_token"
        raise Misconfigured(f"Messenger needs INSTANTREACT_{missing.upper()} too; the other half of it is set.")
    return MessengerAccount(
        page_id=page,
        access_token=token.get_secret_value(),
        app_secret=_reveal(settings.messenger_app_secret),
        base_url=str(settings.graph_url),
        version=settings.graph_version,
    )


def find_address_fault(address: str) -> str | None:
    """Why Messenger cannot reach anybody at this address; None where it may."""
    if _PAGE_SCOPED_ID.fullmatch(address):
        return None
    return (
        "is not a page-scoped id, which is a number: no name, telephone number or link, but the sender's id "
        "that Messenger's webhook tells when they write to the Page"
    )


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
