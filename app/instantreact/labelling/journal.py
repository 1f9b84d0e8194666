"""What is known of a folder's clips beside people's words: lines of JSON that are only ever added to."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from instantreact.errors import InvalidInput
from instantreact.storage.private import make_private_file, open_private

FILE, LOCK = "journal.jsonl", ".lock"


class SceneEntry(BaseModel):
    """A scene and the split that it is in from now on; `camera` is whose it is where that has an id."""

    kind: Literal["scene"] = "scene"
    scene: str
    split: str
    camera: str | None = None


class ClipEntry(BaseModel):
    """A clip that was collected.

    origin  what it is a piece of; collected again, it is known by that
    label   what happens in it, where somebody answered its alert; `why` says so
    said    what the service said of it
    """

    kind: Literal["clip"] = "clip"
    clip: str
    scene: str
    source: str
    origin: str
    duration_s: float
    label: str | None = None
    why: str | None = None
    said: str | None = None


class OutcomeEntry(BaseModel):
    """That somebody answered the alert of a clip, since it was collected."""

    kind: Literal["outcome"] = "outcome"
    clip: str
    label: str | None = None
    why: str | None = None


class SuggestionEntry(BaseModel):
    """What an annotator says of a clip; nobody has checked it."""

    kind: Literal["suggestion"] = "suggestion"
    clip: str
    annotator: str
    captions: list[str]


class LeftOutEntry(BaseModel):
    """That a clip is not to be used, or (`left_out` is false) is again; what people had written of it."""

    kind: Literal["left_out"] = "left_out"
    clip: str
    left_out: bool
    line: dict[str, Any] | None = None


JournalEntry = SceneEntry | ClipEntry | OutcomeEntry | SuggestionEntry | LeftOutEntry
_ENTRY: TypeAdapter[JournalEntry] = TypeAdapter(Annotated[JournalEntry, Field(discriminator="kind")])


@dataclass
class JournalState:
    """What all entries come to. Scenes by their camera, splits by scene, everything else by the clip's name."""

    scenes: dict[str, str] = field(default_factory=dict)
    splits: dict[str, str] = field(default_factory=dict)
    clips: dict[str, ClipEntry] = field(default_factory=dict)
    suggestions: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    left_out: dict[str, LeftOutEntry] = field(default_factory=dict)

    def take(self, entry: JournalEntry) -> None:
        """Add an entry; a later one of the same thing counts."""
        match entry:
            case SceneEntry():
                self._take_scene(entry)
            case ClipEntry():
                self.clips[entry.clip] = entry
            case OutcomeEntry() if (found := self.clips.get(entry.clip)) is not None:
                self.clips[entry.clip] = found.model_copy(update={"label": entry.label, "why": entry.why})
            case SuggestionEntry():
                self.suggestions.setdefault(entry.clip, {})[entry.annotator] = entry.captions
            case LeftOutEntry():
                self._take_left_out(entry)

    def _take_scene(self, entry: SceneEntry) -> None:
        self.splits.setdefault(entry.scene, entry.split)
        if entry.camera is not None:
            self.scenes.setdefault(entry.camera, entry.scene)

    def _take_left_out(self, entry: LeftOutEntry) -> None:
        self.left_out.pop(entry.clip, None)
        if entry.left_out:
            self.left_out[entry.clip] = entry


class Journal:
    """The file; several processes may add to it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._lock = folder / LOCK

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Nobody else writes into the folder meanwhile."""
        make_private_file(self._lock)
        with self._lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def append(self, *entries: JournalEntry) -> None:
        """Add entries; they are on the disk when this returns."""
        with self.locked():
            self.write(*entries)

    def write(self, *entries: JournalEntry) -> None:
        """The same for whoever holds the lock."""
        text = "".join(entry.model_dump_json(exclude_none=True) + "\n" for entry in entries)
        with open(self.path, "a+b", opener=open_private) as file:
            _drop_torn_line(file.fileno())
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())

    def read(self) -> JournalState:
        """Raises InvalidInput for a line that is none of ours; a last one that was torn off is left out."""
        state = JournalState()
        text = self.path.read_bytes() if self.path.is_file() else b""
        whole, _, _ = text.rpartition(b"\n")
        for number, line in enumerate(whole.split(b"\n"), start=1):
            if line.strip():
                state.take(self._parse(number, line))
        return state

    def _parse(self, number: int, line: bytes) -> JournalEntry:
        try:
            return _ENTRY.validate_python(json.loads(line))
        except (ValueError, ValidationError) as error:
            raise InvalidInput(
                f"{self.path}, line {number}: this is no entry that `instantreact label` wrote."
            ) from error


def _drop_torn_line(descriptor: int) -> None:
    """What a process that was killed in the middle of a line left of it."""
    size = os.fstat(descriptor).st_size
    if size == 0:
        return
    kept = os.pread(descriptor, size, 0).rfind(b"\n") + 1
    if kept != size:
        os.ftruncate(descriptor, kept)
