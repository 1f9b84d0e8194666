"""The GStreamer RTSP server, run by the system's Python: it alone knows `gi`.

usage: gst_rtsp.py TRANSPORTS PORT CLIP [USER PASSWORD [digest]]

Serves rtsp://127.0.0.1:PORT/stream1 and says "ready". TRANSPORTS is "tcp", "udp" or "tcp,udp".
"""

import sys
from functools import reduce
from operator import or_
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

PICTURE = "filesrc location={clip} ! qtdemux name=d d. ! queue"
CODED = "h264parse config-interval=-1 ! rtph264pay name=pay0 pt=96"
LOWER_TRANSPORTS = {"udp": GstRtsp.RTSPLowerTrans.UDP, "tcp": GstRtsp.RTSPLowerTrans.TCP}
SOUND = "d. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97"


def allow_only(
    server: "GstRtspServer.RTSPServer",
    factory: "GstRtspServer.RTSPMediaFactory",
    user: str,
    password: str,
    *,
    digest: bool,
) -> None:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if digest:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    factory.add_role_from_structure(
        Gst.Structure.from_string("viewer, media.factory.access=true, media.factory.construct=true")[0]
    )


def main() -> None:
    Gst.init(None)
    transports, port, clip, *login = sys.argv[1:]
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    sound = SOUND if Path(clip).stem.endswith("sound") else ""
    factory.set_launch(f"( {PICTURE.format(clip=clip)} ! {CODED} {sound} )")
    factory.set_protocols(reduce(or_, (LOWER_TRANSPORTS[each] for each in transports.split(","))))
    if login:
        allow_only(server, factory, login[0], login[1], digest=len(login) > 2)
    server.get_mount_points().add_factory("/stream1", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


main()
