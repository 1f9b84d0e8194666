"""What a process counts and measures, by Prometheus' own library, until it is added to the service's totals.

Totals are of the whole service: `storage.totals` adds up what its processes counted, so that each of them tells the
same and a restart takes nothing back.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.core import Metric

P = ParamSpec("P")
T = TypeVar("T")

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_ANSWERS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STAGES_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_MESSAGES_S = (0.5, 1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1800, 3600, 14400, 86400)


@dataclass(frozen=True)
class Series:
    """One number over time: the name of a sample and its labels."""

    name: str
    labels: tuple[tuple[str, str], ...]

    @property
    def is_time(self) -> bool:
        """Whether it is the last time of something: the latest counts, where other numbers are added."""
        return self.name.endswith("_timestamp_seconds")


class Figures:
    """Everything that is counted. Labels have few values: nothing that a stranger sends becomes one."""

    def __init__(self) -> None:
        self.adding = asyncio.Lock()
        self.added: Mapping[Series, float] = {}  # what is in the totals already
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "instantreact_http_requests_total",
            "HTTP requests, by the route's template (none: no such path) and the status of the answer (none: it was "
            "not waited for).",
            ["method", "route", "status"],
            registry=registry,
        )
        self._answers = Histogram(
            "instantreact_http_request_duration_seconds",
            "Time until the answer to an HTTP request began.",
            ["method", "route"],
            buckets=_ANSWERS_S,
            registry=registry,
        )
        self.windows = Counter(
            "instantreact_windows_total",
            "Windows of footage that were described, of clips and of cameras.",
            ["source"],
            registry=registry,
        )
        self.decoding = Histogram(
            "instantreact_decode_seconds",
            "Time until the next window of a clip was decoded.",
            buckets=_STAGES_S,
            registry=registry,
        )
        self.inference = Histogram(
            "instantreact_inference_seconds",
            "Time that the model took: for the features of new samples, for the caption of a window.",
            ["source", "stage"],
            buckets=_STAGES_S,
            registry=registry,
        )
        self.job_runs = Counter(
            "instantreact_job_runs_total",
            "Tries of jobs: done, again (it is tried later) or failed.",
            ["kind", "outcome"],
            registry=registry,
        )
        self.deliveries = Counter(
            "instantreact_deliveries_total",
            "Texts and pictures that a channel was asked to send: sent, deferred (tried later), held (for a chat "
            "window), refused.",
            ["channel", "part", "outcome"],
            registry=registry,
        )
        self.last_success = Gauge(
            "instantreact_channel_last_success_timestamp_seconds",
            "When a channel last took something to send; 0 where it never did.",
            ["channel"],
            registry=registry,
        )
        self.to_message = Histogram(
            "instantreact_event_to_message_seconds",
            "From the end of what a camera saw to the moment when a channel took the text about it.",
            ["channel"],
            buckets=_MESSAGES_S,
            registry=registry,
        )
        self.alert_to_message = Histogram(
            "instantreact_alert_to_message_seconds",
            "From the raising of an alert to the moment when a channel took its text.",
            ["channel"],
            buckets=_MESSAGES_S,
            registry=registry,
        )

        self.second_looks = Counter(
            "instantreact_second_looks_total",
            "Second looks: confirmed, rejected, unsure, late (no answer in time), failed, spent (the budget).",
            ["outcome"],
            registry=registry,
        )
        self.second_look = Histogram(
            "instantreact_second_look_seconds",
            "Time until a second look was answered.",
            buckets=_ANSWERS_S,
            registry=registry,
        )
        self.second_look_tokens = Counter(
            "instantreact_second_look_tokens_total",
            "Tokens of second looks, as the endpoint counts them: of prompts with their pictures, and of answers.",
            ["kind"],
            registry=registry,
        )

    def count_request(self, *, method: str, route: str | None, status: int | None, took_s: float) -> None:
        """A request that was answered, or not."""
        told_method, told_route = method if method in _METHODS else "other", route or "none"
        self._requests.labels(told_method, told_route, str(status or "none")).inc()
        self._answers.labels(told_method, told_route).observe(took_s)

    def know_channels(self, channels: Iterable[str]) -> None:
        """These are configured: they are told of before they have done anything."""
        for channel in channels:
            self.last_success.labels(channel)
            for part in ("text", "picture"):
                for outcome in ("sent", "deferred", "held", "refused"):
                    self.deliveries.labels(channel, part, outcome)

    def collect(self) -> list[Metric]:
        """What each figure is, and its value in this process."""
        return list(self._registry.collect())

    def read(self) -> Mapping[Series, float]:
        """Every number of this process."""
        return {
            Series(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for metric in self.collect()
            for sample in metric.samples
            if not sample.name.endswith("_created")
        }


@contextmanager
def timed(histogram: Histogram) -> Iterator[None]:
    """Measure the block, if it comes to an end."""
    started = time.perf_counter()
    yield
    histogram.observe(time.perf_counter() - started)


def timing(histogram: Histogram, function: Callable[P, T]) -> Callable[P, T]:
    """`function`, measured."""

    def measured(*args: P.args, **kwargs: P.kwargs) -> T:
        with timed(histogram):
            return function(*args, **kwargs)

    return measured
