"""Flickr8k (Hodosh, Young & Hockenmaier 2013): pictures with five captions each and official splits.

The folder holds `captions.json` (captions by picture), `train.txt`, `dev.txt` and `test.txt` (a picture a line), and
the pictures in `images/` or in `images.tar`.
"""

import os
import shutil
import tarfile
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import CaptionedClip, Split
from instantreact.training.captioner.formats.complaint import complain, is_empty, read_lines
from instantreact.training.captioner.kept import digest

FILE = "captions.json"
_SPLITS = {"train.txt": Split.TRAIN, "dev.txt": Split.VAL, "test.txt": Split.TEST}


def load_flickr8k(folder: Path, *, cache: Path | None = None) -> list[CaptionedClip]:
    """The pictures of a folder, each a scene of its own; pictures that are not there are left out.

    cache  where `images.tar` is unpacked, below a name of its own; by default into `images/` beside it
    Raises InvalidInput, with file and line, for a picture without captions; when no picture is left; and when the
    archive cannot be unpacked.
    """
    captions = _read_captions(folder / FILE)
    images = _find_images(folder, cache)
    clips = [
        CaptionedClip(name, images / name, name, split, tuple(_captions_of(captions, name, folder / file, line)))
        for file, split in _SPLITS.items()
        for line, name in read_lines(folder / file)
        if (images / name).is_file()
    ]
    if not clips:
        raise InvalidInput(f"{images} holds none of the pictures that {folder / FILE} describes.")
    return clips


def _read_captions(path: Path) -> dict[str, list[str]]:
    try:
        return TypeAdapter(dict[str, list[str]]).validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.") from error
    except ValidationError as error:
        raise InvalidInput(f"{path} does not hold lists of captions by picture.") from error


def _captions_of(captions: dict[str, list[str]], name: str, path: Path, line: int) -> list[str]:
    own = [caption for caption in captions.get(name, []) if not is_empty(caption)]
    if not own:
        raise complain(path, line, f"there is no caption of {name}")
    return own


def _find_images(folder: Path, cache: Path | None) -> Path:
    """Where the pictures lie, unpacked once if need be; data that others share is not written to."""
    images, archive = folder / "images", folder / "images.tar"
    if images.is_dir() or not archive.is_file():
        return images
    if cache is not None:
        images = cache / f"images-{_name_archive(archive)}"
    try:
        _unpack(archive, images)
    except (OSError, tarfile.TarError) as error:
        raise InvalidInput(f"{archive} cannot be unpacked to {images}: {error}") from error
    return images


def _name_archive(archive: Path) -> str:
    """A name that another archive, or a changed one, does not share."""
    found = archive.stat()
    return digest(str(archive.resolve()), str(found.st_size), str(found.st_mtime_ns))


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack the archive once; pictures only, never outside `folder`."""
    if folder.is_dir():
        return
    unfinished = folder.with_name(f"{folder.name}.{os.getpid()}.unfinished")
    with tarfile.open(archive) as tar:  # its own filters came with Python 3.11.4
        for member in tar:
            target = Path(os.path.normpath(unfinished / member.name))
            content = tar.extractfile(member) if member.isfile() and target.is_relative_to(unfinished) else None
            if content is not None:
                target.parent.mkdir(parents=True, exist_ok=True)
                with content, target.open("wb") as file:
                    shutil.copyfileobj(content, file)
    unfinished.rename(folder)
