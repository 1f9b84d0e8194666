"""Any layout that is known, by what the folder looks like."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from instantreact.errors import InvalidInput
from instantreact.training.detector.formats.coco import ANNOTATIONS, load_coco
from instantreact.training.detector.formats.voc import SETS, load_voc
from instantreact.training.detector.formats.yolo import load_yolo
from instantreact.training.detector.pictures import LabelMap, PictureSet, join


class BoxFormat(StrEnum):
    """How a data set writes its boxes down."""

    VOC = "voc"
    COCO = "coco"
    YOLO = "yolo"


_LOADERS = {BoxFormat.VOC: load_voc, BoxFormat.COCO: load_coco, BoxFormat.YOLO: load_yolo}


def load_pictures(data: Path, parts: Sequence[str], labels: LabelMap, kind: BoxFormat | None = None) -> PictureSet:
    """The pictures of several parts: `train` of the folder itself, or `VOC2007:trainval` of one below it.

    Raises InvalidInput when a part cannot be found, or when not one picture is left.
    """
    found = join(_load_part(data, part, labels, kind) for part in parts)
    if parts and not found.pictures:
        told = f"; {found.complaints[0]}" if found.complaints else ""
        raise InvalidInput(f"Not one picture of {', '.join(parts)} in {data} can be read{told}")
    return found


def _load_part(data: Path, part: str, labels: LabelMap, kind: BoxFormat | None) -> PictureSet:
    below, _, name = part.rpartition(":")
    folder = data / below
    return _LOADERS[kind or recognise(folder)](folder, name, labels)


def recognise(folder: Path) -> BoxFormat:
    """What a folder looks like. Raises InvalidInput that says what was looked for."""
    if (folder / SETS).is_dir():
        return BoxFormat.VOC
    if (folder / ANNOTATIONS).is_dir():
        return BoxFormat.COCO
    if (folder / "labels").is_dir() and (folder / "images").is_dir():
        return BoxFormat.YOLO
    raise InvalidInput(
        f"{folder} is no data set with boxes: it has neither {SETS}, nor {ANNOTATIONS}/, nor images/ and labels/."
    )
