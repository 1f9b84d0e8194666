"""MSVD's `video_corpus.csv` (Chen & Dolan 2011), as the seed project used it.

Columns VideoID, Start, End, Source, AnnotationTime, Language, Description; clips are named `ID_START_END.avi`.
"""

import csv
import hashlib
from collections.abc import Mapping
from pathlib import Path

from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import CaptionedClip, Split
from instantreact.training.captioner.formats.complaint import complain, is_empty

_VAL, _TEST = 10, 20  # of a hundred scenes


def draw_split(scene: str) -> Split:
    """The split of a scene, by a checksum of its name: 70 of 100 train, 10 val, 20 test, the same everywhere."""
    number = int.from_bytes(hashlib.sha256(scene.encode()).digest()[:4], "big") % 100
    if number < _VAL:
        return Split.VAL
    return Split.TEST if number < _VAL + _TEST else Split.TRAIN


FILE = "video_corpus.csv"
_COLUMNS = ("VideoID", "Start", "End", "Source", "AnnotationTime", "Language", "Description")
_LANGUAGE = "English"


def load_msvd(folder: Path) -> list[CaptionedClip]:
    """The clips of a folder that holds `video_corpus.csv` and the clips, beside it or in `clips/`, `YouTubeClips/`.

    Only English descriptions count, and rows whose description is empty are left out, as the corpus has such. Clips
    that are not in the folder are left out too, for many are gone from the network. One source video is one scene;
    scenes are dealt to the splits by their name, as the corpus states none.
    Raises InvalidInput, with file and line, for missing columns or times that are no numbers, and when no clip is left.
    """
    path = folder / FILE
    captions: dict[str, list[str]] = {}
    scenes: dict[str, str] = {}
    for line, row in _read_rows(path):
        if row["Language"] == _LANGUAGE and not is_empty(row["Description"]):
            name = _clip_name(path, line, row)
            captions.setdefault(name, []).append(row["Description"].strip())
            scenes[name] = row["VideoID"]
    found = {name: clip for name in captions if (clip := _find_clip(folder, name)) is not None}
    if not found:
        raise InvalidInput(f"{folder} holds none of the {len(captions)} clips that {FILE} describes.")
    return [
        CaptionedClip(name, clip, scenes[name], draw_split(scenes[name]), tuple(captions[name]), source="MSVD")
        for name, clip in found.items()
    ]


def _read_rows(path: Path) -> list[tuple[int, Mapping[str, str]]]:
    """The rows with their line numbers."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream)
            missing = [column for column in _COLUMNS if column not in (reader.fieldnames or ())]
            if missing:
                raise complain(path, 1, f"the columns {', '.join(missing)} are missing")
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read.") from error


def _clip_name(path: Path, line: int, row: Mapping[str, str]) -> str:
    start, end = row["Start"], row["End"]
    if not (row["VideoID"] and start.isdigit() and end.isdigit() and int(start) < int(end)):
        raise complain(path, line, f"clip {row['VideoID']!r} from {start!r} to {end!r} makes no sense")
    return f"{row['VideoID']}_{start}_{end}"


def _find_clip(folder: Path, name: str) -> Path | None:
    places = (folder / place / f"{name}.avi" for place in ("", "clips", "YouTubeClips"))
    return next((place for place in places if place.is_file()), None)
