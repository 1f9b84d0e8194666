"""Requests that got no answer, alike for every channel that is reached over HTTP."""

import httpx

from instantreact.errors import ChannelBroken, DeliveryDeferred, DeliveryError


def explain_transport(error: httpx.RequestError, service: str, *, wait_s: float) -> DeliveryError:
    """Failing to connect is harmless to repeat; once the request was on its way, `service` may have taken it.

    Then there may be word of it within `wait_s`.
    """
    reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    match error:
        case httpx.UnsupportedProtocol():
            return ChannelBroken(f"The address of {service} is not one: {reason}")
        case httpx.ConnectError() | httpx.ConnectTimeout() | httpx.PoolTimeout():
            return DeliveryDeferred(f"{service} cannot be reached. {reason}", is_outage=True)
        case _:
            text = f"{service} did not answer, but may have acted. {reason}"
            return DeliveryDeferred(text, retry_after_s=wait_s, ambiguous=True, is_outage=True)
