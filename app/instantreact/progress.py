"""How far a command is."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

import typer


@contextmanager
def progress(done: str, total: int) -> Iterator[Callable[[str], None]]:
    """Tells how many are `done`, as in "Clips prepared": a bar on a screen, elsewhere a line for each tenth."""
    if sys.stderr.isatty():
        with typer.progressbar(length=total, label=done, file=sys.stderr) as bar:
            yield lambda name: bar.update(1)
        return
    numbers = count(1)
    things, verb = done.lower().split(maxsplit=1)

    def tell(name: str) -> None:
        number = next(numbers)
        if number * 10 // total > (number - 1) * 10 // total:
            typer.echo(f"{number} of {total} {things} are {verb}", err=True)

    yield tell
