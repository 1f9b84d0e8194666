"""Reads whole pickles of models without running anything: tensors and plain containers become values, and modules
inert records. A pickle can call whatever it names, so only what is listed here by name may be named at all.
"""

import io
import pickle
import zipfile
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch
from torch import Tensor

from instantreact.errors import InvalidInput

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_MOST_BYTES = 2_000_000_000
_TYPES: Mapping[str, np.dtype[Any]] = {
    "FloatStorage": np.dtype("<f4"),
    "DoubleStorage": np.dtype("<f8"),
    "HalfStorage": np.dtype("<f2"),
    "LongStorage": np.dtype("<i8"),
    "IntStorage": np.dtype("<i4"),
    "ByteStorage": np.dtype("u1"),
    "BoolStorage": np.dtype("?"),
}


class InertModule:
    """What stands where a pickle has a module or an optimiser: its attributes, and no code."""

    def __init__(self, *_: Any) -> None:
        """Takes what the original would have taken, and does nothing with it."""


class _StorageType(NamedTuple):
    name: str


class _Storage(NamedTuple):
    key: str
    type: np.dtype[Any]
    numbers: int


class _Record(NamedTuple):
    """A tensor whose numbers are still to be read."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def read_inert(path: Path, modules: frozenset[tuple[str, str]]) -> tuple[Any, Callable[[Any], Tensor]]:
    """What a file of `torch.save` holds, and how to get a tensor of what stands there for one.

    `modules` are the classes, by module and name, that may be in it and become InertModule. Raises InvalidInput where
    anything else is named, or the file is damaged.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise pickle.UnpicklingError("it is too large")
        with path.open("rb") as file:
            found, read = (_read_zip if zipfile.is_zipfile(file) else _read_legacy)(file, modules)
    except InvalidInput:
        raise
    except Exception as error:  # damaged pickles end in exceptions of every kind
        raise InvalidInput(f"{path} is no checkpoint that can be read: {error}") from error
    return found, lambda record: _as_tensor(record, read, path)


def _read_zip(file: BinaryIO, modules: frozenset[tuple[str, str]]) -> tuple[Any, Callable[[_Storage], bytes]]:
    archive = zipfile.ZipFile(file)
    if sum(info.file_size for info in archive.infolist()) > _MOST_BYTES:
        raise pickle.UnpicklingError("it is too large unpacked")
    (root,) = [name[: -len("data.pkl")] for name in archive.namelist() if name.endswith("/data.pkl")]
    found = _Unpickler(io.BytesIO(archive.read(f"{root}data.pkl")), modules).load()
    contents = {name: archive.read(name) for name in archive.namelist() if name.startswith(f"{root}data/")}
    return found, lambda storage: contents[f"{root}data/{storage.key}"]


def _read_legacy(file: BinaryIO, modules: frozenset[tuple[str, str]]) -> tuple[Any, Callable[[_Storage], bytes]]:
    """As torch wrote before 1.6: magic number, protocol, machine, value, the storages' keys, and their numbers."""
    file.seek(0)
    magic, protocol, machine = (_Unpickler(file, frozenset()).load() for _ in range(3))
    if magic != _LEGACY_MAGIC or protocol != _LEGACY_PROTOCOL or not machine.get("little_endian", True):
        raise pickle.UnpicklingError("torch did not write it")
    unpickler = _Unpickler(file, modules)
    found = unpickler.load()
    contents: dict[str, bytes] = {}
    for key in _Unpickler(file, frozenset()).load():
        storage = unpickler.storages[key]
        if int.from_bytes(file.read(8), "little") != storage.numbers:
            raise pickle.UnpicklingError("a storage has another size than is stated")
        contents[key] = file.read(storage.numbers * storage.type.itemsize)
    return found, lambda storage: contents[storage.key]


