"""Called by Messenger (Meta, Messenger Platform: Webhooks).

No API key here: a token verifies the setting up, a signature every call.
"""

import hmac
import json
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from starlette.responses import PlainTextResponse

from instantreact.alerts.signature import is_signed
from instantreact.api.deps import OptionsDep, ServicesDep
from instantreact.api.openapi import problems
from instantreact.errors import InvalidInput, Misconfigured, NotAllowed, NotFound
from instantreact.pipeline import incoming

router = APIRouter(prefix="/webhooks/messenger", tags=["webhooks"])

MAX_CHALLENGE_CHARACTERS = 256

NOTIFICATION_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {"type": "object", "required": ["object"], "properties": {"object": {"const": "page"}}},
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
    operation_id="verifyMessengerWebhook",
    summary="Set up the webhook",
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/plain": {"example": "1158201444"}}, "description": "The challenge, as it came."},
        **problems(403, 503),
    },
)
async def verify_webhook(
    options: OptionsDep,
    mode: Annotated[str | None, Query(alias="hub.mode", examples=["subscribe"])] = None,
    token: Annotated[str | None, Query(alias="hub.verify_token", description="What was agreed upon.")] = None,
    challenge: Annotated[str | None, Query(alias="hub.challenge", examples=["1158201444"])] = None,
) -> PlainTextResponse:
    """Messenger asks once whether this is the right place; whoever knows the token gets the challenge back."""
    if options.messenger_verify_token is None:
        raise Misconfigured("No token to verify Messenger's webhook with: set INSTANTREACT_MESSENGER_VERIFY_TOKEN.")
    knows = hmac.compare_digest((token or "").encode(), options.messenger_verify_token.encode())
    if mode != "subscribe" or not knows or not challenge or len(challenge) > MAX_CHALLENGE_CHARACTERS:
        raise NotAllowed("This is not how Messenger asks, or its token is not the one that was agreed upon.")
    return PlainTextResponse(challenge, headers={"X-Content-Type-Options": "nosniff"})


@router.post(
    "",
    operation_id="receiveMessengerWebhook",
    summary="Take what happened on Messenger",
    response_class=PlainTextResponse,
    responses={
        200: {"content": {"text/plain": {"example": "EVENT_RECEIVED"}}, "description": "It is stored."},
        **problems(403, 404, 413, 422, 503),
    },
    openapi_extra={"requestBody": NOTIFICATION_BODY},
)
async def receive_webhook(
    request: Request,
    services: ServicesDep,
    options: OptionsDep,
    signature: Annotated[
        str | None, Header(alias="X-Hub-Signature-256", description="sha256=, and the HMAC of the bytes of the body.")
    ] = None,
) -> PlainTextResponse:
    """Everything in it is stored before the answer; what was told before changes nothing."""
    if options.messenger_app_secret is None:
        raise Misconfigured("No app secret to verify Messenger's calls with: set INSTANTREACT_MESSENGER_APP_SECRET.")
    body = await request.body()
    if not is_signed(body, signature, options.messenger_app_secret):
        raise NotAllowed("The signature in X-Hub-Signature-256 is not that of this body.")
    if _find_object(body) != "page":
        raise NotFound("webhook for anything but", "a Page")
    await incoming.accept_webhook(services, body)
    return PlainTextResponse("EVENT_RECEIVED")


def _find_object(body: bytes) -> object:
    """Which kind of thing a call is about. Python's own parser, like the pipeline's: Messenger cuts texts anywhere."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON.") from error
    return value.get("object") if isinstance(value, dict) else None
