"""The training commands of `instantreact`; the command line loads them only when one is asked for."""

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Annotated

import typer

from instantreact.errors import InvalidInput
from instantreact.inference.bundle import load_bundle
from instantreact.inference.captioner import Captioner
from instantreact.inference.lexicon import Lexicon
from instantreact.progress import progress
from instantreact.training import reports
from instantreact.training.captioner.checkpoint import Encoders, load_checkpoint
from instantreact.training.captioner.clips import CaptionedClip, Split, of_split
from instantreact.training.captioner.config import TrainingConfig, load_config
from instantreact.training.captioner.evaluate import (
    Evaluation,
    describe_clips,
    evaluate_baselines,
    evaluate_descriptions,
    headline_metrics,
)
from instantreact.training.captioner.export import export_bundle, record_metrics
from instantreact.training.captioner.fit import describe_folds, fit_folds
from instantreact.training.captioner.formats.load import DataFormat, load_clips
from instantreact.training.captioner.prepare import Prepared, prepare_for_bundle
from instantreact.training.captioner.recipe import BackboneWeights
from instantreact.training.captioner.run import prepare_data, train_captioner, train_final
from instantreact.training.captioner.train import EpochReport
from instantreact.training.detector import cli as detector
from instantreact.training.importing.cli import importing
from instantreact.training.recipes import read_recipe
from instantreact.training.runs import BEST

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


class Group(StrEnum):
    """What cross-validation keeps whole."""

    SCENE = "scene"
    CLIP = "clip"


