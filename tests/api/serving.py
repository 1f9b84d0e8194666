"""The application behind a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from instantreact.api.connections import ConnectionLimits
from instantreact.api.server import Server, open_server_socket
from instantreact.api.tls import Certificate


@asynccontextmanager
async def serve(
    app: FastAPI, limits: ConnectionLimits | None = None, certificate: Certificate | None = None
) -> AsyncIterator[str]:
    """Serve `app` on a free port of this machine, as `instantreact serve` does; its base URL."""
    listener = open_server_socket("127.0.0.1", 0)
    server = Server(app, limits, certificate)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await serving
