"""The tutorial's checkpoint becomes a bundle, and hostile pickles run nothing."""

import io
import os
import pickle
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from instantreact.errors import InvalidInput
from instantreact.inference.detector.preprocess import feed
from instantreact.inference.session import GraphSession
from instantreact.training.importing.inert import read_inert, tensors_of
from instantreact.training.importing.tutorial_ssd import MODULES, PUBLISHED, import_tutorial, make_priors
from tests.training.importing.tutorial import save_checkpoint


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "before-1.6"])
def test_read_inert_gives_the_weights_of_a_whole_pickle(tmp_path: Path, legacy: bool) -> None:
    network = save_checkpoint(tmp_path / "checkpoint_ssd300.pth.tar", legacy=legacy)

    found, as_tensor = read_inert(tmp_path / "checkpoint_ssd300.pth.tar", MODULES)

    weights = tensors_of(found["model"], as_tensor)
    assert found["epoch"] == 186
    assert weights.keys() == network.state_dict().keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in network.state_dict().items())


def test_import_tutorial_says_what_its_network_says(tmp_path: Path) -> None:
    network = save_checkpoint(tmp_path / "checkpoint.pth.tar")

    bundle = import_tutorial(tmp_path / "checkpoint.pth.tar", tmp_path / "bundle")

    frame = np.random.default_rng(0).integers(0, 256, (300, 300, 3)).astype(np.uint8)
    pictures, _ = feed([frame], bundle.input)
    # As the tutorial prepares and decodes: shares of one, ImageNet's mean, then centre and size.
    expected = torch.from_numpy(frame.transpose(2, 0, 1).copy()).float() / 255
    expected = (expected - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor([0.229, 0.224, 0.225])[
        :, None, None
    ]
    assert pictures[0] == pytest.approx(expected.numpy(), abs=1e-4)
    with torch.no_grad():
        offsets, logits = network(expected[None])
    priors = make_priors()
    centre = offsets[0, :, :2] * priors[:, 2:] / 10 + priors[:, :2]
    size = torch.exp(offsets[0, :, 2:] / 5) * priors[:, 2:]
    found = GraphSession(bundle.path).run({"pictures": pictures})
    boxes = torch.cat([centre - size / 2, centre + size / 2], dim=1)
    assert found["boxes"][0] == pytest.approx(boxes.numpy(), abs=1e-4)
    assert found["scores"][0] == pytest.approx(logits[0].softmax(dim=1)[:, 1:].numpy(), abs=1e-4)
    assert bundle.labels[14] == "person"


def test_priors_are_the_tutorials() -> None:
    priors = make_priors()

    assert priors.shape == (8732, 4)
    assert priors[1].tolist() == pytest.approx([0.5 / 38, 0.5 / 38, 0.02**0.5, 0.02**0.5])
    assert priors[5776 + 5].tolist()[2:] == pytest.approx([0.2 * 0.333**0.5, 0.2 / 0.333**0.5])
    assert float(priors.min()) >= 0
    assert float(priors.max()) <= 1


class Hostile:
    """Does something when it is unpickled by whoever allows it."""

    def __init__(self, call: Callable[..., Any], *arguments: Any) -> None:
        self._call, self._arguments = call, arguments

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self._call, self._arguments


def write_zip(path: Path, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", content)
    return path


@pytest.mark.parametrize("legacy", [False, True], ids=["zip", "before-1.6"])
@pytest.mark.parametrize("call", [os.system, eval, exec, subprocess.check_call, getattr, print, __import__, open])
def test_read_inert_refuses_what_would_run(tmp_path: Path, call: Callable[..., Any], legacy: bool) -> None:
    trace = tmp_path / "ran"
    content = {"model": Hostile(call, f"touch {trace}")}
    torch.save(content, tmp_path / "hostile.pth", _use_new_zipfile_serialization=not legacy)

    with pytest.raises(InvalidInput, match="neither a tensor nor a plain container"):
        read_inert(tmp_path / "hostile.pth", MODULES)
    assert not trace.exists()


@pytest.mark.parametrize(
    "named",
    [
        b"cos\nsystem\n",
        b"ctorch\nload\n",
        b"ctorch.storage\n_load_from_bytes\n",
        b"ctorch._utils\n_rebuild_wrapper_subclass\n",
        b"cmodel\nSSD300.__init__\n",
        b"cbuiltins\ndict.__class__\n",
        b"ctorch.nn.modules.conv\nos.system\n",
        b"cnumpy\nfrombuffer\n",
        b"cmodel\nSSD301\n",
    ],
)
def test_read_inert_refuses_every_name_that_is_not_listed(tmp_path: Path, named: bytes) -> None:
    with pytest.raises(InvalidInput, match="is refused"):
        read_inert(write_zip(tmp_path / "a.pth", named + b"."), MODULES)


def make_tensor(
    *, count: int = 4, offset: int = 0, size: tuple[int, ...] = (4,), stride: tuple[int, ...] = (1,)
) -> bytes:
    """A pickle of a tensor in a storage of four numbers, told as it pleases."""
    written = io.BytesIO()
    pickler = pickle._Pickler(written, 2)
    pickler.persistent_id = lambda obj: obj.pid if isinstance(obj, Stored) else None  # type: ignore[method-assign]
    arguments: list[Any] = [Stored(count), offset, size, stride, False, {}]
    pickler.dump({"tensor": Hostile(torch._utils._rebuild_tensor_v2, *arguments)})
    return written.getvalue()


class Stored:
    def __init__(self, count: int) -> None:
        self.pid = ("storage", torch.FloatStorage, "0", "cpu", count)


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({"size": (5,)}, "beyond its storage"),
        ({"offset": 1}, "beyond its storage"),
        ({"offset": -1, "size": (1,)}, "beyond its storage"),
        ({"stride": (-1,)}, "beyond its storage"),
        ({"size": (2, 2), "stride": (4, 1)}, "beyond its storage"),
        ({"count": 4_000_000_000, "size": (4_000_000_000,)}, "numbers are missing"),
    ],
)
def test_read_inert_reads_no_memory_beside_a_storage(tmp_path: Path, told: dict[str, Any], complaint: str) -> None:
    path = write_zip(tmp_path / "a.pth", make_tensor(**told))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("archive/data/0", np.arange(4, dtype=np.float32).tobytes())
    found, as_tensor = read_inert(path, MODULES)

    with pytest.raises(InvalidInput, match=complaint):
        as_tensor(found["tensor"])


