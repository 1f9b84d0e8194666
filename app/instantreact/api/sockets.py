"""Web sockets that are refused before they are open, and the codes that they are closed with."""

from fastapi import WebSocket
from starlette.exceptions import HTTPException

from instantreact.api.errors import answer_error, answer_problem, kind_of_status
from instantreact.errors import InstantReactError

# RFC 6455, section 7.4.1
UNSUPPORTED, INVALID, NOT_ALLOWED, TOO_LARGE, RESTART = 1003, 1007, 1008, 1009, 1012

MOST_OF_A_REASON = 100
"""Letters of the 123 bytes that a frame has room for."""


async def deny(socket: WebSocket, error: HTTPException | InstantReactError) -> None:
    """Answer the handshake with a problem."""
    if isinstance(error, HTTPException):
        problem = answer_problem(socket, kind_of_status(error.status_code), error.detail, headers=error.headers)
    else:
        problem = answer_error(socket, error)
    await socket.send_denial_response(problem)
