"""`captions.jsonl`: one object a line, clips beside it in `clips/`."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import CaptionedClip, Split, check_scenes
from instantreact.training.captioner.formats.complaint import check_captions, check_file, complain

FILE = "captions.jsonl"
SUFFIX = ".mp4"


class _Line(BaseModel):
    clip: str
    source: str = ""
    scene: str
    split: Split
    label: str | None = None
    captions: list[str]
    annotators: list[str] = []


def load_captions_jsonl(folder: Path) -> list[CaptionedClip]:
    """The clips of a folder that holds `captions.jsonl` and `clips/<clip>.mp4`.

    Raises InvalidInput, with file and line, for what is not JSON, lacks a field, names an unknown split or a missing
    clip, or has an empty caption; and when a scene is in two splits.
    """
    path = folder / FILE
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.") from error
    clips = [_read_line(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not clips:
        raise InvalidInput(f"{path} holds no clips.")
    check_scenes(clips)
    return clips


def _read_line(path: Path, number: int, text: str) -> CaptionedClip:
    try:
        line = _Line.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise complain(path, number, f"{where or 'the object'}: {first['msg']}") from error
    check_captions(path, number, line.captions)
    if line.annotators and len(line.annotators) != len(line.captions):
        raise complain(path, number, f"{len(line.captions)} captions have {len(line.annotators)} annotators")
    clip = path.parent / "clips" / f"{line.clip}{SUFFIX}"
    check_file(path, number, clip)
    return CaptionedClip(
        name=line.clip,
        path=clip,
        scene=line.scene,
        split=line.split,
        captions=tuple(line.captions),
        annotators=tuple(line.annotators),
        label=line.label,
        source=line.source,
    )
