"""COCO's JSON: `annotations/*<set>*.json`, with the pictures in `<set>/`, `images/<set>/` or `images/`."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from instantreact.errors import InvalidInput, UnreadableMedia
from instantreact.training.detector.pictures import LabelMap, MarkedBox, PictureSet, join, mark, read_size

ANNOTATIONS = "annotations"


def load_coco(folder: Path, part: str, labels: LabelMap) -> PictureSet:
    """The pictures of one annotation file. What cannot be read is complained of and left out."""
    path = _find_annotations(folder / ANNOTATIONS, part)
    try:
        stated = json.loads(path.read_bytes())
        names = {each["id"]: str(each["name"]) for each in stated["categories"]}
        pictures = [(each["id"], str(each["file_name"])) for each in stated["images"]]
        things: dict[Any, list[Mapping[str, Any]]] = defaultdict(list)
        for thing in stated["annotations"]:
            things[thing["image_id"]].append(thing)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(f"{path} is not COCO's JSON: {type(error).__name__} {error}") from error
    places = [folder / part, folder / "images" / part, folder / path.stem.removeprefix("instances_"), folder / "images"]
    return join(_load_one(places, file, things[key], names, labels) for key, file in pictures)


def _load_one(
    places: Sequence[Path],
    file: str,
    things: Sequence[Mapping[str, Any]],
    names: Mapping[Any, str],
    labels: LabelMap,
) -> PictureSet:
    path = next((place / file for place in places if (place / file).is_file()), places[0] / file)
    try:
        size = read_size(path)
    except UnreadableMedia as error:
        return PictureSet((), (f"{file}: {error}",))
    return mark(file, path, size, _boxes(things, names, size), labels)


def _boxes(
    things: Sequence[Mapping[str, Any]], names: Mapping[Any, str], size: tuple[int, int]
) -> Iterator[MarkedBox | str]:
    width, height = size
    for thing in things:
        name = names.get(thing.get("category_id"), "an unknown category")
        try:
            left, top, wide, high = (float(side) for side in thing["bbox"])
        except (KeyError, TypeError, ValueError):
            yield f"a box of {name} cannot be read"
            continue
        yield MarkedBox(
            name,
            left / width,
            top / height,
            (left + wide) / width,
            (top + high) / height,
            is_crowd=bool(thing.get("iscrowd", 0)),
        )


def _find_annotations(folder: Path, part: str) -> Path:
    exact = [folder / f"{part}.json", folder / f"instances_{part}.json"]
    found = [path for path in exact if path.is_file()] or sorted(folder.glob(f"*{part}*.json"))
    if len(found) != 1:
        said = ", ".join(path.name for path in found) or "none"
        raise InvalidInput(f"One file *{part}*.json is needed in {folder}; there is {said}.")
    return found[0]
