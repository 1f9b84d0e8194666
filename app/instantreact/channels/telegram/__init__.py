"""Telegram: alerts as messages of a bot, and what its webhook brings (Telegram, Bot API)."""
