"""The folder of a training run: it is its own, with the state that it goes on from, and its curve."""

import csv
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from pydantic import BaseModel

from instantreact.errors import Conflict
from instantreact.training.folders import make_folder

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

BEST = "best.pt"
_STATE = "state.pt"
_LOG = "log.csv"
_CONFIG = "config.json"


def claim_run(output: Path, config: BaseModel) -> None:
    """Make `output` the folder of a run of this configuration. Raises Conflict when it is another's, or a file."""
    make_folder(output)
    stated = output / _CONFIG
    if not stated.is_file():
        stated.write_text(config.model_dump_json(indent=1), "utf-8")
    elif type(config).model_validate_json(stated.read_bytes()) != config:
        raise Conflict(f"{output} holds a run of another configuration; choose another --output.")


def find_state(output: Path, device: torch.device) -> Any:
    """What an interrupted run saved last; None where it is the first."""
    state = output / _STATE
    return torch.load(state, weights_only=True, map_location=device) if state.is_file() else None


def save_state(state: Mapping[str, Any], output: Path) -> None:
    """Keep what a run goes on from: the one before, or this one, whenever it is interrupted."""
    unfinished = output / f"{_STATE}.unfinished"
    torch.save(state, unfinished)
    unfinished.replace(output / _STATE)


def write_log(output: Path, report: "DataclassInstance") -> None:
    """Append a line to the curve; those that an interrupted run wrote for its time or later ones are replaced.

    The report's first field is its time: an epoch, or a step.
    """
    path, names = output / _LOG, [field.name for field in fields(report)]
    time = names[0]
    kept = []
    if path.is_file():
        with path.open(newline="") as stream:
            kept = [row for row in csv.DictReader(stream) if int(row[time]) < getattr(report, time)]
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, names)
        writer.writeheader()
        writer.writerows([*kept, asdict(report)])
