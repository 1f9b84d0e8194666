"""What every test may ask for: the real footage, a clock that stands still."""

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest
import structlog
from hypothesis import settings

REPOSITORY = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("INSTANTREACT_DATA", REPOSITORY.parent / "shared" / "data"))

# Two shared cores: how long an example takes says nothing about the code.
settings.register_profile("shared", deadline=None)
settings.load_profile("shared")


@pytest.fixture(autouse=True)
def _restored_logs() -> Iterator[None]:
    """A test may configure logs: what it captures them with is closed afterwards, so they are put back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    if root.handlers != handlers:
        root.handlers[:], root.level = handlers, level
        log_plainly()


def log_plainly() -> None:
    """structlog's own default draws every local variable, which for an ORM's traceback takes seconds."""
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.add_log_level, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        context_class=dict,
        logger_factory=structlog.PrintLoggerFactory(),
        cache_logger_on_first_use=False,
    )


log_plainly()

SESSION_SERVERS = frozenset({"postgres", "rabbitmq-server", "epmd"})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests on real footage where there is none; in CI its absence is an error."""
    if DATA_DIR.is_dir():
        return
    on_data = [item for item in items if item.get_closest_marker("data")]
    if on_data and os.environ.get("CI"):
        raise pytest.UsageError(f"CI promises tests on real footage, but {len(on_data)} of them find none")
    items[:] = [item for item in items if item not in on_data]
    config.hook.pytest_deselected(items=on_data)


def pytest_report_header() -> Iterable[str]:
    """Say where the real footage comes from, or that there is none."""
    yield f"footage: {'found' if DATA_DIR.is_dir() else 'absent, tests marked data are deselected'}"


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Pictures and films that differ: pytest's own account of that takes minutes."""
    if isinstance(left, bytes) and isinstance(right, bytes) and max(len(left), len(right)) > 4096:
        return [f"bytes {op} bytes, which have {len(left)} and {len(right)}"]
    return None


def list_children() -> list[psutil.Process]:
    """The processes that this one started, and theirs, but for servers that a whole session of tests shares."""
    shared = [child for child in psutil.Process().children() if child.name() in SESSION_SERVERS]
    kept = {process for server in shared for process in (server, *server.children(recursive=True))}
    return [child for child in psutil.Process().children(recursive=True) if child not in kept]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say in which order tests ran, also where the header is left out."""
    seed = config.getoption("randomly_seed", None)
    if seed is not None:
        terminalreporter.write_line(f"the same order again: --randomly-seed={seed}")


@pytest.fixture(autouse=True, scope="module")
def _leaves_no_process_behind() -> Iterator[None]:
    """Tests run in any order, and some count the processes that they start: nobody keeps one."""
    yield
    _, left = psutil.wait_procs(list_children(), timeout=10)
    assert not left, f"still running after the tests of this file: {[child.cmdline() for child in left]}"


@pytest.fixture
def data_dir() -> Path:
    """The folder of real footage; only tests marked `data` may ask for it."""
    return DATA_DIR


class StoppedClock:
    """A clock that moves only when it is told to."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The time it was set to."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass."""
        self._now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> StoppedClock:
    """Noon of a fixed day, in UTC."""
    return StoppedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))
