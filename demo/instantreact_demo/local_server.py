"""An ASGI application on this machine, for stand-ins of services that are elsewhere."""

import asyncio
import socket
import threading

import uvicorn
from starlette.types import ASGIApp


class LocalServer:
    """Listens on 127.0.0.1 from its start on, port 0 takes a free one; answers in a thread or in its caller's."""

    def __init__(
        self, app: ASGIApp, *, name: str, port: int = 0, protocol: type[asyncio.Protocol] | str = "h11"
    ) -> None:
        """`name`: what its thread is called. `protocol`: what speaks HTTP, as uvicorn takes it."""
        self._socket = socket.create_server(("127.0.0.1", port))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(
            uvicorn.Config(
                app, http=protocol, ws="none", loop="asyncio", lifespan="off", log_config=None, access_log=False,
                timeout_graceful_shutdown=1,
            )
        )  # fmt: skip
        self._thread = threading.Thread(target=self.serve, name=name, daemon=True)

    def serve(self) -> None:
        """Answer until stopped, in the calling thread."""
        self._server.run(sockets=[self._socket])

    def start(self) -> None:
        """Answer in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and stop listening."""
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(timeout=10)
        self._socket.close()
