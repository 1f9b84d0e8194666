"""The process that decoding children are forked from: `python -m instantreact.media.nursery_process FD`.

It has their libraries imported and never opens a clip, so that every child is a fresh one, there at once. It talks to
its parent only, over the socket FD: `b"f"` with the child's two ends of its pipes is answered with its number, `b"r"`
and a number with the status of that child, which has ended. Until then nobody buries it, so that its number stays its
own. When the parent goes away, so do the nursery and all its children.
"""

import ctypes
import gc
import os
import signal
import socket
import struct
import sys

NUMBER = struct.Struct(">i")
FORK, REAP = b"f", b"r"
MUTE = "mute"
"""A second argument: its children are not expected to be asked for sound; one that is imports what it needs itself."""
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Fork and bury children until the parent goes away."""
    from instantreact.media import decode_child  # what children need

    if len(sys.argv) < 3 or sys.argv[2] != MUTE:
        from instantreact.media import plain_sound  # noqa: F401  -- half of what it takes to start
    control = socket.socket(fileno=int(sys.argv[1]))
    libc, own = ctypes.CDLL(None), os.getpid()
    gc.collect()
    gc.freeze()  # what is not touched is shared with the children
    while True:
        order, fds, _, _ = socket.recv_fds(control, 1 + NUMBER.size, 2)
        if not order:
            return
        if order[:1] == REAP:
            _, status = os.waitpid(NUMBER.unpack(order[1:])[0], 0)
            control.sendall(NUMBER.pack(os.waitstatus_to_exitcode(status)))
            continue
        child = os.fork()
        if child == 0:
            control.close()
            _become_child(libc, own)
            decode_child.serve_and_leave(*fds)
        os.setpgid(child, child)  # here and in the child: whoever comes first
        for fd in fds:
            os.close(fd)
        control.sendall(NUMBER.pack(child))


def _become_child(libc: ctypes.CDLL, parent: int) -> None:
    os.setpgid(0, 0)
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it went away before
        os._exit(1)


if __name__ == "__main__":
    main()
