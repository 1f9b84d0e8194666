"""How much a clip may cost to decode."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DecodeLimits:
    """What one decoding child may use, and how large a clip may be.

    max_pixels      width times height of a frame
    cpu_s           processor time
    wall_s          time that the parent may spend waiting, all waits together; time it spends elsewhere is free
    stall_s         time that the parent may wait for one answer
    memory_bytes    address space beyond what the libraries take (held to on Linux)
    """

    max_pixels: int = 4096 * 2304
    max_duration_s: float = 4 * 3600.0
    cpu_s: int = 3600
    wall_s: float = 3600.0
    stall_s: float = 30.0
    memory_bytes: int = 1 << 30
