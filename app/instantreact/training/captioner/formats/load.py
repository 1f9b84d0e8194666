"""Finds out which format a folder is in, and reads it."""

from enum import StrEnum
from pathlib import Path

from instantreact.errors import InvalidInput
from instantreact.training.captioner.clips import CaptionedClip
from instantreact.training.captioner.formats import captions_jsonl, flickr8k, msrvtt, msvd


class DataFormat(StrEnum):
    """How a data set is annotated."""

    CAPTIONS_JSONL = "captions-jsonl"
    MSVD = "msvd"
    MSR_VTT = "msr-vtt"
    FLICKR8K = "flickr8k"


_MARKS = {
    DataFormat.CAPTIONS_JSONL: captions_jsonl.FILE,
    DataFormat.MSVD: msvd.FILE,
    DataFormat.MSR_VTT: msrvtt.PATTERN,
    DataFormat.FLICKR8K: flickr8k.FILE,
}


def load_clips(
    folder: Path, data_format: DataFormat | None = None, *, cache: Path | None = None
) -> list[CaptionedClip]:
    """The clips of a data set, in the given format or the one whose file lies in the folder.

    cache  where archives are unpacked; by default beside them
    Raises InvalidInput when the folder is in no format that is known, and for everything wrong in it.
    """
    match data_format or find_format(folder):
        case DataFormat.CAPTIONS_JSONL:
            return captions_jsonl.load_captions_jsonl(folder)
        case DataFormat.MSVD:
            return msvd.load_msvd(folder)
        case DataFormat.MSR_VTT:
            return msrvtt.load_msrvtt(folder)
        case DataFormat.FLICKR8K:
            return flickr8k.load_flickr8k(folder, cache=cache)


def find_format(folder: Path) -> DataFormat:
    """The format that a folder is in, by the name of its annotation file. Raises InvalidInput when it is in none."""
    found = next((data_format for data_format, mark in _MARKS.items() if any(folder.glob(mark))), None)
    if found is None:
        raise InvalidInput(f"{folder} holds no data set: none of {', '.join(_MARKS.values())} is there.")
    return found
