"""The training commands for detectors; `instantreact.training.cli` puts them beside the captioner's."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import torch
import typer

from instantreact.errors import InvalidInput
from instantreact.inference.detector.detector import load_detector
from instantreact.progress import progress
from instantreact.training.detector import reports
from instantreact.training.detector.checkpoint import load_detector_checkpoint
from instantreact.training.detector.config import load_detector_config
from instantreact.training.detector.evaluate import evaluate_found, find_with_bundle, headline_figures, only_labels
from instantreact.training.detector.export import export_detector, record_figures
from instantreact.training.detector.formats.load import BoxFormat, load_pictures
from instantreact.training.detector.pictures import LabelMap, left_out
from instantreact.training.detector.run import train_detector
from instantreact.training.detector.trainer import TrainingReport
from instantreact.training.runs import BEST

_Data = Annotated[Path, typer.Option("--data", help="Folder of pictures with boxes.", exists=True, file_okay=False)]
_Format = Annotated[BoxFormat | None, typer.Option("--format", help="By default what the folder looks like.")]
_Config = Annotated[Path, typer.Option("--config", help="Recipe, TOML.", exists=True, dir_okay=False)]
_Output = Annotated[Path, typer.Option("--output", help="Folder of the run; an interrupted one goes on.")]
_Weights = Annotated[
    Path | None, typer.Option("--backbone-weights", help="File with the base's weights, where there is no internet.")
]
_Start = Annotated[
    Path | None, typer.Option("--start-from", help="best.pt of a run to train on from.", exists=True, dir_okay=False)
]
_Threads = Annotated[int | None, typer.Option("--threads", min=1, help="Threads that compute; by default all cores.")]


def train_detector_command(
    data: _Data,
    config: _Config,
    output: _Output,
    data_format: _Format = None,
    backbone_weights: _Weights = None,
    start_from: _Start = None,
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes that prepare pictures.")] = 0,
    threads: _Threads = None,
) -> None:
    """Train a detector: progress on the screen and in log.csv, the result in best.pt."""
    if threads is not None:
        torch.set_num_threads(threads)
    recipe = load_detector_config(config)
    labels = LabelMap(recipe.labels)
    train, val = (load_pictures(data, parts, labels, data_format) for parts in (recipe.data.train, recipe.data.val))
    for complaint in dict.fromkeys([*left_out(train), *left_out(val)]):  # what is wrong with the whole is said of both
        typer.echo(f"left out {complaint}", err=True)
    start = load_detector_checkpoint(start_from) if start_from is not None else None
    with progress("Steps done", recipe.training.steps) as tell:
        train_detector(
            recipe,
            backbone_weights,
            train.pictures,
            val.pictures,
            output,
            start=start,
            workers=workers,
            after_step=lambda step: tell(str(step)),
            after_report=_say_report,
        )
    typer.echo(f"The detector is in {output / BEST}; export it with `instantreact export detector`.")


def evaluate_detector_command(
    bundle: Annotated[Path, typer.Option("--bundle", help="Bundle folder.", exists=True, file_okay=False)],
    data: _Data,
    part: Annotated[str, typer.Option("--split", help="The part to measure on, as data sets name it.")] = "test",
    data_format: _Format = None,
    only: Annotated[list[str] | None, typer.Option("--label", help="Measure only this label; may be repeated.")] = None,
    names: Annotated[
        list[str] | None, typer.Option("--name", help="LABEL=NAME: what a label is called in the data.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Write the figures into the bundle's model.json.")] = False,
) -> None:
    """Measure a detector's bundle, of whatever architecture: mAP with its interval, each label, COCO's mAP beside."""
    detector = load_detector(bundle)
    loaded = load_pictures(data, [part], LabelMap(_names(detector.labels, names or [])), data_format)
    only_labels([], [], detector.labels, only)  # refused before anything is looked at
    with progress("Pictures seen", len(loaded.pictures)) as tell:
        seen = find_with_bundle(detector, loaded.pictures, after_picture=tell)
    found = evaluate_found(*only_labels(seen, loaded.pictures, detector.labels, only))
    if record:
        record_figures(detector.bundle, headline_figures(found, data_set=data.resolve().name, split=part))
    name = f"{detector.bundle.name} {detector.bundle.version}"
    typer.echo((reports.as_json if as_json else reports.as_text)(name, found, complaints=left_out(loaded)))


def export_detector_command(
    checkpoint: Annotated[Path, typer.Option("--checkpoint", help="best.pt of a run.", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option("--output", help="Folder of the bundle.")],
) -> None:
    """Write a bundle, its boxes decoded in the graph, and check that against torch."""
    bundle = export_detector(load_detector_checkpoint(checkpoint), output)
    typer.echo(f"{bundle.name} {bundle.version} is in {output}.")


def _names(labels: Sequence[str], stated: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """What each label is called in the data: its own name where nothing is said, and no other label takes that."""
    found: dict[str, tuple[str, ...]] = {}
    for each in stated:
        label, is_stated, name = each.partition("=")
        if not is_stated or label not in labels:
            raise InvalidInput(f"--name {each} is not LABEL=NAME with a label of the bundle: {', '.join(labels)}.")
        found[label] = (*found.get(label, ()), name)
    taken = {name for names in found.values() for name in names}
    return {label: found.get(label, () if label in taken else (label,)) for label in labels}


def _say_report(report: TrainingReport) -> None:
    reached = "no validation pictures" if math.isnan(report.val_map) else f"validation mAP50 {report.val_map:.3f}"
    learnt = f"boxes {report.boxes_loss:.3f}, labels {report.labels_loss:.3f}"
    typer.echo(f"step {report.step}: {learnt}; {reached}", err=True)
