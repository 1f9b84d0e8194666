"""Opens ONNX graphs for inference."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from instantreact.errors import BundleMismatch
from instantreact.inference.bundle import Bundle, Graph, GraphName

Array = NDArray[Any]

onnxruntime.disable_telemetry_events()  # nothing is told to anybody


class GraphSession:
    """One graph, safe to run from several threads."""

    def __init__(self, path: Path, *, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        # Spinning threads take the cores that decoding and the other cameras need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self.inputs = [value.name for value in self._session.get_inputs()]
        self.outputs = [value.name for value in self._session.get_outputs()]

    def run(self, inputs: Mapping[str, Array]) -> dict[str, NDArray[np.float32]]:
        """The graph's outputs by name."""
        values = self._session.run(self.outputs, dict(inputs))
        return dict(zip(self.outputs, values, strict=True))


def open_graph(bundle: Bundle, name: GraphName, *, threads: int = 1) -> GraphSession:
    """Open a graph of a bundle. Raises BundleMismatch when it is no ONNX graph or not the one that is described."""
    return open_described(bundle.path(name), bundle.graphs[name], threads=threads)


def open_described(path: Path, graph: Graph, *, threads: int = 1) -> GraphSession:
    """Open the graph at `path`. Raises BundleMismatch when it is no ONNX graph or not the one that is described."""
    try:
        session = GraphSession(path, threads=threads)
    except Exception as error:  # onnxruntime's exceptions share no public base class
        raise BundleMismatch(f"The graph {path} cannot be opened. Copy or export the bundle again.") from error
    if (frozenset(session.inputs), frozenset(session.outputs)) != graph.signature:
        raise BundleMismatch(f"The graph {path} has other inputs or outputs than model.json says. Export it again.")
    return session
