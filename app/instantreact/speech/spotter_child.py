"""The process that listens for phrases: `python -m instantreact.speech.spotter_child`, started by `SpotterProcess`.

A request is a line of JSON, the phrases and the number of samples, and the samples themselves, 16 bit each; the answer
is a line of JSON. It ends when its standard input does, which is when its parent ends, however that happens.
"""

import json
import os
import sys
from functools import lru_cache
from typing import BinaryIO

import numpy as np

from instantreact.speech.spotting import SpottingDecoder

_SAMPLE_BYTES = 2


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints is no answer
    make_decoder = lru_cache(maxsize=4)(SpottingDecoder)  # cameras may listen for different phrases in turn
    while request := sys.stdin.buffer.readline():
        wanted = json.loads(request)
        samples = _read_samples(sys.stdin.buffer, wanted["samples"])
        found = make_decoder(tuple(wanted["phrases"])).spot(samples)
        answers.write(json.dumps(found).encode() + b"\n")


def _read_samples(requests: BinaryIO, count: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.frombuffer(requests.read(count * _SAMPLE_BYTES), dtype="<i2")


if __name__ == "__main__":
    main()
