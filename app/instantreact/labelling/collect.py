"""Takes clips from a source into a folder: names scenes, puts each scene into a split, cuts, and writes down."""

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from instantreact.errors import InstantReactError, StorageFull
from instantreact.labelling.folder import LabelFolder
from instantreact.labelling.journal import ClipEntry, JournalState, OutcomeEntry, SceneEntry
from instantreact.labelling.pieces import ClipPiece, choose_pieces, measure_motion, write_piece
from instantreact.labelling.sources import ClipSource, FoundClip, SceneSplit

_TRAIN, _VAL, _TEST = SceneSplit
SPLITS = (_TRAIN, _TRAIN, _VAL, _TRAIN, _TEST, _TRAIN, _TRAIN, _TRAIN, _TEST, _TRAIN)
"""The first scene of a folder is in the first, and so on, and on from the beginning."""
_STRANGE = re.compile(r"[^\w]+")


@dataclass(frozen=True)
class CollectOptions:
    """How long a clip is cut, and the split for scenes that are new; None deals them out."""

    piece_s: float = 4.0
    split: SceneSplit | None = None


@dataclass
class CollectReport:
    """What came of it: new clips, files that were known, answers that changed, what was passed over and why."""

    new: int = 0
    known: int = 0
    answered: int = 0
    skipped: dict[str, str] = field(default_factory=dict)


def collect(
    folder: LabelFolder,
    source: ClipSource,
    found: Sequence[FoundClip],
    options: CollectOptions,
    *,
    after_each: Callable[[str], None] = lambda name: None,
) -> CollectReport:
    """Take what was found into the folder; what is there already stays as it is, but for how its alert was answered.

    A file that cannot be had or read is passed over and told of. Raises StorageFull, InvalidInput for a journal that
    cannot be read, and Conflict while somebody else collects into the folder.
    """
    usable, report = [each for each in found if each.scene], CollectReport()
    report.skipped |= {each.source: "nobody knows its camera: say --scene" for each in found if not each.scene}
    with folder.collecting():
        _collect(folder, source, usable, options, report, after_each)
    return report


def _collect(
    folder: LabelFolder,
    source: ClipSource,
    usable: Sequence[FoundClip],
    options: CollectOptions,
    report: CollectReport,
    after_each: Callable[[str], None],
) -> None:
    state = folder.journal.read()
    entries = _name_scenes(state, usable, options)
    if entries:
        folder.journal.append(*entries)
        for entry in entries:
            state.take(entry)
    known = _list_known(state)
    for each in usable:
        if pieces := known.get(each.origin):
            report.known += 1
            report.answered += _note_outcome(folder, pieces, each)
        else:
            _take(folder, source, each, state, options, report)
        after_each(each.source)


def _take(
    folder: LabelFolder,
    source: ClipSource,
    found: FoundClip,
    state: JournalState,
    options: CollectOptions,
    report: CollectReport,
) -> None:
    """One file, and its clips at once into the journal: a run that is killed before that cuts them again."""
    try:
        with source.fetch(found, folder.path) as path:
            curve = measure_motion(path)
            pieces = choose_pieces(curve, options.piece_s, most=found.pieces, during=found.during)
            written = [
                _cut(folder, found, state, path=path, piece=piece, number=number) for number, piece in enumerate(pieces)
            ]
    except StorageFull:
        raise
    except (InstantReactError, OSError) as error:
        report.skipped[found.source] = str(error)
        return
    folder.journal.append(*written)
    report.new += len(written)


def _cut(
    folder: LabelFolder, found: FoundClip, state: JournalState, *, path: Path, piece: ClipPiece, number: int
) -> ClipEntry:
    scene = _find_scene(state, found)
    origin = f"{found.origin}#{number}"
    name = f"{scene}-{hashlib.sha256(origin.encode()).hexdigest()[:8]}"
    duration_s = write_piece(path, piece, folder.clip_path(name), folder.sheet_path(name))
    return ClipEntry(
        clip=name, scene=scene, source=found.source, origin=origin, duration_s=duration_s, label=found.label,
        why=found.why, said=found.said,
    )  # fmt: skip


def _name_scenes(state: JournalState, found: Iterable[FoundClip], options: CollectOptions) -> list[SceneEntry]:
    """An entry for each scene that is new, by its name; a camera that is renamed stays the scene that it was."""
    new = {
        (each.scene or "", each.camera)
        for each in found
        if (each.camera not in state.scenes if each.camera else slug(each.scene or "") not in state.splits)
    }
    bound, splits, entries = set(state.scenes.values()), dict(state.splits), []
    for name, camera in sorted(new, key=lambda each: (each[0], each[1] or "")):
        scene = slug(name)
        while camera and scene in bound:
            scene = f"{scene}-2"
        if scene in splits and not camera:
            continue
        splits.setdefault(scene, options.split or SPLITS[len(splits) % len(SPLITS)])
        bound |= {scene} if camera else set()
        entries.append(SceneEntry(scene=scene, split=splits[scene], camera=camera))
    return entries


def _find_scene(state: JournalState, found: FoundClip) -> str:
    return state.scenes[found.camera] if found.camera else slug(found.scene or "")


def slug(name: str) -> str:
    """A name as it may stand in a file's."""
    return _STRANGE.sub("-", name.casefold()).strip("-") or "scene"


def _list_known(state: JournalState) -> dict[str, list[ClipEntry]]:
    known: dict[str, list[ClipEntry]] = {}
    for entry in state.clips.values():
        known.setdefault(entry.origin.rpartition("#")[0], []).append(entry)
    return known


def _note_outcome(folder: LabelFolder, pieces: Sequence[ClipEntry], found: FoundClip) -> int:
    """How many of the clips have another outcome than when they were collected."""
    changed = [each for each in pieces if found.why and (each.label, each.why) != (found.label, found.why)]
    if changed:
        folder.journal.append(*(OutcomeEntry(clip=each.clip, label=found.label, why=found.why) for each in changed))
    return len(changed)
