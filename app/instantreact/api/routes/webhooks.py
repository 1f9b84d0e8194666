"""Called by channels, each at /webhooks/ and its name.

No API key here: every channel has its own way to show that a call is its own.
"""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import PlainTextResponse

from instantreact.api.auth import admit
from instantreact.api.deps import ServicesDep
from instantreact.api.openapi import problems
from instantreact.channels.receiver import Call, Receiver
from instantreact.domain.alert import ChannelKind
from instantreact.domain.principal import Principal, PrincipalKind
from instantreact.errors import NotFound
from instantreact.pipeline import incoming
from instantreact.pipeline.services import Services

router = APIRouter(prefix="/webhooks/{channel}", tags=["webhooks"])

Name = Annotated[str, Path(description="The channel that calls.", examples=["messenger"])]

BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "description": "As the channel writes it."},
            "example": {
                "object": "page",
                "entry": [
                    {
                        "id": "1122334455",
                        "time": 1458692752478,
                        "messaging": [
                            {
                                "sender": {"id": "1254477777772919"},
                                "recipient": {"id": "1122334455"},
                                "timestamp": 1458692752478,
                                "postback": {"mid": "m_1", "title": "Acknowledge", "payload": "ACK:1"},
                            }
                        ],
                    }
                ],
            },
        }
    },
}


@router.get(
    "",
    operation_id="verifyWebhook",
    summary="Set up a webhook",
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/plain": {"example": "1158201444"}}, "description": "The challenge, as it came."},
        **problems(403, 404, 422, 503),
    },
)
async def verify_webhook(request: Request, services: ServicesDep, channel: Name) -> PlainTextResponse:
    """A channel asks once whether this is the right place. Messenger says `hub.mode`, `hub.verify_token` and
    `hub.challenge`; whoever knows the token gets the challenge back.
    """
    _, receiver = _find_receiver(services, channel)
    return PlainTextResponse(receiver.greet(request.query_params), headers={"X-Content-Type-Options": "nosniff"})


@router.post(
    "",
    operation_id="receiveWebhook",
    summary="Take what happened on a channel",
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/plain": {"example": "EVENT_RECEIVED"}}, "description": "It is stored."},
        **problems(403, 404, 413, 422, 503),
    },
    openapi_extra={"requestBody": BODY},
)
async def receive_webhook(request: Request, services: ServicesDep, channel: Name) -> PlainTextResponse:
    """Everything in it is stored before the answer; what was told before changes nothing. Messenger signs the bytes of
    the body in `X-Hub-Signature-256`.
    """
    kind, receiver = _find_receiver(services, channel)
    body = await request.body()
    receiver.verify(Call(body, request.headers))
    admit(request, Principal(PrincipalKind.CHANNEL, kind.capitalize(), frozenset()))
    await incoming.accept_webhook(services, kind, body)
    return PlainTextResponse(receiver.reply)


def _find_receiver(services: Services, name: str) -> tuple[ChannelKind, Receiver]:
    found = next(((kind, each) for kind, each in services.receivers.items() if kind == name), None)
    if found is None:
        raise NotFound("webhook of a channel", name)
    return found
