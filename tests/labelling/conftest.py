"""Drawn clips of two cameras, collected into a folder."""

from pathlib import Path

import pytest

from instantreact.labelling.collect import CollectOptions, collect
from instantreact.labelling.folder import LabelFolder
from instantreact.labelling.sources import FolderSource
from tests.media.clips import Drawing, make_clip


def fill(folder: Path, *names: str, first: int = 0) -> Path:
    """Draw a short clip under each name, no two alike; those of another `first` are others."""
    for number, name in enumerate(names, start=first):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        make_clip(path, Drawing(width=96, height=64, fps=10.0, duration_s=1.0 + number / 10))
    return folder


def collect_from(source: Path, folder: Path, **options: object) -> LabelFolder:
    data = LabelFolder.make(folder)
    clips = FolderSource(source, scene=None, pieces=3)
    collect(data, clips, clips.find(), CollectOptions(**options))  # type: ignore[arg-type]
    return data


@pytest.fixture
def collected(tmp_path: Path) -> LabelFolder:
    """Two clips of the door, one of the yard."""
    return collect_from(fill(tmp_path / "source", "Door/a.mp4", "Door/b.mp4", "Yard/c.mp4"), tmp_path / "set")
