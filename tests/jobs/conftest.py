"""Every test of this folder may ask for a database, and is run on each kind that we know."""

from tests.servers.rabbitmq import rabbitmq
from tests.storage.databases import database, empty_database, engine, postgres, url

__all__ = ["database", "empty_database", "engine", "postgres", "rabbitmq", "url"]
