"""The application and the pipeline, as the tests of either have them."""

from tests.api.conftest import app, checks, live_cameras, services, speech_mode
from tests.pipeline.conftest import decoder, graph, house
from tests.storage.databases import database, empty_database, only_sqlite, postgres, url

__all__ = [
    "app",
    "checks",
    "database",
    "decoder",
    "empty_database",
    "graph",
    "house",
    "live_cameras",
    "only_sqlite",
    "postgres",
    "services",
    "speech_mode",
    "url",
]
