"""What changes, as it changes."""

from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from pydantic.json_schema import SkipJsonSchema
from starlette.responses import Response

from instantreact.api.addresses import find_source
from instantreact.api.auth import KeyedRoute
from instantreact.api.deps import PrincipalDep, ServicesDep
from instantreact.api.news_streams import NewsStreams
from instantreact.api.openapi import problems
from instantreact.api.schemas.news import NEWS_SCHEMA
from instantreact.storage.news import CURSOR_PATTERN, NewsCursor, NewsFilter, NewsTopic

router = APIRouter(tags=["events"], route_class=KeyedRoute)

_TOPIC = "|".join(NewsTopic)

Types = Annotated[
    str | None,
    Query(
        pattern=f"^({_TOPIC})(,({_TOPIC})){{0,9}}$",
        description="Only news of these, parted by commas.",
        examples=["alert,camera"],
    ),
]
LastEventId = Annotated[
    str | SkipJsonSchema[None],  # a header cannot be null
    Header(
        alias="Last-Event-ID",
        json_schema_extra={"pattern": f"{CURSOR_PATTERN}|^$"},
        description="The id that came last, which browsers send by themselves: it goes on after that. Empty: none.",
    ),
]


@router.get(
    "/stream",
    operation_id="streamNews",
    summary="Be told what changes",
    response_class=Response,
    responses={
        200: {
            "content": {"text/event-stream": {"schema": NEWS_SCHEMA}},
            "description": "Server-sent events, without end.",
        },
        **problems(401, 403, 422),
    },
)
async def stream_news(
    request: Request,
    services: ServicesDep,
    principal: PrincipalDep,
    types: Types = None,
    last_event_id: LastEventId = None,
) -> Response:
    """Server-sent events, one for each event, alert, delivery, camera and job that is new or changes its state.

    `event` says of what, `data` is an object with its `id`, `change` (`created`, `changed`, or `ended` of a job that is
    done), `state`, `camera_id` and `at`; read the rest where it lies. Each has an id that any process of the service
    understands, also after a restart: with it in Last-Event-ID the stream goes on, and nothing is missed or told twice.
    Where that is too long ago, the first event is `gap`: look at everything anew. A stream ends after some minutes, to
    be opened again. 429 where too many are open.
    """
    streams: NewsStreams = request.app.state.streams
    topics = frozenset(map(NewsTopic, types.split(","))) if types else None
    after = NewsCursor.parse(last_event_id) if last_event_id else None
    client = request.client
    source = find_source((client.host, client.port) if client else None)
    return await streams.open(services.database, after, NewsFilter(topics), source=source, principal=principal.name)
