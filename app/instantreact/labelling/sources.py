"""Where clips come from: what a source has found, and what people's answers to alerts say of it."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from instantreact.domain.alert import AlertState
from instantreact.domain.second_look import LOOKED
from instantreact.errors import InvalidInput

NORMAL = "normal"


class FootageKind(StrEnum):
    """What a service has stored: what its alerts show, or the clips that were sent to it."""

    ALERTS = "alerts"
    UPLOADS = "uploads"


class SceneSplit(StrEnum):
    """What the clips of a scene are used for."""

    TRAIN = "train"
    VAL = "val"
    TEST = "test"


@dataclass(frozen=True)
class FoundClip:
    """A file that clips can be cut from.

    origin   what it is, wherever it is found again
    camera   whose it is, by id; None where `scene` says it all
    scene    what that camera, or whatever clips of one place share, is called; None where nobody knows
    source   for people: where it comes from
    key      by which its source fetches it
    during   the seconds that matter; None for where most moves
    pieces   how many clips may be cut from it
    """

    origin: str
    camera: str | None
    scene: str | None
    source: str
    key: str
    label: str | None = None
    why: str | None = None
    said: str | None = None
    during: tuple[float, float] | None = None
    pieces: int = 1


class ClipSource(Protocol):
    """Something that has clips."""

    def find(self) -> Sequence[FoundClip]:
        """All that is asked for. Raises InstantReactError."""
        ...

    def fetch(self, found: FoundClip, folder: Path) -> AbstractContextManager[Path]:
        """The file, perhaps in `folder` for as long as it is used. Raises InstantReactError where it cannot be had."""
        ...


@dataclass(frozen=True)
class AnsweredAlert:
    """What matters of an alert: how it stands, who answered it, and the concepts that its rule found."""

    state: AlertState
    answered_by: str | None
    concepts: tuple[str, ...]


def judge_answers(alerts: Sequence[AnsweredAlert]) -> tuple[str | None, str | None]:
    """The label that people's answers to the alerts about one thing give it, and why; None where they give none.

    Acknowledged, it is the concept that was alerted, where that is one; dismissed by all who answered, nothing.
    """
    answered = [
        each for each in alerts if each.state is not AlertState.RAISED and each.answered_by not in {None, LOOKED}
    ]
    confirmed = [each for each in answered if each.state is AlertState.ACKNOWLEDGED]
    if confirmed:
        concepts = sorted({concept for each in confirmed for concept in each.concepts})
        return (concepts[0], "alert acknowledged") if len(concepts) == 1 else (None, "alert acknowledged")
    return (NORMAL, "false alarm") if answered else (None, None)


class FolderSource:
    """Clips in a folder: those of each camera in a folder of their own, or all of one scene."""

    def __init__(self, folder: Path, *, scene: str | None, pieces: int) -> None:
        self._folder = folder
        self._scene = scene
        self._pieces = pieces

    def find(self) -> Sequence[FoundClip]:
        """Raises InvalidInput where files lie about whose scene nobody knows."""
        paths = [
            path for path in sorted(self._folder.rglob("*")) if path.is_file() and not _is_hidden(path, self._folder)
        ]
        if not paths:
            raise InvalidInput(f"There is no file below {self._folder}.")
        return [self._describe(path) for path in paths]

    @contextmanager
    def fetch(self, found: FoundClip, folder: Path) -> Iterator[Path]:
        yield self._folder / found.key

    def _describe(self, path: Path) -> FoundClip:
        below = path.relative_to(self._folder)
        scene = self._scene or below.parent.as_posix()
        if scene == ".":
            raise InvalidInput(
                f"{below} could be of any camera, and clips of one camera must be known as one scene: put the clips of "
                "each camera into a folder of their own, or say --scene NAME where all are of one."
            )
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return FoundClip(f"file:{digest}", None, scene, os.fspath(below), os.fspath(below), pieces=self._pieces)


def _is_hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)