class _Unpickler(pickle.Unpickler):
    def __init__(self, file: BinaryIO, modules: frozenset[tuple[str, str]]) -> None:
        super().__init__(file, encoding="utf-8")
        self._modules = modules
        self._inert = type("InertModule", (InertModule,), {})  # one of its own: a pickle can set what a class has
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in self._modules:
            return self._inert
        if module == "torch" and name in _TYPES:
            return _StorageType(name)
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise InvalidInput(
                f"The checkpoint names {module}.{name}, which is neither a tensor nor a plain container: it is refused."
            ) from None

    def persistent_load(self, pid: Any) -> Any:
        if pid[0] == "module":  # a class with its source code, which nobody reads
            return pid[1]
        kind, storage_type, key, _, count = pid[:5]
        if kind != "storage" or not isinstance(storage_type, _StorageType) or any(pid[5:]):
            raise pickle.UnpicklingError("a storage is of an unknown kind")
        self.storages[key] = _Storage(str(key), _TYPES[storage_type.name], int(count))
        return self.storages[key]


class _RebuiltTensor:
    """Stands for the functions that torch's pickles call. Without attributes, so that no pickle can set any."""

    __slots__ = ()

    def __call__(self, storage: Any, offset: Any, size: Any, stride: Any, *_: Any) -> _Record:
        if not isinstance(storage, _Storage):
            raise pickle.UnpicklingError("a tensor has no storage")
        return _Record(storage, int(offset), tuple(map(int, size)), tuple(map(int, stride)))


class _RebuiltParameter:
    __slots__ = ()

    def __call__(self, data: Any, *_: Any) -> Any:
        return data


_ALLOWED: Mapping[tuple[str, str], Any] = {
    ("torch._utils", "_rebuild_tensor"): _RebuiltTensor(),
    ("torch._utils", "_rebuild_tensor_v2"): _RebuiltTensor(),
    ("torch._utils", "_rebuild_parameter"): _RebuiltParameter(),
    ("collections", "OrderedDict"): OrderedDict,
    ("collections", "defaultdict"): defaultdict,
    ("builtins", "dict"): dict,
    ("builtins", "set"): set,
    ("__builtin__", "dict"): dict,
    ("__builtin__", "set"): set,
}


def _as_tensor(record: Any, read: Callable[[_Storage], bytes], path: Path) -> Tensor:
    """The numbers of a record, copied; none from outside of its storage."""
    if not isinstance(record, _Record):
        raise InvalidInput(f"{path} has no tensor where one belongs.")
    storage = record.storage
    steps = [(size - 1) * stride for size, stride in zip(record.size, record.stride, strict=True)]
    inside = min((*record.size, *record.stride, record.offset), default=0) >= 0
    if not inside or (0 not in record.size and record.offset + sum(steps) >= storage.numbers):
        raise InvalidInput(f"{path} is damaged: a tensor reaches beyond its storage.")
    content = read(storage)
    if len(content) != storage.numbers * storage.type.itemsize:
        raise InvalidInput(f"{path} is damaged: numbers are missing.")
    numbers = np.frombuffer(content, storage.type)[record.offset :]
    strides = [stride * storage.type.itemsize for stride in record.stride]
    viewed = np.lib.stride_tricks.as_strided(numbers, record.size, strides, writeable=False)
    return torch.from_numpy(viewed.copy())


def tensors_of(module: InertModule, as_tensor: Callable[[Any], Tensor]) -> dict[str, Tensor]:
    """The parameters and buffers of an inert module by name, as its state dict would have them. Raises InvalidInput."""
    try:
        return {name: as_tensor(record) for name, record in _records_of(module, "")}
    except (AttributeError, TypeError, RecursionError) as error:
        raise InvalidInput("The checkpoint's model is not made of modules and tensors.") from error


def _records_of(module: InertModule, prefix: str) -> Iterator[tuple[str, Any]]:
    parts = vars(module)
    for kind in ("_parameters", "_buffers"):
        for name, record in parts.get(kind, {}).items():
            if record is not None:
                yield f"{prefix}{name}", record
    for name, child in parts.get("_modules", {}).items():
        if child is not None:
            yield from _records_of(child, f"{prefix}{name}.")
