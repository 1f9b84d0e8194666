"""Telegram as it is configured: nothing, a bot that sends, or one that can be answered too."""

import re
from typing import Protocol

from pydantic import HttpUrl, SecretStr

from instantreact.channels.channel import ChannelEnds
from instantreact.channels.telegram.channel import TelegramBot, TelegramChannel
from instantreact.channels.telegram.receiver import TelegramReceiver
from instantreact.clock import Clock
from instantreact.errors import Misconfigured

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,100}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
ADDRESS_PATTERN = r"^(-?[1-9][0-9]{0,15}|@[a-z][a-z0-9_]{3,31})$"
"""Of ids of chats, and of names of public groups and channels."""

MAX_FILE_BYTES = 50_000_000
"""The most that a bot uploads (Bot API, sendVideo)."""

_ADDRESS = re.compile(ADDRESS_PATTERN)


class TelegramSettings(Protocol):
    """What is set about Telegram."""

    telegram_token: SecretStr | None
    telegram_webhook_secret: SecretStr | None
    telegram_url: HttpUrl


def open_telegram(settings: TelegramSettings, clock: Clock) -> ChannelEnds:
    """Sends where there is a token, and receives where there is a secret too. Raises Misconfigured."""
    token, secret = _reveal(settings.telegram_token), _reveal(settings.telegram_webhook_secret)
    if token is not None and not _TOKEN.fullmatch(token):
        raise Misconfigured("INSTANTREACT_TELEGRAM_TOKEN is none: one looks like 123456:ABC-DEF; @BotFather gives it.")
    if secret is not None and not _SECRET.fullmatch(secret):
        raise Misconfigured("INSTANTREACT_TELEGRAM_WEBHOOK_SECRET may hold A-Z, a-z, 0-9, _ and -, 256 at most.")
    if secret is not None and token is None:
        raise Misconfigured("Telegram needs INSTANTREACT_TELEGRAM_TOKEN too; the secret of its webhook is set.")
    bot = TelegramBot(token, str(settings.telegram_url)) if token else None
    return ChannelEnds(TelegramChannel(bot, clock=clock) if bot else None, TelegramReceiver(secret))


def find_address_fault(address: str) -> str | None:
    """Why Telegram cannot reach anybody at this address; None where it may."""
    if _ADDRESS.fullmatch(address):
        return None
    return (
        "is no chat of Telegram's: give its id, a number (of a group it is below zero) that the bot's webhook tells "
        "when somebody writes to it, or the @name of a public group or channel in lower case"
    )


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
