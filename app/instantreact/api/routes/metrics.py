"""For whatever watches the service."""

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import ServicesDep
from instantreact.api.metrics import format_metrics
from instantreact.api.openapi import problems
from instantreact.storage import leases
from instantreact.storage.cameras import list_all_cameras
from instantreact.storage.counts import count_all

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
    """Cameras, clips, jobs, alerts and deliveries, for Prometheus, which sends the API key as `http_headers`.

    The figures of a camera come from the process that watches it, and count from when it began to.
    """
    async with services.database.reading() as session:
        counts = await count_all(session)
        cameras = await list_all_cameras(session)
        leased = await leases.list_leases(session)
    body = format_metrics(counts, cameras, leased, now=services.clock.now())
    return Response(body, media_type=CONTENT_TYPE_PLAIN_0_0_4)
