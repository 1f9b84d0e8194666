"""The command line: `instantreact --help`."""

from instantreact.cli.app import main

__all__ = ["main"]
