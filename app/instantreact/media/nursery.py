"""The nursery as its parent sees it: a process that forks decoding children, which never opens a clip itself."""

import contextlib
import io
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Sequence

from instantreact.media.child_process import child_environment
from instantreact.media.nursery_process import FORK, MUTE, NUMBER, REAP

_PATIENCE_S = 60.0
"""So long it may take to start, and to fork: more on a busy machine than anywhere else."""


class DecodeNursery:
    """A started nursery; may be used from several threads. See docs/decisions/0048 for why children are forked.

    hears  whether its children will be asked for sound: they are there at once for that, too
    """

    def __init__(self, *, hears: bool = True) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.settimeout(_PATIENCE_S)
        module, mute = "instantreact.media.nursery_process", () if hears else (MUTE,)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  -- a constant command
                (sys.executable, "-I", "-m", module, str(theirs.fileno()), *mute),
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=child_environment(),
                cwd="/",
                start_new_session=True,
            )
        self._lock = threading.Lock()
        self._children = 0
        self._is_retired = False

    def fork(self) -> "ForkedProcess":
        """A fresh child. Raises OSError where the nursery has died or hangs: it is of no more use."""
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        with contextlib.ExitStack() as on_failure:
            requests = on_failure.enter_context(io.FileIO(ours_out, "w"))
            answers = on_failure.enter_context(io.FileIO(ours_in))
            try:
                number = self._order(FORK, [theirs_in, theirs_out])
            finally:
                os.close(theirs_in)
                os.close(theirs_out)
            on_failure.pop_all()
        return ForkedProcess(self, number, requests, answers)

    def reap(self, number: int) -> int:
        """The exit status of a child that has ended, after which nothing is left of it; ask once."""
        try:
            return self._order(REAP + NUMBER.pack(number), [])
        except OSError:  # the nursery was killed, and its children with it
            return -signal.SIGKILL

    def retire(self) -> None:
        """Fork no more; the process ends when its last child has."""
        with self._lock:
            self._is_retired = True
            if self._children == 0:
                self._end()

    def close(self) -> None:
        """End the process, and with it what children it has."""
        with self._lock:
            self._end()

    def _order(self, order: bytes, fds: Sequence[int]) -> int:
        """What the nursery answers. After an answer that did not come none would be the right one: it is ended."""
        with self._lock:
            self._children += 1 if order == FORK else -1
            try:
                socket.send_fds(self._control, [order], fds)
                (number,) = NUMBER.unpack(self._control.recv(NUMBER.size))
            except (OSError, struct.error) as error:
                self._end()
                raise ConnectionResetError("the nursery has ended") from error
            if self._is_retired and self._children == 0:
                self._end()
            return int(number)

    def _end(self) -> None:
        self._control.close()
        self._process.kill()
        self._process.wait()


class ForkedProcess:
    """A child of the nursery; see `ChildProcess`. Its number is its own until it is reaped."""

    def __init__(self, nursery: DecodeNursery, number: int, requests: io.FileIO, answers: io.FileIO) -> None:
        self.requests = requests
        self.answers = answers
        self._nursery = nursery
        self._number = number
        self._handle = os.pidfd_open(number)
        self._status: int | None = None

    def wait(self, timeout_s: float) -> int | None:
        if self._status is None and self._has_ended(timeout_s):
            self._kill()  # what it started goes on
            self._status = self._nursery.reap(self._number)
        return self._status

    def bury(self) -> None:
        while self._status is None:
            self._kill()
            self.wait(_PATIENCE_S)
        os.close(self._handle)
        self.requests.close()
        self.answers.close()

    def _has_ended(self, timeout_s: float) -> bool:
        poller = select.poll()
        poller.register(self._handle, select.POLLIN)
        return bool(poller.poll(timeout_s * 1000))

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._handle, 0)  # where the nursery has died its number may be another's
            os.killpg(self._number, signal.SIGKILL)


def can_fork() -> bool:
    """Whether this system has what a nursery needs: Linux since 5.3."""
    try:
        os.close(os.pidfd_open(os.getpid()))
    except (AttributeError, OSError):
        return False
    return sys.platform == "linux"


def start_nursery(*, hears: bool = True) -> DecodeNursery | None:
    """A nursery, where this system can have one."""
    return DecodeNursery(hears=hears) if can_fork() else None
