"""How much is tried: the same examples each time, or with FUZZ_EFFORT=100 a hundred times as many, others each time."""

import os
import random
from collections.abc import Iterator

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

FACTOR = int(os.environ.get("FUZZ_EFFORT", "1"))


def effort(examples: int) -> settings:
    """For a test that tries so many in CI. What fails is kept by hypothesis, and shown with how to do it again."""
    return settings(
        max_examples=examples * FACTOR,
        derandomize=FACTOR == 1,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
    )


@st.composite
def cuts_of(draw: st.DrawFn, sent: bytes) -> list[bytes]:
    """The same bytes as they may arrive: at once, one by one, or in pieces of any length."""
    longest = draw(st.sampled_from([1, 2, 7, 64, 4096, 1 << 20]))
    chance = random.Random(draw(st.integers(0, 1 << 30)))
    return list(_cut(sent, chance, longest))


def _cut(sent: bytes, chance: random.Random, longest: int) -> Iterator[bytes]:
    at = 0
    while at < len(sent):
        length = chance.randint(1, longest)
        yield sent[at : at + length]
        at += length


@st.composite
def damaged(draw: st.DrawFn, sent: bytes) -> bytes:
    """What is left of `sent` after bytes were changed, left out, doubled, or put elsewhere."""
    data = bytearray(sent)
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data)))
        match draw(st.sampled_from(["change", "leave out", "double", "insert", "end"])):
            case "change" if at < len(data):
                data[at] = draw(st.integers(0, 255))
            case "leave out":
                del data[at : at + draw(st.integers(1, 40))]
            case "double":
                data[at:at] = data[at : at + draw(st.integers(1, 200))]
            case "insert":
                data[at:at] = draw(st.binary(max_size=40) | st.sampled_from(AWKWARD))
            case "end":
                del data[at:]
    return bytes(data)


AWKWARD = [
    b"\r\n",
    b"\r\n\r\n",
    b"\x00",
    b"\xff" * 30,
    b"9" * 5000,
    b"-1",
    b"a" * 20_000,
    b'"',
    b"\\",
    b"%00",
    b"$\x00\xff\xff",
]
