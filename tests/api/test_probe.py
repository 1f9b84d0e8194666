"""Whether an address can be a camera's: judged when it is stored, tried when it is asked for."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from instantreact.api.live import LiveCameras
from instantreact.api.remote_cameras import RemoteCameras
from instantreact.domain.media import Images
from instantreact.ingest.keep_watching import OwnCameras
from instantreact.media.reach import ReachPolicy
from instantreact.media.stream import StreamLimits
from instantreact.pipeline.services import Services
from tests.api.conftest import INTERNAL_TOKEN
from tests.api.problems import assert_problem
from tests.media.live_footage import write_clip
from tests.servers.mjpeg import MjpegServer
from tests.servers.rtsp import OddPort, free_port, say_nothing

OWN_PORT = 1
SECRET = "S3cr@t/pa:ss"


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("footage") / "box.mp4", sound=True)


@pytest.fixture
async def live_cameras(services: Services, footage: Path) -> AsyncIterator[LiveCameras]:
    remote = RemoteCameras(INTERNAL_TOKEN)
    policy = ReachPolicy(file_folders=(footage.parent,), own_ports=lambda: frozenset({OWN_PORT}))
    limits = StreamLimits(open_timeout_s=1.0, read_timeout_s=0.5, stall_timeout_s=1.0)
    yield LiveCameras(services, OwnCameras(), remote, policy=policy, limits=limits)
    await remote.close()


async def test_probe_says_what_a_source_sends_and_shows_it(client: httpx.AsyncClient, footage: Path) -> None:
    answer = await client.post("/cameras/probe", json={"source": f"file:{footage}"})

    assert answer.status_code == 200, answer.text
    found = answer.json()
    shown = found.pop("snapshot")
    sizes = {"width": 320, "height": 240, "fps": 15.0}
    assert found == {"read_as": "file", "video_codec": "h264", **sizes, "audio_codec": "aac"}
    kind, _, encoded = shown.partition(",")
    assert kind == "data:image/jpeg;base64"
    assert decode(encoded).shape == (240, 320, 3)


async def test_probe_opens_a_camera_with_its_password(client: httpx.AsyncClient) -> None:
    with MjpegServer(digest_user=("ad@min", SECRET)) as camera:
        right = f"http://ad@min:{SECRET}@127.0.0.1:{camera.port}/video"
        found = await client.post("/cameras/probe", json={"source": right})
        wrong = await client.post("/cameras/probe", json={"source": right.replace("S3cr", "Wr0ng")})

    assert (found.status_code, found.json()["read_as"]) == (200, "mjpeg")
    assert_problem(wrong, 422, "refused the user name or password")
    assert "Wr0ng" not in wrong.text
    assert "ad@min" not in wrong.text


async def test_probe_opens_a_camera_with_user_and_password_beside_its_source(client: httpx.AsyncClient) -> None:
    login = {"username": "ad:min@ü", "password": f"{SECRET}%40?#"}
    with MjpegServer(digest_user=(login["username"], login["password"])) as camera:
        found = await client.post("/cameras/probe", json={"source": camera.url, **login})
        wrong = await client.post("/cameras/probe", json={"source": camera.url, **login, "password": "Wr0ng"})

    assert (found.status_code, found.json()["video_codec"]) == (200, "mjpeg")
    assert_problem(wrong, 422, "refused the user name or password")


async def test_probe_says_why_a_source_cannot_be_opened(client: httpx.AsyncClient, footage: Path) -> None:
    with OddPort(say_nothing) as silent:
        refused = {
            f"rtsp://u:{SECRET}@127.0.0.1:{free_port()}/stream1": "Nothing listens",
            f"rtsp://u:{SECRET}@127.0.0.1:{silent.port}/stream1": "did not answer within",
            f"file:{footage.parent}/none.mp4": "There is no such file.",
            "file:/etc/passwd": "folder that cameras may be read from",
            "device:77": "no video device 77",
            f"http://u:{SECRET}@169.254.169.254/latest": "metadata",
            "push:": "frames of such a camera are pushed",
            f"ftp://u:{SECRET}@10.0.0.1/x": "starts with one of",
            "rtsp://***@10.0.0.1/x": "write it in full",
        }
        for source, reason in refused.items():
            answer = await client.post("/cameras/probe", json={"source": source})
            assert_problem(answer, 422, reason)
            assert "S3cr" not in answer.text


async def test_probe_is_refused_while_many_wait(client: httpx.AsyncClient) -> None:
    with OddPort(say_nothing) as silent:
        source = f"rtsp://127.0.0.1:{silent.port}/stream1"
        answers = await asyncio.gather(*(client.post("/cameras/probe", json={"source": source}) for _ in range(12)))
        later = await client.post("/cameras/probe", json={"source": source})

    assert sorted(answer.status_code for answer in answers) == [422] * 6 + [503] * 6
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in answers if answer.status_code == 503)
    assert_problem(later, 422, "did not answer within")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("ftp://u:S3cret@10.0.0.1/x", "starts with one of"),
        ("rtsp:stream1", "looks like rtsp://"),
        ("rtsp://u:S3cret@10.0.0.1:99999/x", "port lies between"),
        ("rtsp://10.0.0.1/x#loop", "no option of this name"),
        ("device:front", "by its number"),
        ("file:/etc/passwd", "folder that cameras may be read from"),
        ("http://u:S3cret@169.254.169.254/x", "metadata"),
        (f"http://u:S3cret@127.0.0.1:{OWN_PORT}/x", "port of the service itself"),
        ("rtsp://[::ffff:169.254.1.1]/x", "Link-local"),
        ("http://2852039166/latest", "metadata"),
        ("http://0251.0376.0251.0376/latest", "metadata"),
        ("http://[64:ff9b::a9fe:a9fe]/latest", "metadata"),
        ("http://168.63.129.16/machine", "metadata"),
    ],
)
async def test_camera_with_an_impossible_source_is_refused(client: httpx.AsyncClient, source: str, reason: str) -> None:
    kept = (await client.post("/cameras", json={"name": "A", "source": "push:"})).headers["Location"]

    for answer in [
        await client.post("/cameras", json={"name": "B", "source": source}),
        await client.put(kept, json={"name": "A", "source": source}),
    ]:
        assert_problem(answer, 422, reason)
        assert "S3cret" not in answer.text
    assert (await client.get(kept)).json()["source"] == "push:"


async def test_camera_that_is_not_there_yet_may_be_stored(client: httpx.AsyncClient, footage: Path) -> None:
    for number, source in enumerate(["rtsp://camera.lan/stream1", "device:77", f"file:{footage.parent}/later.mp4"]):
        answer = await client.post("/cameras", json={"name": f"Camera {number}", "source": source})
        assert answer.status_code == 201, answer.text


def decode(encoded: str) -> Images:
    picture = cv2.imdecode(np.frombuffer(b64decode(encoded), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)
