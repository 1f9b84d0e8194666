"""One decoding child as its parent sees it: asked once, read with deadlines, gone when the parent lets go."""

import json
import os
import select
import signal
import time
from collections.abc import Mapping
from dataclasses import asdict

from instantreact.errors import TooLarge, UnreadableMedia, UnsupportedMedia
from instantreact.media.child_process import ChildProcess
from instantreact.media.limits import DecodeLimits
from instantreact.media.wire import LENGTH, MAX_HEADER_BYTES, Header

_ERRORS = {error.__name__: error for error in (UnreadableMedia, UnsupportedMedia, TooLarge)}
_LAST_BREATH_S = 2.0


class DecodeProcess:
    """Speaks with a child, which serves one request and no other."""

    def __init__(self, child: ChildProcess) -> None:
        self._child = child
        self._limits = DecodeLimits()
        self._waited_s = 0.0

    def ask(self, request: Mapping[str, object], limits: DecodeLimits) -> None:
        """Send the one request that the child serves."""
        self._limits = limits
        line = json.dumps({**request, "limits": asdict(limits)}).encode() + b"\n"
        try:
            self._child.requests.write(line)
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
        fd = self._child.answers.fileno()
        while len(view) > 0:
            self._wait_for(fd)
            taken = os.readv(fd, [view])
            if taken == 0:
                raise UnreadableMedia(self._explain_end())
            view = view[taken:]

    def end(self) -> bool:
        """Bury the child; whether it had crashed."""
        status = self._child.wait(0.0)
        self._child.bury()
        return status is not None and status < 0

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
        status = self._child.wait(_LAST_BREATH_S)
        if status is None:
            return "The decoder stopped answering in the middle of the clip."
        if status == -signal.SIGXCPU:
            return f"Decoding the clip takes more than {self._limits.cpu_s} s of processor time."
        if status == -signal.SIGKILL:
            return "Decoding the clip was killed; this machine may have run out of memory."
        if status < 0:
            return f"The clip crashed the decoder ({signal.Signals(-status).name})."
        return f"The decoder gave up on the clip (exit status {status})."
