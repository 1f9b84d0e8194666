"""Pascal VOC: `Annotations/*.xml`, `JPEGImages/`, `ImageSets/Main/<set>.txt`; VOC2007, 2012 and folders like them."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from instantreact.errors import InvalidInput, UnreadableMedia
from instantreact.training.detector.pictures import LabelMap, MarkedBox, PictureSet, join, mark, read_size

SETS = Path("ImageSets") / "Main"
_SIDES = ("xmin", "ymin", "xmax", "ymax")


def load_voc(folder: Path, part: str, labels: LabelMap) -> PictureSet:
    """The pictures that `ImageSets/Main/<part>.txt` names. What cannot be read is complained of and left out."""
    listed = folder / SETS / f"{part}.txt"
    try:
        names = [line.split()[0] for line in listed.read_text("utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"The list {listed} cannot be read.") from error
    return join(_load_one(folder, name, labels) for name in names)


def _load_one(folder: Path, name: str, labels: LabelMap) -> PictureSet:
    path = _find_picture(folder / "JPEGImages", name)
    try:
        size = read_size(path)
        root = ElementTree.parse(folder / "Annotations" / f"{name}.xml").getroot()  # noqa: S314 # expat limits entities
    except UnreadableMedia as error:
        return PictureSet((), (f"{name}: {error}",))
    except (OSError, ElementTree.ParseError):
        return PictureSet((), (f"{name}: its annotation cannot be read.",))
    return mark(name, path, size, _boxes(root, size), labels)


def _boxes(root: ElementTree.Element, size: tuple[int, int]) -> Iterator[MarkedBox | str]:
    """The objects. Pixels are counted from 1 and belong to the box on both sides: a box of one pixel has an area."""
    width, height = size
    for thing in root.iter("object"):
        name = (thing.findtext("name") or "").strip()
        corners = thing.find("bndbox")
        try:
            left, top, right, bottom = (float(corners.findtext(side) or "") for side in _SIDES)  # type: ignore[union-attr]
        except (AttributeError, ValueError):
            yield f"a box of {name or 'nothing'} cannot be read"
            continue
        # Sets like VOC count from 0 now and then: a box must not begin before the picture for that.
        yield MarkedBox(
            name,
            max(left - 1, min(0, left)) / width,
            max(top - 1, min(0, top)) / height,
            right / width,
            bottom / height,
            is_difficult=(thing.findtext("difficult") or "0").strip() == "1",
        )


def _find_picture(folder: Path, name: str) -> Path:
    paths = (folder / f"{name}{ending}" for ending in (".jpg", ".jpeg", ".png", ".JPG"))
    return next((path for path in paths if path.is_file()), folder / f"{name}.jpg")
