"""The models of a running service: loaded once, asked for often, and missed politely."""

import threading
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from instantreact.domain.capabilities import Capabilities, LoadedBundle
from instantreact.errors import BundleMismatch, BundleMissing, CaptionerUnavailable, ModelError
from instantreact.inference.bundle import load_bundle
from instantreact.inference.captioner import Captioner
from instantreact.logs import get_logger

RELOAD_S = 10.0
"""How long a job should wait for a bundle that cannot be loaded, in seconds."""
Deployed = TypeVar("Deployed")

log = get_logger(__name__)


class CaptionerLoader:
    """Loads the bundle in `path` when it is first asked for; a failed load is tried again the next time."""

    def __init__(self, path: Path, *, threads: int) -> None:
        self._path = path
        self._threads = threads
        self._lock = threading.Lock()
        self._captioner: Captioner | None = None

    def get(self) -> Captioner:
        """The captioner. Raises CaptionerUnavailable with what to do about its bundle."""
        with self._lock:
            if self._captioner is None:
                self._captioner = self._load()
            return self._captioner

    def capabilities(self) -> Capabilities:
        """What the loaded bundle can say; nothing while it cannot be loaded."""
        try:
            bundle = self.get().bundle
        except CaptionerUnavailable:
            return Capabilities()
        words = {name: bundle.concepts.words[name] for name in bundle.concepts.names}
        return Capabilities((LoadedBundle(bundle.name, bundle.version, words, bundle.concepts.version),))

    def _load(self) -> Captioner:
        try:
            return Captioner(load_bundle(self._path), threads=self._threads)
        except (BundleMissing, BundleMismatch) as error:
            raise CaptionerUnavailable(str(error), retry_after_s=RELOAD_S) from error


class OptionalLoader(ABC, Generic[Deployed]):
    """Loads the bundle in `path`, if there is one, when it is first asked for; a failed load is tried again later.

    name         what logs call it
    unavailable  the error where it cannot be had
    off          what that says where nobody wants one
    """

    name: ClassVar[str]
    unavailable: ClassVar[type[ModelError]]
    off: ClassVar[str]

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._loaded: Deployed | None = None
        self._next_try_s = 0.0

    @property
    def is_off(self) -> bool:
        """Whether nobody wants one."""
        return self._path is None

    @property
    def loaded(self) -> Deployed | None:
        """It, if it is there already; costs nothing."""
        return self._loaded

    def get(self) -> Deployed:
        """It. Raises `unavailable` with what to do about it."""
        if self._path is None:
            raise self.unavailable(self.off)
        with self._lock:
            if self._loaded is None:
                try:
                    self._loaded = self._load(self._path)
                except (BundleMissing, BundleMismatch) as error:
                    raise self.unavailable(str(error)) from error
            return self._loaded

    def find(self) -> Deployed | None:
        """It, or None where there is none or its bundle cannot be loaded, which the log then says."""
        if self._loaded is not None:
            return self._loaded
        if self._path is None or time.monotonic() < self._next_try_s:
            return None
        try:
            return self.get()
        except self.unavailable as error:
            self._next_try_s = time.monotonic() + RELOAD_S
            log.warning(f"{self.name}.unavailable", reason=str(error))
            return None

    @abstractmethod
    def _load(self, path: Path) -> Deployed:
        """Load it. Raises BundleMissing, BundleMismatch or `unavailable`."""
