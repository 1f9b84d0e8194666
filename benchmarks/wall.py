"""Measures a running service whose cameras are all on one wall: how fast the API answers, and what the wall brings.

Usage: python -m benchmarks.wall [--cameras 16] [--seconds 20] [--width 480] [--fps 5]

Cameras are a drawn H.264 file of 640x360 at 10 pictures a second, played in real time, in which only the light changes:
what is measured is the wall, not the model. `GET /alerts` and `GET /cameras` are asked in turn five times a second,
first without the wall and then with it, over one connection that is kept. The client runs on the same machine.
"""

import argparse
import asyncio
import json
import tempfile
import time
from pathlib import Path

import httpx
import psutil
from tests.media.clips import Drawing, make_clip
from tests.servers.service import API_KEY, Service
from websockets.asyncio.client import ClientConnection, connect

from benchmarks.events import describe
from instantreact.api.walls import read_message

ASKED_EVERY_S = 0.2
KEY = {"X-API-Key": API_KEY}


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=16)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--width", type=int, default=480)
    parser.add_argument("--fps", type=float, default=5.0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = draw(Path(folder))
        state = Path(folder) / "state"
        with Service(state, allowed_source_folders=folder, max_cameras=str(arguments.cameras)) as service:
            asyncio.run(measure(service, film, arguments))


def draw(folder: Path) -> Path:
    """A camera's film."""
    drawing = Drawing(width=640, height=360, fps=10.0, duration_s=4.0)
    return make_clip(folder / "film.mp4", drawing)


async def measure(service: Service, film: Path, arguments: argparse.Namespace) -> None:
    """Without the wall, then with it."""
    process = psutil.Process(service.pid)
    async with httpx.AsyncClient(base_url=service.url, headers=KEY, timeout=60) as client:
        ids = [await add_camera(client, film, number) for number in range(arguments.cameras)]
        await wait_until_live(client, len(ids))
        before_s = spent(process)
        asked = await ask(client, arguments.seconds)
        print(f"  without a wall   {describe(asked)}   {rate(process, before_s, arguments)}")
        async with connect(f"ws{service.url.removeprefix('http')}/live", additional_headers=KEY) as socket:
            wanted = [{"id": each, "width": arguments.width, "fps": arguments.fps} for each in ids]
            await socket.send(json.dumps({"cameras": wanted}))
            before_s = spent(process)
            taking = asyncio.create_task(take(socket, arguments.seconds))
            asked = await ask(client, arguments.seconds)
            print(f"  with the wall    {describe(asked)}   {rate(process, before_s, arguments)}")
            print(f"  the wall brings  {await taking}")


async def add_camera(client: httpx.AsyncClient, film: Path, number: int) -> str:
    """Its id."""
    answer = await client.post("/cameras", json={"name": f"Camera {number}", "source": f"file:{film}#loop"})
    answer.raise_for_status()
    return str(answer.json()["id"])


async def wait_until_live(client: httpx.AsyncClient, count: int) -> None:
    """All of them."""
    async with asyncio.timeout(120):
        while True:
            cameras = (await client.get("/cameras?limit=100")).json()["items"]
            if [each["live"]["state"] for each in cameras].count("live") == count:
                return
            await asyncio.sleep(0.5)


async def ask(client: httpx.AsyncClient, seconds: float) -> list[float]:
    """How long each answer took."""
    took, ends_s = [], time.monotonic() + seconds
    while time.monotonic() < ends_s:
        for path in ("/alerts", "/cameras"):
            began_s = time.perf_counter()
            (await client.get(path)).raise_for_status()
            took.append(time.perf_counter() - began_s)
            await asyncio.sleep(ASKED_EVERY_S)
    return took


async def take(socket: ClientConnection, seconds: float) -> str:
    """What came in that time."""
    ages_s: list[float] = []
    size_bytes, ends_s = 0, time.monotonic() + seconds
    while time.monotonic() < ends_s:
        message = await socket.recv()
        if isinstance(message, bytes):
            header, _ = read_message(message)
            ages_s.append(header["age_s"])
            size_bytes += len(message)
    return f"{len(ages_s) / seconds:.1f} pictures/s, {size_bytes / seconds / 1e6:.2f} MB/s, age {describe(ages_s)}"


def spent(process: psutil.Process) -> float:
    """Processor time so far."""
    times = process.cpu_times()
    return times.user + times.system


def rate(process: psutil.Process, before_s: float, arguments: argparse.Namespace) -> str:
    """Cores that it used since."""
    return f"{(spent(process) - before_s) / arguments.seconds:.2f} cores"


if __name__ == "__main__":
    main()