Data = Annotated[Path, typer.Option("--data", help="Folder of clips with captions.", exists=True, file_okay=False)]
Format = Annotated[DataFormat | None, typer.Option("--format", help="By default what the folder looks like.")]
Config = Annotated[Path, typer.Option("--config", help="Training configuration, TOML.", exists=True, dir_okay=False)]
Weights = Annotated[
    Path | None, typer.Option("--backbone-weights", help="File with the encoders' weights, where there is no internet.")
]
MotionWeights = Annotated[
    Path | None, typer.Option("--motion-weights", help="Another file for the motion encoder, such as a fine-tuned one.")
]
Cache = Annotated[Path, typer.Option("--cache", help="Where features are kept between runs.")]
Workers = Annotated[int, typer.Option("--workers", min=1, help="Clips prepared at the same time.")]
Words = Annotated[
    Path | None,
    typer.Option(
        "--lexicon",
        help="TOML file that says which word is who, what, where: captions are measured by it, too.",
        exists=True,
        dir_okay=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Source = Annotated[str | None, typer.Option("--source", help="Measure only clips of this source.")]
Splits = Annotated[list[Split] | None, typer.Option("--split", help="Use only these splits; may be repeated.")]

_CACHE = Path("runs/cache")


prepare = typer.Typer(no_args_is_help=True, help="Sample and cache the frames and features of a data set.")
train = typer.Typer(no_args_is_help=True, help="Train a model on your own footage.")
evaluate = typer.Typer(no_args_is_help=True, help="Measure a bundle on a split of a data set.")
crossval = typer.Typer(no_args_is_help=True, help="Measure a recipe by cross-validation over scenes.")
export = typer.Typer(no_args_is_help=True, help="Turn a checkpoint into a bundle that the service can use.")
app.add_typer(prepare, name="prepare")
app.add_typer(train, name="train")
app.add_typer(evaluate, name="evaluate")
app.add_typer(crossval, name="crossval")
app.add_typer(export, name="export")
app.add_typer(importing, name="import")


train.command("detector")(detector.train_detector_command)
evaluate.command("detector")(detector.evaluate_detector_command)
export.command("detector")(detector.export_detector_command)


@prepare.command("captioner")
def prepare_captioner_command(
    data: Data,
    config: Config,
    cache: Cache = _CACHE,
    data_format: Format = None,
    backbone_weights: Weights = None,
    motion_weights: MotionWeights = None,
    workers: Workers = 1,
) -> None:
    """Sample every clip and keep its features, so that training need not decode again."""
    recipe = _Recipe(config, BackboneWeights(backbone_weights, motion_weights or backbone_weights), cache, workers)
    _, prepared = recipe.prepare(load_clips(data, data_format, cache=cache))
    typer.echo(f"{len(prepared.views)} clips are prepared, {len(prepared.skipped)} were skipped.")


@train.command("captioner")
def train_captioner_command(
    data: Data,
    config: Config,
    output: Annotated[Path, typer.Option("--output", help="Folder of the run; an interrupted one goes on.")],
    cache: Cache = _CACHE,
    data_format: Format = None,
    backbone_weights: Weights = None,
    motion_weights: MotionWeights = None,
    workers: Workers = 1,
    start_from: Annotated[
        Path | None,
        typer.Option("--start-from", help="best.pt of a run to train on from.", exists=True, dir_okay=False),
    ] = None,
    final: Annotated[
        bool, typer.Option("--final", help="Train on train and val together, calibrated by cross-validation.")
    ] = False,
) -> None:
    """Train a captioner: progress on the screen and in log.csv, the result in best.pt."""
    if final and start_from is not None:
        raise InvalidInput("--start-from and --final exclude each other: cross-validation would know what it predicts.")
    recipe = _Recipe(config, BackboneWeights(backbone_weights, motion_weights or backbone_weights), cache, workers)
    clips = load_clips(data, data_format, cache=cache)
    encoders, prepared = recipe.prepare(clips)
    if final:
        train_final(recipe.config, encoders, prepared, clips, output, after_epoch=_say_epoch, after_fold=_say_fold)
    else:
        start = load_checkpoint(start_from) if start_from is not None else None
        train_captioner(recipe.config, encoders, prepared, clips, output, start=start, after_epoch=_say_epoch)
    typer.echo(f"The captioner is in {output / BEST}; export it with `instantreact export captioner`.")


@evaluate.command("captioner")
def evaluate_captioner_command(
    bundle: Annotated[Path, typer.Option("--bundle", help="Bundle folder.", exists=True, file_okay=False)],
    data: Data,
    split: Annotated[Split, typer.Option("--split", help="The clips to measure on.")] = Split.TEST,
    source: Source = None,
    cache: Cache = _CACHE,
    data_format: Format = None,
    workers: Workers = 1,
    as_json: AsJson = False,
    record: Annotated[bool, typer.Option("--record", help="Write the figures into the bundle's model.json.")] = False,
    lexicon: Words = None,
) -> None:
    """Measure a bundle beside the baselines: captions, and concepts against the clips' labels."""
    clips = load_clips(data, data_format, cache=cache)
    known, measured = of_split(clips, Split.TRAIN), _of_source(of_split(clips, split), source)
    captioner = Captioner(load_bundle(bundle))
    concepts = captioner.bundle.concepts.words
    with progress("Clips prepared", len(known) + len(measured)) as tell:
        prepared = prepare_for_bundle(captioner.bundle, [*known, *measured], cache, workers=workers, after_clip=tell)
    known, measured = prepared.readable(known), prepared.readable(measured)
    plain = {name: views[0] for name, views in prepared.views.items()}
    with progress("Clips described", len(measured)) as tell:
        said = describe_clips(captioner, plain, measured, after_clip=tell)
    found = evaluate_descriptions(measured, said, concepts, _read_lexicon(lexicon))
    if record:
        record_metrics(captioner.bundle, headline_metrics(found, data_set=data.name, split=split))
    evaluations = {
        f"{captioner.bundle.name} {captioner.bundle.version}": found,
        "baselines": evaluate_baselines(plain, known, measured, concepts),
    }
    _print(evaluations, prepared.skipped, as_json=as_json)


@crossval.command("captioner")
def crossval_captioner_command(
    data: Data,
    config: Config,
    folds: Annotated[int, typer.Option("--folds", min=2)] = 5,
    group: Annotated[
        Group, typer.Option("--group", help="Kept whole. `clip` leaks scenes: figures too good.")
    ] = Group.SCENE,
    splits: Splits = None,
    source: Source = None,
    cache: Cache = _CACHE,
    data_format: Format = None,
    backbone_weights: Weights = None,
    motion_weights: MotionWeights = None,
    workers: Workers = 1,
    as_json: AsJson = False,
    lexicon: Words = None,
) -> None:
    """Measure a recipe: every clip is described by a captioner that saw nothing of its group."""
    recipe = _Recipe(config, BackboneWeights(backbone_weights, motion_weights or backbone_weights), cache, workers)
    clips = [clip for clip in load_clips(data, data_format, cache=cache) if not splits or clip.split in splits]
    if group is Group.CLIP:
        clips = [replace(clip, scene=clip.name) for clip in clips]
    encoders, prepared = recipe.prepare(clips)
    with typer.progressbar(length=folds, label="Folds", file=sys.stderr) as bar:
        predictions = fit_folds(
            recipe.config, encoders, prepared, clips, folds=folds, after_fold=lambda fold: bar.update(1)
        )
    described = dict(zip(predictions.clips, describe_folds(predictions, prepared), strict=True))
    measured = _of_source(predictions.clips, source)
    said, concepts = [described[clip] for clip in measured], recipe.config.concepts.words
    evaluation = evaluate_descriptions(measured, said, concepts, _read_lexicon(lexicon))
    _print({f"{folds} folds by {group}": evaluation}, prepared.skipped, as_json=as_json)


@export.command("captioner")
def export_captioner_command(
    checkpoint: Annotated[Path, typer.Option("--checkpoint", help="best.pt of a run.", exists=True, dir_okay=False)],
    output: Annotated[Path, typer.Option("--output", help="Folder of the bundle.")],
    int8: Annotated[bool, typer.Option("--int8", help="Store and compute with 8-bit weights.")] = False,
) -> None:
    """Write a bundle, check its graphs against torch, and write a card to fill in."""
    bundle = export_bundle(load_checkpoint(checkpoint), output, int8=int8)
    typer.echo(f"{bundle.name} {bundle.version} is in {output}.")


@dataclass(frozen=True)
class _Recipe:
    """What the commands that prepare clips have in common."""

    config_file: Path
    weights: BackboneWeights
    cache: Path
    workers: int

    @cached_property
    def config(self) -> TrainingConfig:
        return load_config(self.config_file)

    def prepare(self, clips: Sequence[CaptionedClip]) -> tuple[Encoders, Prepared]:
        with progress("Clips prepared", len(clips)) as tell:
            encoders, prepared = prepare_data(
                self.config, self.weights, clips, self.cache, workers=self.workers, after_clip=tell
            )
        for name, reason in prepared.skipped.items():
            typer.echo(f"skipped {name}: {reason}", err=True)
        return encoders, prepared


def _say_epoch(report: EpochReport) -> None:
    if report.is_for_reward:
        measured = f"validation {report.val_reward:.3f}"
        learnt, is_measured = f"reward {report.train_reward:.3f}", not math.isnan(report.val_reward)
    else:
        measured = f"validation {report.val_caption:.3f}, {report.val_concept:.3f}"
        learnt = f"words {report.train_caption:.3f}, concepts {report.train_concept:.3f}"
        is_measured = not math.isnan(report.val_caption)
    typer.echo(f"epoch {report.epoch}: {learnt}; {measured if is_measured else 'no validation clips'}", err=True)


def _say_fold(fold: int) -> None:
    typer.echo(f"fold {fold + 1} is trained, for the phrasing", err=True)


def _read_lexicon(path: Path | None) -> Lexicon | None:
    return read_recipe(path, Lexicon) if path else None


def _of_source(clips: Sequence[CaptionedClip], source: str | None) -> list[CaptionedClip]:
    chosen = [clip for clip in clips if source is None or clip.source == source]
    if not chosen:
        raise InvalidInput(f"No clip is of the source {source}.")
    return chosen


def _print(evaluations: Mapping[str, Evaluation], skipped: Mapping[str, str], *, as_json: bool) -> None:
    typer.echo((reports.as_json if as_json else reports.as_text)(evaluations, skipped=skipped))
