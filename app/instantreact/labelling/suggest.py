"""Has a model suggest captions for the clips that it has not described yet; goes on where an earlier run stopped."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from typing import Protocol

from instantreact.errors import VisionFailed
from instantreact.jobs.retry import Backoff, delay_s
from instantreact.labelling.folder import LabelFolder
from instantreact.labelling.journal import SuggestionEntry
from instantreact.labelling.pieces import FRAMES
from instantreact.vision.captions import SheetRequest

IN_A_ROW = 5
"""So many clips in a row that cannot be described: the endpoint is left alone."""
LONGEST_WAIT_S = 120.0
BACKOFF = Backoff(base_s=1.0, cap_s=30.0)
_LASTING = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class Annotator(Protocol):
    """Somebody who describes clips by their sheets."""

    async def describe(self, sheet: SheetRequest) -> tuple[str, ...]:
        """Raises VisionFailed."""
        ...


@dataclass(frozen=True)
class SuggestOptions:
    """Under which name, how many captions a clip, how many clips at once, and how often one is tried."""

    annotator: str
    count: int = 3
    at_once: int = 2
    tries: int = 4
    backoff: Backoff = BACKOFF


@dataclass
class SuggestReport:
    """How many clips were described, and why others were not; `stopped` says why nobody is asked any more."""

    described: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    stopped: str | None = None
    in_a_row: int = 0


def list_undescribed(folder: LabelFolder, annotator: str) -> list[str]:
    """The clips of which nobody of that name has said anything, and that are not left out."""
    state = folder.journal.read()
    return [
        name for name in state.clips if annotator not in state.suggestions.get(name, {}) and name not in state.left_out
    ]


async def suggest(
    folder: LabelFolder,
    annotator: Annotator,
    clips: Sequence[str],
    options: SuggestOptions,
    *,
    after_each: Callable[[str], None] = lambda name: None,
) -> SuggestReport:
    """Ask about these clips; each answer is on the disk before the next question. Nobody has checked them then."""
    durations = {name: entry.duration_s for name, entry in folder.journal.read().clips.items()}
    report, waiting = SuggestReport(), iter(clips)

    async def work() -> None:
        for name in waiting:
            if report.stopped:
                return
            await _describe(folder, annotator, name, durations[name], options, report)
            after_each(name)

    async with asyncio.TaskGroup() as group:
        for _ in range(options.at_once):
            group.create_task(work())
    return report


async def _describe(
    folder: LabelFolder,
    annotator: Annotator,
    name: str,
    duration_s: float,
    options: SuggestOptions,
    report: SuggestReport,
) -> None:
    try:
        jpeg = folder.sheet_path(name).read_bytes()
        captions = await _ask(annotator, SheetRequest(jpeg, FRAMES, duration_s, options.count), options)
    except OSError as error:
        report.failed[name] = f"its sheet cannot be read: {error.strerror}"
        return
    except VisionFailed as error:
        report.failed[name] = str(error)
        report.in_a_row += 1
        if _is_lasting(error) or report.in_a_row >= IN_A_ROW:
            report.stopped = str(error)
        return
    report.described, report.in_a_row = report.described + 1, 0
    entry = SuggestionEntry(clip=name, annotator=options.annotator, captions=list(captions))
    await asyncio.to_thread(folder.journal.append, entry)


async def _ask(annotator: Annotator, sheet: SheetRequest, options: SuggestOptions) -> tuple[str, ...]:
    """Tries again where that may help. Raises VisionFailed."""
    for attempt in range(1, options.tries + 1):
        try:
            return await annotator.describe(sheet)
        except VisionFailed as error:
            if attempt == options.tries or _is_lasting(error) or (error.retry_after_s or 0.0) > LONGEST_WAIT_S:
                raise
            random = Random()  # noqa: S311 so that not all come again at once
            wait_s = delay_s(options.backoff, attempt, random=random, retry_after_s=error.retry_after_s)
        await asyncio.sleep(wait_s)
    raise AssertionError("the last try returns or raises")


def _is_lasting(error: VisionFailed) -> bool:
    """Whether every clip would fail like this."""
    if error.status is None:
        return False
    return error.status in _LASTING or HTTPStatus.MULTIPLE_CHOICES <= error.status < HTTPStatus.BAD_REQUEST
