"""Two clips of 59 minutes do not hold up one of two seconds."""

import subprocess
from pathlib import Path

from tests.flows.test_clip_to_messenger import submit
from tests.servers.service import Service, wait_until


def make_long_clip(path: Path) -> Path:
    """59 minutes that are cheap to make, and take minutes to describe."""
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=1/4:duration=3540"]
    command = ["ffmpeg", "-nostdin", "-loglevel", "error", *picture, "-preset", "ultrafast", "-g", "30", str(path)]
    subprocess.run(command, check=True)
    return path


def test_short_clip_is_analyzed_while_two_long_ones_are(tmp_path: Path, drawn_clip: Path) -> None:
    long = make_long_clip(tmp_path / "long.mp4").read_bytes()
    service = Service(tmp_path / "state", speech="off")
    service.start()
    try:
        with service.client() as api:
            addresses = []
            for hour in (10, 11, 12):
                fields = {"recorded_at": f"2026-11-22T{hour}:00:00Z"}
                answer = api.post("/analyze", files={"file": long}, data=fields)
                assert answer.status_code == 202
                addresses.append(answer.headers["Location"])
                wait_until(lambda: api.get(addresses[0]).json()["progress"] > 0, what="the first to begin")
            assert api.get(addresses[2]).json()["position"] == 1

            assert submit(api, drawn_clip)["state"] == "analyzed"

            analyzing, waiting = [api.get(address).json() for address in (addresses[0], addresses[2])]
            assert (analyzing["state"], analyzing["position"]) == ("analyzing", 0)
            assert (waiting["state"], waiting["position"]) == ("stored", 1)
            assert waiting["estimate_s"] > analyzing["estimate_s"] > 0
    finally:
        service.kill()  # it would give the long ones five seconds to end
