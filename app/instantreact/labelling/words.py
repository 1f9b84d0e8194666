"""`captions.jsonl` of a folder: what people wrote. A line is replaced only by what people write of that clip."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from instantreact.domain.mention import tokenize
from instantreact.errors import InvalidInput
from instantreact.storage.private import open_private

FILE = "captions.jsonl"


class ClipCaptions(BaseModel):
    """A clip's captions, each with who wrote it, as training reads them.

    checked  whether somebody looked at them; not where suggestions were taken as they are. Fields of others are kept
    """

    model_config = ConfigDict(extra="allow")

    clip: str
    source: str = ""
    scene: str
    split: str
    label: str | None = None
    captions: list[str]
    annotators: list[str] = []
    checked: bool = True


def read_words(folder: Path) -> dict[str, ClipCaptions]:
    """The lines by their clips. Raises InvalidInput, with the line's number, for one that training would refuse."""
    return {line.clip: line for _, line in _read(folder / FILE)}


def put_words(folder: Path, line: ClipCaptions) -> None:
    """Write a clip's line in place of the one it has; what others say there stays byte by byte. Hold the lock."""
    _rewrite(folder / FILE, line.clip, line)


def remove_words(folder: Path, clip: str) -> None:
    """Take out a clip's line. Hold the lock."""
    _rewrite(folder / FILE, clip, None)


def _rewrite(path: Path, clip: str, line: ClipCaptions | None) -> None:
    written = line and json.dumps(line.model_dump(), ensure_ascii=False).encode()
    lines: list[bytes] = []
    for raw, found in _read(path):
        if found.clip != clip:
            lines.append(raw)
        elif written:
            lines.append(written)
            written = None
    if written:
        lines.append(written)
    aside = path.with_name(f".{path.name}.partial")
    aside.unlink(missing_ok=True)
    with open(aside, "wb", opener=open_private) as file:
        file.write(b"".join(each + b"\n" for each in lines))
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def _read(path: Path) -> Iterator[tuple[bytes, ClipCaptions]]:
    lines = path.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n") if path.is_file() else []
    known: set[str] = set()
    for number, raw in enumerate(lines, start=1):
        if raw.strip():
            line = _parse(path, number, raw)
            if line.clip in known:
                raise InvalidInput(f"{path}, line {number}: the clip {line.clip} has a line already; make one of both.")
            known.add(line.clip)
            yield raw, line


def _parse(path: Path, number: int, raw: bytes) -> ClipCaptions:
    try:
        line = ClipCaptions.model_validate_json(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the object"
        raise InvalidInput(f"{path}, line {number}: {where}: {first['msg']}") from error
    if not line.captions or not all(map(tokenize, line.captions)):
        raise InvalidInput(f"{path}, line {number}: a caption is missing, empty or has no word.")
    if line.annotators and len(line.annotators) != len(line.captions):
        raise InvalidInput(
            f"{path}, line {number}: {len(line.captions)} captions have {len(line.annotators)} annotators."
        )
    return line
