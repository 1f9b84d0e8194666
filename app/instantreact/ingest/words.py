"""What was said near a camera: kept off the picture's path, with what was seen at that moment, to be recognised."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import TypeVar

from instantreact.domain.media import Window
from instantreact.domain.observation import Caption, Observation
from instantreact.inference.captioner import Description
from instantreact.ingest.batcher import FeatureBatcher
from instantreact.ingest.watched import HeardLive, make_observation
from instantreact.ingest.windows import LiveWindow
from instantreact.logs import get_logger
from instantreact.pipeline.hear_live import Said, keep_utterance
from instantreact.pipeline.services import Services
from instantreact.storage import events, utterances

_MOMENTS_PER_S = 10
_MODEL_S = 10.0
_LOOK_S, _MOST_LOOKS = 0.25, 100
HEARD_SUFFIX = "-heard"
"""Ends the connection of what was heard, so that it never takes the place of a window that was seen."""

Made = TypeVar("Made")

log = get_logger(__name__)


async def keep_words(services: Services, heard: HeardLive, batcher: FeatureBatcher[Description]) -> str:
    """Keep an utterance until it is recognised; its id. Raises as `keep_utterance` does."""
    opened = heard.opened
    said = Said(
        camera_id=opened.camera.id,
        connection=opened.connection + HEARD_SUFFIX,
        started_at=opened.started_at,
        sound=heard.utterance,
        seen=await _see(heard, batcher),
        picture=heard.moment.picture.jpeg,
    )
    return await keep_utterance(services, said)


async def find_alerted(services: Services, heard: HeardLive, utterance_id: str, *, until: asyncio.Event) -> str | None:
    """Wait until the utterance is recognised, by whichever process; its event if that raised an alert.

    Waits no longer than `until` is set, or the stream's own record of that moment lasts.
    """
    for _ in range(_MOST_LOOKS):
        if until.is_set() or not await _is_waiting(services, utterance_id):
            break
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                await until.wait()
    connection, window = heard.opened.connection + HEARD_SUFFIX, window_of(heard)
    async with services.database.reading() as session:
        event = await events.find_event(session, heard.opened.camera.id, connection, window.index)
        return event.id if event is not None and await events.has_alert(session, event.id) else None


def window_of(heard: HeardLive) -> Window:
    """When it was said, on the stream's clock."""
    start_s, duration_s = heard.utterance.start_s, heard.utterance.duration_s
    return Window(round(start_s * _MOMENTS_PER_S), start_s, start_s + duration_s)


async def _is_waiting(services: Services, utterance_id: str) -> bool:
    async with services.database.reading() as session:
        return await utterances.is_waiting(session, utterance_id)


async def _see(heard: HeardLive, batcher: FeatureBatcher[Description]) -> Observation:
    """What was seen at that moment; without a caption where the model fails, since words count by themselves."""
    try:
        return await _observe(heard, batcher)
    except TimeoutError:
        log.warning("ingest.words_without_caption", camera_id=heard.opened.camera.id)
        return Observation(window_of(heard), Caption("", 0.0), hypotheses=(), zones=heard.moment.zones)


async def describe_moment(moment: LiveWindow, batcher: FeatureBatcher[Description]) -> Description:
    """What the model says of a moment; it may not be dropped. Raises TimeoutError where the model does not answer."""
    return await _ask(moment, batcher, lambda _, description: description)


async def _observe(heard: HeardLive, batcher: FeatureBatcher[Description]) -> Observation:
    def tell(moment: LiveWindow, description: Description) -> Observation:
        return heard.tell(make_observation(moment, description, window=window_of(heard)))

    return await _ask(heard.moment, batcher, tell)


async def _ask(
    moment: LiveWindow, batcher: FeatureBatcher[Description], make: Callable[[LiveWindow, Description], Made]
) -> Made:
    """What `make` makes of the moment and its description, in the model's thread."""
    answer: Future[Made] = Future()
    batcher.ask(moment, lambda asked, description: answer.set_result(make(asked, description)))
    async with asyncio.timeout(_MODEL_S):
        return await asyncio.wrap_future(answer)
