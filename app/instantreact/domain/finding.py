"""What the doctor says of one part of the service."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`problem` is None where all is well, `is_fatal` where the service cannot work so."""

    what: str
    detail: str
    problem: str | None = None
    is_fatal: bool = True
