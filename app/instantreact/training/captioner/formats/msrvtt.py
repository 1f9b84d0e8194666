"""MSR-VTT's JSON (Xu et al. 2016): `videos` with their split, `sentences` with their video."""

from collections import defaultdict
from pathlib import Path

from pydantic import BaseModel, ValidationError

from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import CaptionedClip, Split
from instantreact.training.captioner.formats.complaint import is_empty

PATTERN = "*videodatainfo*.json"
_SPLITS = {"train": Split.TRAIN, "validate": Split.VAL, "test": Split.TEST}


class _Video(BaseModel):
    video_id: str
    split: str
    url: str = ""


class _Sentence(BaseModel):
    video_id: str
    caption: str


class _File(BaseModel):
    videos: list[_Video]
    sentences: list[_Sentence]


def load_msrvtt(folder: Path) -> list[CaptionedClip]:
    """The clips of a folder that holds one or more `*videodatainfo*.json` and the clips, `<video_id>.mp4`.

    Clips of one source address share a scene. Clips that are not in the folder are left out.
    Raises InvalidInput, with the file and the entry, for what is malformed, and when no clip is left.
    """
    files = sorted(folder.glob(PATTERN))
    if not files:
        raise InvalidInput(f"{folder} holds no {PATTERN}.")
    clips = [clip for path in files for clip in _load_file(path)]
    if not clips:
        raise InvalidInput(f"{folder} holds none of the clips that {', '.join(path.name for path in files)} describe.")
    return clips


def _load_file(path: Path) -> list[CaptionedClip]:
    try:
        content = _File.model_validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read.") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{path}, {where or 'the object'}: {first['msg']}") from error
    captions: dict[str, list[str]] = defaultdict(list)
    for number, sentence in enumerate(content.sentences):
        if is_empty(sentence.caption):
            raise InvalidInput(f"{path}, sentences.{number}: a caption is empty, or has no word; take it out")
        captions[sentence.video_id].append(sentence.caption.strip())
    return [
        _make_clip(path, video, clip, captions[video.video_id])
        for video in content.videos
        if (clip := _find_clip(path.parent, video.video_id)) is not None
    ]


def _make_clip(path: Path, video: _Video, clip: Path, captions: list[str]) -> CaptionedClip:
    if video.split not in _SPLITS:
        raise InvalidInput(
            f"{path}, video {video.video_id}: there is no split {video.split}; there are {', '.join(_SPLITS)}"
        )
    if not captions:
        raise InvalidInput(f"{path}, video {video.video_id}: there is no caption")
    scene = video.url or video.video_id
    return CaptionedClip(video.video_id, clip, scene, _SPLITS[video.split], tuple(captions), source="MSR-VTT")


def _find_clip(folder: Path, name: str) -> Path | None:
    return next(iter([*folder.glob(f"{name}.mp4"), *folder.glob(f"*/{name}.mp4")]), None)
