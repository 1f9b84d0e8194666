"""Messenger: alerts as messages of a Facebook Page, and what its webhook brings."""
