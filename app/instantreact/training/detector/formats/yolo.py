"""YOLO's text files: `images/<set>*/` and `labels/<set>*/`, names in `*classes.txt` or `data.yaml`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from instantreact.errors import InvalidInput, UnreadableMedia
from instantreact.training.detector.pictures import LabelMap, MarkedBox, PictureSet, join, mark, read_size

_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


def load_yolo(folder: Path, part: str, labels: LabelMap) -> PictureSet:
    """The pictures of one folder; one without a text file has no object. What cannot be read is complained of."""
    names = _read_names(folder)
    pictures = _find_folder(folder / "images", part)
    marks = folder / "labels" / pictures.name
    return join(
        _load_one(path, marks / f"{path.stem}.txt", names, labels)
        for path in sorted(pictures.iterdir())
        if path.suffix.lower() in _ENDINGS
    )


def _load_one(path: Path, marks: Path, names: Sequence[str], labels: LabelMap) -> PictureSet:
    try:
        size = read_size(path)
        lines = marks.read_text("utf-8").splitlines() if marks.is_file() else []
    except UnicodeDecodeError:
        return PictureSet((), (f"{path.stem}: {marks.name} is no text",))
    except (UnreadableMedia, OSError) as error:
        return PictureSet((), (f"{path.stem}: {error}",))
    return mark(path.stem, path, size, _boxes(lines, names), labels)


def _boxes(lines: Sequence[str], names: Sequence[str]) -> Iterator[MarkedBox | str]:
    """Lines of a class number, the centre, width and height in shares; more columns are no box."""
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _read_box(line, names) or f"line {number} is no box: {line.strip()[:60]}"


def _read_box(line: str, names: Sequence[str]) -> MarkedBox | None:
    try:
        kind, *sides = line.split()
        x, y, width, height = (float(side) for side in sides)
        name = names[int(kind)] if int(kind) >= 0 else None
    except (ValueError, IndexError):
        return None
    if name is None:
        return None
    return MarkedBox(name, x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _find_folder(images: Path, part: str) -> Path:
    if (images / part).is_dir():
        return images / part
    found = sorted(path for path in images.glob(f"{part}*") if path.is_dir())
    if len(found) != 1:
        said = ", ".join(path.name for path in found) or "none"
        raise InvalidInput(f"One folder {part}* is needed in {images}; there is {said}.")
    return found[0]


def _read_names(folder: Path) -> list[str]:
    for path in sorted(folder.glob("*classes.txt")):
        return [line.strip() for line in path.read_text("utf-8").splitlines() if line.strip()]
    try:
        stated = yaml.safe_load((folder / "data.yaml").read_text("utf-8"))["names"]
        return [str(stated[key]) for key in sorted(stated)] if isinstance(stated, dict) else [str(n) for n in stated]
    except (OSError, yaml.YAMLError, KeyError, TypeError) as error:
        raise InvalidInput(f"{folder} has neither *classes.txt nor a data.yaml with names.") from error
