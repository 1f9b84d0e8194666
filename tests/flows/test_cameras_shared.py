"""Cameras that several processes share, and cameras that push."""

from pathlib import Path

import cv2
import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.flows.test_cameras import LONG_S, add_camera, decode_jpeg, difference, wait_for_state
from tests.media.live_footage import draw_box
from tests.servers.mjpeg import MjpegServer
from tests.servers.service import API_KEY, IngestService, Service, wait_until

LEASE_S = "10"
"""Long enough that a process which a crowded machine holds up for seconds keeps its camera."""


def take_snapshot(api: httpx.Client, camera_id: str) -> bytes:
    """What the camera shows, once it shows anything."""

    def look() -> bytes | None:
        answer = api.get(f"/cameras/{camera_id}/snapshot.jpg")
        assert answer.status_code in {200, 503}, answer.text
        return answer.content if answer.status_code == 200 else None

    found: bytes = wait_until(look, timeout_s=LONG_S, what="a snapshot")
    return found


def says(service: Service, text: str) -> bool:
    return any(text in line for line in service.output)


@pytest.mark.timeout(300)
def test_camera_of_a_killed_process_is_watched_by_another_and_shown_by_the_api_meanwhile(tmp_path: Path) -> None:
    serving, watching = Service(tmp_path, camera_lease_s=LEASE_S), IngestService(tmp_path, camera_lease_s=LEASE_S)
    with MjpegServer() as camera, serving, watching:
        with serving.client() as api:
            camera_id = add_camera(api, camera.url)
            wait_for_state(api, camera_id, "live")
        serving.kill()
        serving.output.clear()
        wait_until(lambda: says(watching, "camera.live"), timeout_s=LONG_S, what="ingest to take over")
        serving.start()
        with serving.client() as api:
            assert wait_for_state(api, camera_id, "live")["fps"] > 0
            proxied = decode_jpeg(take_snapshot(api, camera_id))
            with api.stream("GET", f"/cameras/{camera_id}/live.mjpg") as live:
                assert live.headers["Content-Type"] == "multipart/x-mixed-replace; boundary=frame"
                pieces = live.iter_raw()
                shown = b"".join(next(pieces) for _ in range(3))
            assert not says(serving, "camera.opened")
            for process in (serving, watching):
                wait_until(lambda: says(process, "live.mjpg"), what="the end of the live view")  # noqa: B023
            assert camera.viewers == 1
            watching.kill()
            wait_until(lambda: says(serving, "camera.live"), timeout_s=LONG_S, what="serve to take over")
            own = decode_jpeg(take_snapshot(api, camera_id))
    assert proxied.shape == own.shape == (240, 320, 3)
    assert shown.startswith(b"--frame\r\nContent-Type: image/jpeg\r\n")


def draw_jpeg(left: int) -> bytes:
    encoded, jpeg = cv2.imencode(".jpg", draw_box(left)[..., ::-1])
    assert encoded
    return jpeg.tobytes()


def close_code(socket: ClientConnection, message: bytes | str) -> int | None:
    """Send what is no frame; the code that the socket is closed with, None where the connection was reset."""
    try:
        socket.send(message)
        socket.recv(timeout=20)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else None
    raise AssertionError("the socket is still open")


@pytest.mark.timeout(300)
def test_pushed_frames_are_shown_masked_and_what_is_no_frame_ends_the_socket(tmp_path: Path) -> None:
    right_half = [{"x": 0.5, "y": 0}, {"x": 1, "y": 0}, {"x": 1, "y": 1}, {"x": 0.5, "y": 1}]
    with Service(tmp_path, watch_cameras="false") as service, service.client() as api:
        camera_id = add_camera(api, "push:", masks=[{"polygon": right_half}])
        address = f"{service.url.replace('http', 'ws')}/cameras/{camera_id}/push"
        with pytest.raises(InvalidStatus) as refused, connect(address):
            pass
        frame = draw_jpeg(60)

        def push_and_look() -> bytes | None:
            socket.send(frame)
            answer = api.get(f"/cameras/{camera_id}/snapshot.jpg")
            return answer.content if answer.status_code == 200 else None

        with connect(f"{address}?key={API_KEY}") as socket:
            shown = decode_jpeg(wait_until(push_and_look, timeout_s=LONG_S, what="a pushed picture"))
            live = wait_for_state(api, camera_id, "live")
            codes = [close_code(socket, "a text")]
        for message in (b"no JPEG", frame[:12], bytes(8_000_001)):
            with connect(address, additional_headers={"X-API-Key": API_KEY}) as socket:
                codes.append(close_code(socket, message))
    assert refused.value.response.status_code == 401
    assert codes[:3] == [1003, 1007, 1007]
    assert codes[3] in {1009, None}  # it is refused by its head, and what is sent on may reset the connection first
    assert live["last_frame_at"]
    sent = decode_jpeg(frame)
    assert difference(shown[:, :158], sent[:, :158]) < 6.0
    assert int(shown[:, 162:].max()) < 16
    assert API_KEY not in "".join(service.output)


@pytest.mark.timeout(300)
def test_camera_may_be_at_no_port_of_any_process_of_the_service(tmp_path: Path) -> None:
    serving, watching = Service(tmp_path, watch_cameras="false"), IngestService(tmp_path)
    with serving, watching, serving.client() as api:
        for port in (serving.port, watching.port):
            answer = api.post("/cameras/probe", json={"source": f"http://localhost:{port}/livez"})
            assert answer.status_code == 422
            assert "port of the service itself" in answer.json()["detail"]
        # A name is judged when it is opened, by the process that opens it: the one that was given no port of serve's.
        camera_id = add_camera(api, f"http://localhost:{serving.port}/livez")
        wait_for_state(api, camera_id, "lost")
        assert "port of the service itself" in api.get(f"/cameras/{camera_id}").json()["live"]["last_error"]
        watching.kill()
        freed = api.post("/cameras/probe", json={"source": f"http://localhost:{watching.port}/livez"})
        assert "Nothing listens" in freed.json()["detail"]
