"""Figures in the text format of Prometheus, read from the database when they are asked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from instantreact.api.schemas.live import LiveView
from instantreact.domain.camera import CameraState
from instantreact.storage.counts import Counts
from instantreact.storage.tables import Camera, CameraLease

_LABELS = ("camera_id", "camera")


def format_metrics(
    counts: Counts, cameras: Sequence[Camera], leases: Mapping[str, CameraLease], *, now: datetime
) -> bytes:
    """All figures; `leases` are the cameras' leases by their id."""
    views = {
        (camera.id, camera.name): LiveView.of(leases.get(camera.id), enabled=camera.enabled, now=now)
        for camera in cameras
    }
    registry = CollectorRegistry()
    registry.register(_Figures([*_describe_counts(counts), *_describe_cameras(views, now)]))
    return generate_latest(registry)


class _Figures(Collector):
    """What was measured already, as prometheus_client wants it."""

    def __init__(self, figures: Sequence[Metric]) -> None:
        self._figures = figures

    def collect(self) -> Iterable[Metric]:
        return self._figures


def _describe_counts(counts: Counts) -> Iterable[Metric]:
    for name, by_state in asdict(counts).items():
        family = GaugeMetricFamily(f"instantreact_{name}", f"{name.capitalize()} by state.", labels=["state"])
        for state, number in by_state.items():
            family.add_metric([state], number)
        yield family


def _describe_cameras(views: Mapping[tuple[str, str], LiveView], now: datetime) -> Iterable[Metric]:
    states = GaugeMetricFamily("instantreact_camera_state", "1 for the state it is in.", labels=[*_LABELS, "state"])
    fps = GaugeMetricFamily("instantreact_camera_fps", "Pictures a second that come in.", labels=_LABELS)
    age = GaugeMetricFamily("instantreact_camera_last_frame_age_seconds", "Since its last picture.", labels=_LABELS)
    analyzed = CounterMetricFamily("instantreact_camera_windows_analyzed", "Windows captioned.", labels=_LABELS)
    dropped = CounterMetricFamily("instantreact_camera_windows_dropped", "Windows dropped.", labels=_LABELS)
    for labels, view in views.items():
        for state in CameraState:
            states.add_metric([*labels, state], float(view.state is state))
        fps.add_metric(labels, view.fps)
        if view.last_frame_at is not None:
            age.add_metric(labels, (now - view.last_frame_at).total_seconds())
        analyzed.add_metric(labels, view.windows_analyzed)
        dropped.add_metric(labels, view.windows_dropped)
    return (states, fps, age, analyzed, dropped)
