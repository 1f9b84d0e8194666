"""A drawn clip, and a stand-in for Graph that knows one person."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from instantreact_demo.drawing import draw_clip
from instantreact_demo.graph import FakeGraph, Person
from tests.servers.rabbitmq import rabbitmq
from tests.storage.databases import postgres

__all__ = ["postgres", "rabbitmq"]

PSID = "1001"


@pytest.fixture(scope="session")
def drawn_clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clips") / "drawing.mp4"
    draw_clip(path)
    return path


@pytest.fixture
def graph() -> Iterator[FakeGraph]:
    with FakeGraph() as graph:
        graph.people[PSID] = Person()
        yield graph
