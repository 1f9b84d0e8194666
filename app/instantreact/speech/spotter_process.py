"""The child that listens for phrases, as its parent sees it. Here it would hold up everything else for seconds."""

import json
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from instantreact.errors import SpeechTimeout, SpeechUnavailable
from instantreact.speech.spotting import Spotted

_COMMAND = (sys.executable, "-P", "-m", "instantreact.speech.spotter_child")


class SpotterProcess:
    """Started when it is first needed, and again after it died. One sound at a time; may be used from many threads."""

    def __init__(self, *, patience_s: float = 60.0) -> None:
        self._patience_s = patience_s
        self._child: subprocess.Popen[bytes] | None = None
        self._one_at_a_time = threading.Lock()

    def spot(self, phrases: Sequence[str], samples: NDArray[np.int16]) -> list[Spotted]:
        """The phrases in mono sound of 16 kHz, in order of time; each must be one that the dictionary can spell.

        Blocks. Raises SpeechUnavailable when the child dies, SpeechTimeout when it hangs.
        """
        with self._one_at_a_time:
            try:
                answer = self._ask(phrases, samples)
            except BaseException:
                self._end()
                raise
        return [Spotted(*found) for found in json.loads(answer)]

    def close(self) -> None:
        """End the child; what it does is waited for."""
        with self._one_at_a_time:
            self._end()

    def _ask(self, phrases: Sequence[str], samples: NDArray[np.int16]) -> bytes:
        if self._child is None:
            # In a session of its own: Ctrl-C is for the parent, which ends its children in order.
            self._child = subprocess.Popen(  # noqa: S603  -- a constant command
                _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
            )
        requests, answers = cast("IO[bytes]", self._child.stdin), cast("IO[bytes]", self._child.stdout)
        request = json.dumps({"phrases": phrases, "samples": len(samples)}).encode() + b"\n"
        try:
            requests.write(request + samples.astype("<i2").tobytes())
            requests.flush()
        except BrokenPipeError as error:
            raise SpeechUnavailable("The phrase spotter's process has ended.") from error
        poller = select.poll()
        poller.register(answers, select.POLLIN)
        if not poller.poll(self._patience_s * 1000):
            raise SpeechTimeout(f"The phrase spotter did not answer within {self._patience_s:g} s.")
        answer = answers.readline()
        if not answer:
            raise SpeechUnavailable("The phrase spotter's process has ended.")
        return answer

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None
