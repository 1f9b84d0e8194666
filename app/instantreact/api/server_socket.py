"""The socket that the service listens on, opened before anything else is begun."""

import socket

from instantreact.errors import Misconfigured

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
