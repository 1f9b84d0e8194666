"""`captions.jsonl`: one object a line, clips beside it in `clips/`."""

from pathlib import Path

from pydantic import BaseModel, ValidationError

from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import CaptionedClip, Split, check_scenes
from instantreact.training.captioner.formats.complaint import check_captions, check_file, complain, read_lines

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
    clip, has an empty caption, or a clip that had a line before; and when a scene is in two splits.
    """
    path = folder / FILE
    clips: dict[str, CaptionedClip] = {}
    for number, line in read_lines(path):
        clip = _read_line(path, number, line)
        if clips.setdefault(clip.name, clip) is not clip:
            raise complain(path, number, f"the clip {clip.name} has a line already; put its captions into one line")
    if not clips:
        raise InvalidInput(f"{path} holds no clips: it needs one JSON object a line.")
    check_scenes(list(clips.values()))
    return list(clips.values())


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
