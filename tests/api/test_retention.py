from dataclasses import replace
from datetime import timedelta

import httpx
from fastapi import FastAPI

from instantreact.domain.retention import KeptKind, RetentionPolicy
from instantreact.pipeline.services import Services
from instantreact.storage.retention import count_purged, note_kept
from tests.storage.factories import NOW


async def test_retention_says_what_is_kept_for_how_long_and_what_was_purged(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    policy = RetentionPolicy({KeptKind.PICTURES: timedelta(days=14)}, max_bytes=10**9, free_bytes=10**6)
    app.state.services = replace(services, retention=policy)
    async with services.database.unit_of_work() as session:
        for _ in range(2):
            await count_purged(session, KeptKind.PICTURES, now=NOW, rows=3, files=2, size_bytes=2**40)
            await note_kept(session, KeptKind.PICTURES, now=NOW, files=5, size_bytes=50)

    answer = (await client.get("/retention")).json()

    kinds = {kind["kind"]: kind for kind in answer["kinds"]}
    assert (answer["max_bytes"], answer["free_bytes"], set(kinds)) == (10**9, 10**6, set(KeptKind))
    assert kinds["pictures"] == {
        "kind": "pictures",
        "keep_days": 14.0,
        "purged_rows": 6,
        "purged_files": 4,
        "purged_bytes": 2**41,
        "purged_at": "2026-11-22T12:00:00Z",
        "kept_files": 5,
        "kept_bytes": 50,
        "measured_at": "2026-11-22T12:00:00Z",
    }
    assert (kinds["events"]["keep_days"], kinds["events"]["purged_rows"]) == (None, 0)
