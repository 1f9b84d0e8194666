"""Queued work: where a job stands."""

from enum import StrEnum


class JobState(StrEnum):
    """Where a job stands.

    due: waits for its time. handed: on its way through the broker. running: a worker holds it.
    buried: given up; explained by its error, and can be run again.
    """

    DUE = "due"
    HANDED = "handed"
    RUNNING = "running"
    BURIED = "buried"
