"""A live event grows while a rule waits for its confirmation, and a new one begins when that is there."""

from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from sqlalchemy import update

from instantreact.domain.media import Window
from instantreact.domain.rule import Confirmation, DurationConfirmation, HitsConfirmation, MeanConfirmation
from instantreact.errors import UnreadableMedia
from instantreact.ingest.filing import Filing
from instantreact.ingest.watched import Opened, SeenLive, WatchedCamera
from instantreact.media.live_frame import LiveFrame
from instantreact.media.mask import FrameMask
from instantreact.media.segment import EvidenceClip
from instantreact.media.source import parse_source
from instantreact.pipeline.services import Services
from instantreact.storage.tables import Rule
from tests.ingest.filed import NOW, add_camera, add_rule, list_alerts, list_events
from tests.observations import make_observation

PICTURE = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="bgr24")


def want_no_clip(_connection: str, _start_s: float, _end_s: float) -> "Future[EvidenceClip]":
    answer: Future[EvidenceClip] = Future()
    answer.set_exception(UnreadableMedia("There is none in this test."))
    return answer


async def watch(services: Services, camera_id: str, connection: str, *scores: float, filing: Filing) -> None:
    """Windows of two seconds, half a second apart, as a watcher files them."""
    camera = WatchedCamera(camera_id, "Door", parse_source("push:"))
    opened = Opened(camera, connection, NOW)
    for index, score in enumerate(scores):
        window = Window(index, index * 0.5, index * 0.5 + 2.0)
        seen = replace(make_observation("two men", concepts={"fight": score}), window=window)
        await filing.file(
            SeenLive(
                opened,
                seen,
                LiveFrame(
                    window.start_s,
                    PICTURE,
                    FrameMask(()),
                ),
                due_s=0.0,
            )
        )
    await filing.finish()


@pytest.mark.parametrize(
    ("confirmation", "begins_s"),
    [(HitsConfirmation(3, 4), 1.0), (DurationConfirmation(3.0), 1.0), (MeanConfirmation(3.5), 1.5)],
    ids=lambda each: getattr(each, "kind", ""),
)
async def test_live_rule_fires_once_it_is_confirmed(
    services: Services, tmp_path: Path, confirmation: Confirmation, begins_s: float
) -> None:
    await add_rule(services)
    camera_id = await add_camera(services, tmp_path / "none.mp4")
    async with services.database.unit_of_work() as session:
        await session.execute(update(Rule).values(confirmation=confirmation))

    await watch(services, camera_id, "a", *[0.9] * 8, filing=Filing(services, want_no_clip))

    waiting, fired = await list_events(services)
    (alert,) = await list_alerts(services)
    assert alert.event_id == fired.id
    assert (waiting.start_s, fired.start_s, fired.end_s) == (0.0, begins_s, 5.5)


async def test_confirmation_begins_anew_with_each_connection(services: Services, tmp_path: Path) -> None:
    await add_rule(services)
    camera_id = await add_camera(services, tmp_path / "none.mp4")
    async with services.database.unit_of_work() as session:
        await session.execute(update(Rule).values(confirmation=HitsConfirmation(3, 4)))
    filing = Filing(services, want_no_clip)

    for connection in "abc":
        await watch(services, camera_id, connection, 0.9, 0.9, filing=filing)

    assert await list_alerts(services) == []