def test_read_inert_reads_a_tensor_as_it_lies(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.pth", make_tensor(size=(2, 2), stride=(1, 2)))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("archive/data/0", np.arange(4, dtype=np.float32).tobytes())

    found, as_tensor = read_inert(path, MODULES)

    assert as_tensor(found["tensor"]).tolist() == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a pickle",
        pickle.dumps(1),
        b"\x80\x02cmodel\nSSD300\n}(X\x01\x00\x00\x00aK\x01ub.",  # sets an attribute of a class
        b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}(X\x01\x00\x00\x00aK\x01ub.",  # of what stands for a function
        b"(" * 100_000 + b".",
    ],
)
def test_import_tutorial_refuses_what_is_damaged_or_no_checkpoint(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plain.pth").write_bytes(content)
    for path in (tmp_path / "plain.pth", write_zip(tmp_path / "a.pth", content)):
        with pytest.raises(InvalidInput):
            import_tutorial(path, tmp_path / "bundle")


def test_import_tutorial_refuses_a_checkpoint_of_other_weights(tmp_path: Path) -> None:
    network = torch.nn.Conv2d(1, 1, 1)
    torch.save({"model": network}, tmp_path / "other.pth")
    with pytest.raises(InvalidInput, match="does not hold the weights"):
        import_tutorial(tmp_path / "other.pth", tmp_path / "bundle")
    assert PUBLISHED.columns[0] == 1
