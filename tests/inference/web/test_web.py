"""The shipped graphs compute the same in onnxruntime-web, the runtime of browsers, as here."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from instantreact.inference.bundle import GraphName, load_bundle
from instantreact.inference.session import Array, open_graph
from tests.conftest import REPOSITORY

HERE = Path(__file__).parent
SHIPPED = REPOSITORY / "models" / "captioner"
FREE = {"frames": 3, "sentences": 2}

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script and the packages that it needs."""
    folder = tmp_path_factory.mktemp("web")
    for name in ("package.json", "run_graph.mjs"):
        shutil.copy(HERE / name, folder)
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock"], cwd=folder, check=True
    )
    return folder


def run_in_web(installed: Path, graph: Path, inputs: Mapping[str, Array]) -> dict[str, Array]:
    described = {
        name: {"type": str(values.dtype), "dims": list(values.shape), "data": values.ravel().tolist()}
        for name, values in inputs.items()
    }
    answer = subprocess.run(
        ["node", "run_graph.mjs", str(graph)],
        cwd=installed,
        input=json.dumps(described),
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    found = json.loads(answer.stdout)
    return {name: np.array(tensor["data"], np.float32).reshape(tensor["dims"]) for name, tensor in found.items()}


def make_inputs(shapes: Mapping[str, tuple[int | str, ...]]) -> dict[str, Array]:
    random = np.random.default_rng(0)
    sizes = {name: [FREE[d] if isinstance(d, str) else d for d in shape] for name, shape in shapes.items()}
    return {
        name: np.array([1, 5]) if name == "words" else random.random(size).astype(np.float32)
        for name, size in sizes.items()
    }


@pytest.mark.parametrize("name", list(GraphName))
def test_a_graph_computes_the_same_in_the_browsers_runtime(installed: Path, name: GraphName) -> None:
    bundle = load_bundle(SHIPPED)
    inputs = make_inputs(bundle.graphs[name].inputs)
    expected = open_graph(bundle, name).run(inputs)

    found = run_in_web(installed, bundle.path(name), inputs)

    assert set(found) == set(expected)
    for output, values in expected.items():
        assert np.allclose(found[output], values, atol=1e-3 * max(1, np.abs(values).max()))
