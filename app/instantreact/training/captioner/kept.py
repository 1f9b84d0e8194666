"""Features that are kept between runs, in files named after everything that they depend on."""

import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instantreact.domain.media import SamplingPlan
from instantreact.errors import UnreadableMedia
from instantreact.inference.bundle import Graph, GraphName
from instantreact.inference.preprocess import Preprocessing

Features = NDArray[np.float16]
"""Frame features (T, D) of one clip."""


def name_cache(sampling: SamplingPlan, preprocessing: Preprocessing, graphs: Mapping[GraphName, Graph]) -> str:
    """The name of the folder for features of a captioner's encoders; other graphs do not matter."""
    encoders = [graphs[name].sha256 for name in (GraphName.APPEARANCE, GraphName.MOTION) if name in graphs]
    return digest(repr(sampling), repr(preprocessing), *encoders)


def digest(*parts: str) -> str:
    """A short name for these parts, which other parts do not share."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def digest_content(path: Path) -> str:
    """A short name for a clip's content: data sets share clips' names, and a clip may be replaced by a better one.

    Raises UnreadableMedia when the file cannot be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
    except OSError as error:
        raise UnreadableMedia(f"The clip {path} cannot be read.") from error


def keep(path: Path, extract: Callable[[], Sequence[Features]]) -> tuple[Features, ...]:
    """The features in a file; where there is none yet, they are computed and written to it."""
    found = _load_kept(path)
    if found is None:
        found = tuple(extract())
        unfinished = path.with_suffix(f".{os.getpid()}.npz")
        np.savez(unfinished, *found)
        unfinished.replace(path)
    return found


def _load_kept(path: Path) -> tuple[Features, ...] | None:
    """Features that were kept; None where there are none, or the file is damaged."""
    try:
        with path.open("rb") as stream, np.load(stream) as views:
            return tuple(views[name] for name in views.files)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
