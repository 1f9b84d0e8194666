"""Figures in the text format of Prometheus, all of the whole service: whichever of its processes is asked, and whether
it was started a minute ago, the answer is the same.

Counters and histograms are the totals of what its processes counted; the rest is as it stands now.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from instantreact import __version__
from instantreact.api.schemas.live import LiveView
from instantreact.domain.camera import CameraState
from instantreact.figures import Figures, Series
from instantreact.storage.counts import Counts
from instantreact.storage.tables import Camera, CameraLease

_CAMERA = ("camera_id", "camera")


@dataclass(frozen=True, eq=False)
class Standing:
    """How things stand: `leases` are the cameras' leases by their id, `disk_bytes` what is free and all."""

    counts: Counts
    cameras: Sequence[Camera]
    leases: Mapping[str, CameraLease]
    database_bytes: int
    disk_bytes: tuple[int, int] | None


def format_metrics(figures: Figures, totals: Mapping[Series, float], standing: Standing, *, now: datetime) -> bytes:
    """All figures."""
    views = {
        (camera.id, camera.name): LiveView.of(standing.leases.get(camera.id), enabled=camera.enabled, now=now)
        for camera in standing.cameras
    }
    registry = CollectorRegistry()
    found = [
        InfoMetricFamily("instantreact", "The version of the process that was asked.", {"version": __version__}),
        *_describe_totals(figures, totals),
        *_describe_counts(standing.counts, now),
        *_describe_cameras(views, now),
        *_describe_room(standing),
    ]
    registry.register(_Found(found))
    return generate_latest(registry)


class _Found(Collector):
    """What was measured already, as prometheus_client wants it."""

    def __init__(self, figures: Sequence[Metric]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        return self._figures


def _describe_totals(figures: Figures, totals: Mapping[Series, float]) -> Iterable[Metric]:
    """The figures of this process tell what each is; what it has not counted yet is 0."""
    values = dict.fromkeys(figures.read(), 0.0) | dict(totals)
    for metric in figures.collect():
        told = Metric(metric.name, metric.documentation, metric.type)
        names = {metric.name, *(f"{metric.name}_{suffix}" for suffix in ("total", "bucket", "count", "sum"))}
        for series in sorted((each for each in values if each.name in names), key=_order):
            told.add_sample(series.name, dict(series.labels), values[series])
        yield told


def _order(series: Series) -> tuple[object, ...]:
    labels = dict(series.labels)
    bound = float(labels.pop("le", "inf"))
    return tuple(labels.items()), series.name, bound


def _describe_counts(counts: Counts, now: datetime) -> Iterable[Metric]:
    for name, by_state in (("clips", counts.clips), ("alerts", counts.alerts)):
        family = GaugeMetricFamily(f"instantreact_{name}", f"{name.capitalize()} by state.", labels=["state"])
        for state, number in by_state.items():
            family.add_metric([state], number)
        yield family
    told = GaugeMetricFamily(
        "instantreact_alert_deliveries", "Deliveries by channel and state.", labels=["channel", "state"]
    )
    for labels, number in counts.deliveries.items():
        told.add_metric(labels, number)
    jobs = GaugeMetricFamily("instantreact_jobs", "Jobs by kind and state.", labels=["kind", "state"])
    help_ = "How long the oldest job of a kind and state has been due, or since it was put where it is not due."
    ages = GaugeMetricFamily("instantreact_jobs_oldest_age_seconds", help_, labels=["kind", "state"])
    for each in counts.jobs:
        jobs.add_metric([each.kind, each.state], each.number)
        ages.add_metric([each.kind, each.state], max(0.0, (now - each.since).total_seconds()))
    yield from (told, jobs, ages)


def _describe_cameras(views: Mapping[tuple[str, str], LiveView], now: datetime) -> Iterable[Metric]:
    states = GaugeMetricFamily("instantreact_camera_state", "1 for the state it is in.", labels=[*_CAMERA, "state"])
    fps = GaugeMetricFamily("instantreact_camera_fps", "Pictures a second that come in.", labels=_CAMERA)
    age = GaugeMetricFamily("instantreact_camera_last_frame_age_seconds", "Since its last picture.", labels=_CAMERA)
    since = ", since a process began to watch the camera."
    analyzed = CounterMetricFamily("instantreact_camera_windows_analyzed", f"Windows captioned{since}", labels=_CAMERA)
    dropped = CounterMetricFamily("instantreact_camera_windows_dropped", f"Windows dropped{since}", labels=_CAMERA)
    for labels, view in views.items():
        for state in CameraState:
            states.add_metric([*labels, state], float(view.state is state))
        fps.add_metric(labels, view.fps)
        if view.last_frame_at is not None:
            age.add_metric(labels, (now - view.last_frame_at).total_seconds())
        analyzed.add_metric(labels, view.windows_analyzed)
        dropped.add_metric(labels, view.windows_dropped)
    return (states, fps, age, analyzed, dropped)


def _describe_room(standing: Standing) -> Iterable[Metric]:
    yield GaugeMetricFamily("instantreact_database_size_bytes", "Size of the database.", standing.database_bytes)
    if standing.disk_bytes is not None:
        free, size = standing.disk_bytes
        yield GaugeMetricFamily("instantreact_disk_free_bytes", "Free of the disk that clips lie on.", free)
        yield GaugeMetricFamily("instantreact_disk_size_bytes", "Size of the disk that clips lie on.", size)
