"""For whatever watches the service."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import ServicesDep
from instantreact.api.metrics import Standing, format_metrics
from instantreact.api.openapi import problems
from instantreact.errors import StorageBusy, StorageFull
from instantreact.logs import get_logger
from instantreact.storage import leases
from instantreact.storage.blobs import LocalBlobs
from instantreact.storage.cameras import list_all_cameras
from instantreact.storage.counts import count_all
from instantreact.storage.totals import add_figures, list_totals

log = get_logger(__name__)

router = APIRouter(tags=["health"], route_class=KeyedRoute)


@router.get(
    "/metrics",
    operation_id="getMetrics",
    summary="Read the figures",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}}}, "description": "In Prometheus' text format."},
        **problems(401, 403),
    },
)
async def get_metrics(services: ServicesDep) -> Response:
    """Requests, clips, windows, jobs, alerts, deliveries, cameras, disk and database, for Prometheus.

    It sends the API key as `http_headers`. All figures are of the whole service: each of its processes tells the same,
    so read one of them. Counters go on after a restart. A channel that fails and a quiet month have the same rate of
    deliveries: alert on `instantreact_channel_last_success_timestamp_seconds`.
    """
    try:
        await add_figures(services.database, services.figures)
    except (StorageFull, StorageBusy) as error:  # they can be read all the same
        log.warning("totals.late", reason=str(error))
    async with services.database.reading() as session:
        totals = await list_totals(session)
        counts = await count_all(session)
        cameras = await list_all_cameras(session)
        leased = await leases.list_leases(session)
    size_bytes = await services.database.measure_bytes()
    blobs = services.blobs
    disk_bytes = await services.threads.run(blobs.measure_disk) if isinstance(blobs, LocalBlobs) else None
    standing = Standing(counts, cameras, leased, size_bytes, disk_bytes)
    body = format_metrics(services.figures, totals, standing, now=services.clock.now())
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)
