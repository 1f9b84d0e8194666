"""The HTTP server around the application: uvicorn within limits, ended by signals."""

import asyncio
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from types import FrameType
from typing import Any

import uvicorn
from fastapi import FastAPI

from instantreact.api.connections import ConnectionLimits, GuardedConnection
from instantreact.api.live import LiveCameras
from instantreact.api.server_socket import BACKLOG
from instantreact.api.tls import Certificate
from instantreact.logs import get_logger
from instantreact.media.jpeg import MAX_JPEG_BYTES

MAX_DESCRIPTORS = 8192
OWN_DESCRIPTORS = 256
"""For the database, files, cameras and children, and for those who are about to be hung up on."""

log = get_logger(__name__)


class Server(uvicorn.Server):
    """Ends on SIGINT and SIGTERM, as uvicorn's own does, without raising the signal again: jobs are tidied up after."""

    def __init__(
        self, app: FastAPI, limits: ConnectionLimits | None = None, certificate: Certificate | None = None
    ) -> None:
        if certificate is not None:
            certificate.check()
        fitted = fit_limits(limits or ConnectionLimits())
        guarded: Any = partial(GuardedConnection, limits=fitted)
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                lifespan="off",
                timeout_graceful_shutdown=10,
                server_header=False,
                backlog=BACKLOG,
                http=guarded,
                ws="websockets-sansio",
                ws_max_size=MAX_JPEG_BYTES,
                proxy_headers=bool(fitted.trusted_proxies),
                forwarded_allow_ips=list(fitted.trusted_proxies),
                ssl_certfile=certificate.path if certificate else None,
                ssl_keyfile=certificate.key_path if certificate else None,
            )
        )
        self._live: LiveCameras = app.state.live
        self._closing: asyncio.Event = app.state.closing

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Live views would go on for ever, and those who wait for a result long: let them end."""
        self._live.end_streams()
        self._closing.set()
        super().handle_exit(sig, frame)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Turn signals into a graceful end while the server runs, the second one into a quick end."""
        if threading.current_thread() is not threading.main_thread():  # signals never reach another thread
            yield
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)


def fit_limits(limits: ConnectionLimits) -> ConnectionLimits:
    """Ask the system for descriptors enough, and take in no more connections than it grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(MAX_DESCRIPTORS, hard) if hard != resource.RLIM_INFINITY else MAX_DESCRIPTORS
    if 0 <= soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    room = soft - OWN_DESCRIPTORS if soft >= 0 else limits.connections
    if room < limits.connections:
        log.warning("http.few_descriptors", allowed=soft, connections=max(1, room))
        return replace(limits, connections=max(1, room))
    return limits
