"""One decoding child as its parent sees it: asked once, read with deadlines, gone when the parent lets go."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, cast

from instantreact.errors import TooLarge, UnreadableMedia, UnsupportedMedia
from instantreact.media.limits import DecodeLimits
from instantreact.media.wire import LENGTH, MAX_HEADER_BYTES, Header

_COMMAND = (sys.executable, "-I", "-m", "instantreact.media.decode_child")
_ERRORS = {error.__name__: error for error in (UnreadableMedia, UnsupportedMedia, TooLarge)}
_LAST_BREATH_S = 2.0


class DecodeProcess:
    """A started child, with nothing of the parent's environment but the search path for programs."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(  # noqa: S603  -- a constant command
            _COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        self._requests = cast("IO[bytes]", self._child.stdin)
        self._answers = cast("IO[bytes]", self._child.stdout)
        self._limits = DecodeLimits()
        self._waited_s = 0.0

    @property
    def is_alive(self) -> bool:
        return self._child.poll() is None

    def ask(self, request: Mapping[str, object], limits: DecodeLimits) -> None:
        """Send the one request that the child serves."""
        self._limits = limits
        line = json.dumps({**request, "limits": asdict(limits)}).encode() + b"\n"
        try:
            self._requests.write(line)
        except BrokenPipeError as error:
            raise UnreadableMedia(self._explain_end()) from error

    def receive(self, expected: str) -> Header | None:
        """The header of the next message, of the kind `expected`; None after the last one.

        Raises what the child raised, or UnreadableMedia with the reason where it died, hangs or talks nonsense.
        """
        length = bytearray(LENGTH.size)
        self.read_into(memoryview(length))
        (size,) = LENGTH.unpack(length)
        encoded = bytearray(min(size, MAX_HEADER_BYTES))
        self.read_into(memoryview(encoded))
        header = Header(bytes(encoded))
        kind = header.text("kind")
        if kind in _ERRORS:
            raise _ERRORS[kind](header.text("message"))
        if kind not in (expected, "end"):
            raise UnreadableMedia(f"The decoder answered {kind!r} instead of {expected!r}.")
        return header if kind == expected else None

    def read_into(self, view: memoryview) -> None:
        """Fill `view` (bytes) with what the child writes; errors as in `receive`."""
        fd = self._answers.fileno()
        while len(view) > 0:
            self._wait_for(fd)
            taken = os.readv(fd, [view])
            if taken == 0:
                raise UnreadableMedia(self._explain_end())
            view = view[taken:]

    def end(self) -> None:
        """Kill the child and all that it started, and bury it."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self._requests.close()
        self._answers.close()

    def _wait_for(self, fd: int) -> None:
        allowed_s = min(self._limits.stall_s, self._limits.wall_s - self._waited_s)
        started = time.monotonic()
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        answered = poller.poll(max(0.0, allowed_s) * 1000)
        self._waited_s += time.monotonic() - started
        if not answered:
            raise UnreadableMedia(f"Decoding the clip hangs: no answer within {allowed_s:.3g} s.")

    def _explain_end(self) -> str:
        """Why the child closed its pipe; one that lives on after that counts as crashed."""
        try:
            status = self._child.wait(_LAST_BREATH_S)
        except subprocess.TimeoutExpired:
            return "The decoder stopped answering in the middle of the clip."
        if status == -signal.SIGXCPU:
            return f"Decoding the clip takes more than {self._limits.cpu_s} s of processor time."
        if status == -signal.SIGKILL:
            return "Decoding the clip was killed; this machine may have run out of memory."
        if status < 0:
            return f"The clip crashed the decoder ({signal.Signals(-status).name})."
        return f"The decoder gave up on the clip (exit status {status})."


def _environment() -> dict[str, str]:
    return {
        "PATH": os.pathsep.join(os.get_exec_path()),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OPENCV_LOG_LEVEL": "SILENT",
        "PYTHON_DOTENV_DISABLED": "1",  # MoviePy would load any .env it finds above its own folder
    }
