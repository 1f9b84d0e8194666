"""A folder of clips that get captions: where everything in it is, and what is known of each clip."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from instantreact.errors import Conflict, InvalidInput
from instantreact.labelling.journal import FILE as JOURNAL
from instantreact.labelling.journal import LOCK, ClipEntry, Journal, JournalState, LeftOutEntry
from instantreact.labelling.words import ClipCaptions, put_words, read_words, remove_words
from instantreact.storage.private import FOLDER, make_private_file, open_private

CLIPS, SHEETS, README = "clips", "sheets", "README.txt"
FETCHED = ".fetched-"
"""What files begin with that are there for as long as clips are cut from them."""
_COLLECTING = ".collecting"
_README = """Clips of cameras, with captions. Made by `instantreact label`.

PEOPLE MAY BE SEEN HERE. The service that these clips come from neither knows nor erases them: what is erased there, or
deleted because its time is over, stays here. Keep this folder where only those come who may see it, and delete it when
it has been used. Nothing in it is encrypted.

captions.jsonl   what people wrote: one JSON object for each clip (clip, scene, split, label, captions, annotators).
                 You may edit it; `instantreact label` leaves alone what it finds there.
clips/           the clips, without sound, at most 960 pixels wide or high, and without what cameras write into files
sheets/          six frames of each clip in one picture: this is what a vision-language model is shown
journal.jsonl    where each clip comes from (camera, site, time, what the service said, how its alert was answered),
                 what models suggested, and what was left out. Only ever added to; do not edit it.
"""


@dataclass(frozen=True)
class DraftCaption:
    """A sentence that may become a caption, and who wrote it."""

    text: str
    annotator: str


@dataclass(frozen=True)
class LabelDraft:
    """A clip as somebody is shown it: its captions are people's where they wrote some, else what was suggested."""

    entry: ClipEntry
    split: str
    captions: tuple[DraftCaption, ...]
    label: str | None
    checked: bool
    left_out: bool


class LabelFolder:
    """One data set that is being made. Several processes may work on it."""

    def __init__(self, path: Path) -> None:
        """Raises InvalidInput where it is none."""
        if not (path / JOURNAL).is_file():
            raise InvalidInput(f"{path} holds no collected clips: begin with `instantreact label collect`.")
        self.path = path
        self.journal = Journal(path)

    @classmethod
    def make(cls, path: Path) -> "LabelFolder":
        """The folder, made if it is not there. Raises Conflict where something else is."""
        if not (path / JOURNAL).is_file():
            _check_empty(path)
            path.mkdir(mode=FOLDER, parents=True, exist_ok=True)
            Journal(path).append()
        for name in (CLIPS, SHEETS):
            (path / name).mkdir(mode=FOLDER, exist_ok=True)
        if not (path / README).is_file():
            with open(path / README, "w", encoding="utf-8", opener=open_private) as file:
                file.write(_README)
        return cls(path)

    @contextmanager
    def collecting(self) -> Iterator[None]:
        """Nobody else takes clips into the folder meanwhile; what somebody left half done is gone. Raises Conflict."""
        lock = self.path / _COLLECTING
        make_private_file(lock)
        with lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Conflict(f"Another `instantreact label collect` is at work in {self.path}.") from error
            for path in (*self.path.glob(f"{FETCHED}*"), *self.path.glob("*/.*.partial")):
                path.unlink(missing_ok=True)
            yield

    def clip_path(self, name: str) -> Path:
        return self.path / CLIPS / f"{name}.mp4"

    def sheet_path(self, name: str) -> Path:
        return self.path / SHEETS / f"{name}.jpg"

    def read(self) -> dict[str, LabelDraft]:
        """Every clip that was collected, in order. Raises InvalidInput for lines that cannot be read."""
        state, words = self.journal.read(), read_words(self.path)
        return {name: _draft(state, entry, words.get(name)) for name, entry in state.clips.items()}

    def save(self, name: str, captions: Sequence[DraftCaption], label: str | None, *, checked: bool) -> None:
        """Write what is said of a clip. Raises InvalidInput where nothing is.

        What is not checked takes no place of anything that is there already.
        """
        if not captions:
            raise InvalidInput("There is no caption yet: write at least one sentence, or leave the clip out.")
        with self.journal.locked():
            state, words = self.journal.read(), read_words(self.path)
            if not checked and name in words:
                return
            entry = state.clips[name]
            known = words.get(name)
            line = ClipCaptions(
                **{
                    **(known.model_dump() if known else {}),
                    "clip": name,
                    "source": entry.source,
                    "scene": known.scene if known else entry.scene,
                    "split": known.split if known else state.splits[entry.scene],
                    "label": label,
                    "captions": [each.text for each in captions],
                    "annotators": [each.annotator for each in captions],
                    "checked": checked,
                }
            )
            put_words(self.path, line)
            if name in state.left_out:
                self.journal.write(LeftOutEntry(clip=name, left_out=False))

    def leave_out(self, name: str) -> None:
        """Use a clip for nothing. What was written of it is kept in the journal."""
        with self.journal.locked():
            line = read_words(self.path).get(name)
            self.journal.write(LeftOutEntry(clip=name, left_out=True, line=line and line.model_dump()))
            if line is not None:
                remove_words(self.path, name)


def _draft(state: JournalState, entry: ClipEntry, line: ClipCaptions | None) -> LabelDraft:
    left_out = state.left_out.get(entry.clip)
    if line is None and left_out is not None and left_out.line is not None:
        line = ClipCaptions.model_validate(left_out.line)
    if line is not None:
        names = line.annotators or [""] * len(line.captions)
        captions = tuple(DraftCaption(text, name) for text, name in zip(line.captions, names, strict=True))
    else:
        said = state.suggestions.get(entry.clip, {})
        captions = tuple(DraftCaption(text, annotator) for annotator, texts in said.items() for text in texts)
    return LabelDraft(
        entry=entry,
        split=line.split if line else state.splits[entry.scene],
        captions=captions,
        label=line.label if line else entry.label,
        checked=line is not None and line.checked and left_out is None,
        left_out=left_out is not None,
    )


def _check_empty(path: Path) -> None:
    if path.exists() and not path.is_dir():
        raise Conflict(f"{path} is a file: name a folder.")
    if path.is_dir() and any(each.name != LOCK for each in path.iterdir()):
        raise Conflict(f"{path} holds something else: name a new or empty folder.")
