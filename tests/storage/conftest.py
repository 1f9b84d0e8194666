"""Every test of this folder may ask for a database."""

from tests.storage.databases import database, empty_database, url

__all__ = ["database", "empty_database", "url"]
