"""schemathesis against the whole service: in CI briefly (tests/api/test_schema.py), at length by
`benchmarks.schema`."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from fastapi.routing import APIRoute

from instantreact.api.app import KEYED
from instantreact.domain.principal import Scope
from tests.media.clips import Drawing, make_clip
from tests.servers.service import API_KEY

CONFIG = Path(__file__).parents[1] / "api" / "schemathesis.toml"
HOOKS = "tests.api.schema_hooks"


@dataclass(frozen=True)
class SchemaRun:
    """How long and how: `brief` leaves out what PUT shares with POST, whose bodies are the same."""

    phases: str
    examples: int
    seed: int = 1
    max_time_s: int | None = None
    brief: bool = False

    def __call__(self, address: str, folder: Path) -> "subprocess.CompletedProcess[str]":
        """Run every check against the service at `address`, in `folder`; what is found is in its output."""
        config = folder / "schemathesis.toml"
        config.write_text(CONFIG.read_text() + (BRIEFLY if self.brief else ""))
        command = [str(Path(sys.executable).with_name("schemathesis")), f"--config-file={config}", "run"]
        options = [
            *("--checks=all", "--mode=all", "--continue-on-failure", "--no-color", "--no-shrink"),
            f"--phases={self.phases}",
            f"--max-examples={self.examples}",
            f"--seed={self.seed}",
            *([f"--max-time={self.max_time_s}"] if self.max_time_s else []),
            f"--header=X-API-Key: {API_KEY}",
        ]
        known = {"SCHEMATHESIS_HOOKS": HOOKS, "SCHEMA_CLIPS": str(_make_clips(folder))}
        known["SCHEMA_SCOPES"] = json.dumps(_list_scopes())
        return subprocess.run(
            [*command, *options, f"{address}/openapi.json"],
            cwd=folder,
            env={**os.environ, **known, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


BRIEFLY = """
[[operations]]
include-method = "PUT"
phases.coverage.enabled = false
"""


def _list_scopes() -> dict[str, str]:
    routes = [route for keyed in KEYED for route in keyed.router.routes if isinstance(route, APIRoute)]
    return {route.operation_id or "": getattr(route.endpoint, "scope", Scope.READ) for route in routes}


def _make_clips(folder: Path) -> Path:
    clips = folder / "clips"
    clips.mkdir(exist_ok=True)
    for number, size in enumerate((64, 96)):
        make_clip(clips / f"{number}.mp4", Drawing(width=size, height=64, duration_s=0.2))
    return clips
