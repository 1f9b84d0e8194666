"""A decoding child as a process: its two pipes, how it ended, and its end with all that it started."""

import contextlib
import io
import os
import signal
import subprocess
import sys
from typing import Protocol, cast


class ChildProcess(Protocol):
    """One that is asked on `requests` and writes on `answers`; it leads a process group of its own."""

    requests: io.FileIO
    answers: io.FileIO

    def wait(self, timeout_s: float) -> int | None:
        """Its exit status, negative for the signal that ended it; None where it goes on after that time."""
        ...

    def bury(self) -> None:
        """Kill it and all that it started, let go of its pipes, leave nothing of it."""
        ...


class StartedProcess:
    """One that starts anew, which takes longer than decoding a short clip."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            (sys.executable, "-I", "-m", "instantreact.media.decode_child"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(),
            cwd="/",
            bufsize=0,
            start_new_session=True,
        )
        self.requests = cast("io.FileIO", self._child.stdin)
        self.answers = cast("io.FileIO", self._child.stdout)

    def wait(self, timeout_s: float) -> int | None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._child.wait(timeout_s)
        return None

    def bury(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()
        self.requests.close()
        self.answers.close()


def child_environment() -> dict[str, str]:
    """Nothing of the parent's environment but the search path for programs."""
    return {
        "PATH": os.pathsep.join(os.get_exec_path()),
        "LC_ALL": "C.UTF-8",
        "OPENBLAS_NUM_THREADS": "1",
        "OPENCV_LOG_LEVEL": "SILENT",
        "PYTHON_DOTENV_DISABLED": "1",  # MoviePy would load any .env it finds above its own folder
    }
