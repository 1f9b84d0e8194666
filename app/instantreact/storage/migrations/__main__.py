"""Writes the next migration: `python -m instantreact.storage.migrations "what changes"`."""

import asyncio
import sys
import tempfile
from pathlib import Path

from instantreact.storage.migrate import write_migration

with tempfile.TemporaryDirectory() as folder:
    print(asyncio.run(write_migration(Path(folder), sys.argv[1])))
