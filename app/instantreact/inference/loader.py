"""The captioner of a running service: loaded once, asked for often, and missed politely."""

import threading
from pathlib import Path

from instantreact.domain.capabilities import Capabilities, LoadedBundle
from instantreact.errors import BundleMismatch, BundleMissing, CaptionerUnavailable
from instantreact.inference.bundle import load_bundle
from instantreact.inference.captioner import Captioner

RELOAD_S = 10.0
"""How long a job should wait for a bundle that cannot be loaded, in seconds."""


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
