"""The HTTP server around the application: uvicorn within limits, ended by signals."""

import asyncio
import resource
import signal
import socket
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
from instantreact.api.tls import Certificate
from instantreact.errors import Misconfigured
from instantreact.logs import get_logger
from instantreact.media.jpeg import MAX_JPEG_BYTES

BACKLOG = 128
"""So many are taken in at one turn of the event loop, before any of them is counted."""


def open_server_socket(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises Misconfigured where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With its protocol named: only then does asyncio set TCP_NODELAY on what is accepted, without which every answer
    # in two pieces waits 40 ms for the client's delayed acknowledgement.
    server_socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    server_socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        server_socket.bind((host, port))
        server_socket.listen(BACKLOG)
    except OSError as error:
        server_socket.close()
        raise Misconfigured(
            f"Cannot listen on {host}:{port}: {error.strerror}. Choose another address with --host and --port, or "
            "INSTANTREACT_HOST and INSTANTREACT_PORT."
        ) from error
    return server_socket


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
                ws_per_message_deflate=False,  # JPEGs are as small as they get
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
