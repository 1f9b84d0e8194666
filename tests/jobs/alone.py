"""A process without neighbours."""

from pathlib import Path

from instantreact.storage.neighbours import Neighbours


def alone() -> Neighbours:
    """Its folder is never made."""
    return Neighbours(Path("/nonexistent/processes"))
