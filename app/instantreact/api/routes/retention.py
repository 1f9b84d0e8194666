"""What is kept, for how long, and what was purged."""

from datetime import timedelta

from fastapi import APIRouter

from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.api.schemas.retention import KeptView, RetentionView
from instantreact.domain.retention import KeptKind
from instantreact.storage.retention import list_counts
from instantreact.storage.tables import RetentionCounts

router = APIRouter(tags=["health"], route_class=KeyedRoute)

_NUMBERS = ("purged_rows", "purged_files", "purged_bytes", "kept_files", "kept_bytes")


@router.get(
    "/retention", operation_id="getRetention", summary="Read what is kept, and how long", responses=problems(401, 403)
)
async def get_retention(services: ServicesDep) -> RetentionView:
    """By kind. Alerts that nobody has answered keep what they are about, however old it is."""
    policy = services.retention
    async with services.database.reading() as session:
        counts = await list_counts(session)
    return RetentionView(
        kinds=[_view(kind, policy.ages.get(kind), counts.get(kind)) for kind in KeptKind],
        max_bytes=policy.max_bytes,
        free_bytes=policy.free_bytes,
    )


def _view(kind: KeptKind, age: timedelta | None, counts: RetentionCounts | None) -> KeptView:
    numbers = {name: getattr(counts, name) if counts else 0 for name in _NUMBERS}
    return KeptView(
        kind=kind,
        keep_days=None if age is None else age / timedelta(days=1),
        purged_at=counts.purged_at if counts else None,
        measured_at=counts.measured_at if counts else None,
        **numbers,
    )
