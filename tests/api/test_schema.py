"""The API against its own description: whatever is sent, the answer is a documented one. Seeded."""

import asyncio
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from instantreact.api.app import create_app
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.media.sandbox import ClipDecoder
from instantreact.storage.database import Database
from instantreact.threads import WorkerThreads
from tests.api.conftest import API_KEY, INTERNAL_TOKEN, OPTIONS, Checks, make_live_cameras, make_services
from tests.api.serving import serve

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.fixture(scope="module")
def described(
    empty_database: Path, decoder: ClipDecoder, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[schemathesis.BaseSchema]:
    """The description of an application that runs in a thread of its own."""
    folder = tmp_path_factory.mktemp("schema")
    shutil.copyfile(empty_database, folder / "test.db")
    started, address, enough = threading.Event(), [""], asyncio.Event()

    async def run() -> None:
        database, threads = Database(f"sqlite+aiosqlite:///{folder / 'test.db'}"), WorkerThreads(2)
        services, remote = make_services(database, decoder, folder, threads), RemoteCameras(INTERNAL_TOKEN)
        app = create_app(services, OPTIONS, Checks().run, make_live_cameras(services, remote))
        async with serve(app) as address[0]:
            loops.append(asyncio.get_running_loop())
            started.set()
            await enough.wait()
        await remote.close()
        await database.dispose()
        threads.close()

    loops: list[asyncio.AbstractEventLoop] = []
    thread = threading.Thread(target=asyncio.run, args=(run(),))
    thread.start()
    assert started.wait(20)
    yield schemathesis.openapi.from_url(f"{address[0]}/openapi.json")
    loops[0].call_soon_threadsafe(enough.set)
    thread.join()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", list(GenerationMode))
def test_api_keeps_to_its_description_whatever_is_sent(
    described: schemathesis.BaseSchema, mode: GenerationMode
) -> None:
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]

    assert len(operations) > 30
    for operation in operations:
        if mode is GenerationMode.POSITIVE or takes_anything(operation):
            probe(operation, mode)


def takes_anything(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether a request to this route can be wrong at all."""
    return bool(operation.body) or any(True for _ in operation.iter_parameters())


def probe(operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode) -> None:
    """Send requests that fit the description of one route, or do not."""

    @settings(max_examples=6, derandomize=True, deadline=None, database=None)
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Case[Any]) -> None:
        case.call_and_validate(headers={"X-API-Key": API_KEY}, checks=CHECKS)

    send()
