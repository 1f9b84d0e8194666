"""The day of a camera as a console would draw it, over a real `serve` that is killed meanwhile."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.test_cameras import add_camera, wait_for_state
from tests.media.live_footage import write_clip
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import Service, wait_until

LONG_S = 90.0


def quiet_zone() -> str:
    """One in which it is not about midnight: the test does not run across two days."""
    return "UTC" if 2 <= datetime.now(UTC).hour < 22 else "Asia/Kolkata"


def wait_for_day(api: httpx.Client, camera_id: str, zone: str, is_there: Callable[[Any], object]) -> dict[str, Any]:
    def look() -> dict[str, Any] | None:
        day: dict[str, Any] = api.get(f"/cameras/{camera_id}/day", params={"time_zone": zone}).json()
        return day if is_there(day) else None

    found: dict[str, Any] = wait_until(look, timeout_s=LONG_S, what="the day")
    return found


def tells_of_both(day: dict[str, Any]) -> bool:
    """The kill, and the loss after it; while it connects at first the camera may be lost for a second as well."""
    reasons = [gap["reason"] for gap in day["gaps"]]
    return None in reasons and reasons[-1] == "lost"


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_day_of_a_camera_keeps_what_moved_and_what_was_not_seen_across_a_kill(tmp_path: Path) -> None:
    footage = repeat_clip(write_clip(tmp_path / "box.mp4"), tmp_path, times=100)
    zone = quiet_zone()
    with RtspServer(footage) as camera, Service(tmp_path / "state") as service:
        with service.client() as api:
            camera_id = add_camera(api, camera.url)
            wait_for_state(api, camera_id, "live")
            before = wait_for_day(api, camera_id, zone, lambda day: sum(day["moving_s"]) >= 5)
        service.kill()
        service.start()
        with service.client() as api:
            wait_for_state(api, camera_id, "live")
            camera.kill()
            wait_for_state(api, camera_id, "lost")
            after = wait_for_day(api, camera_id, zone, tells_of_both)
    reasons = [gap["reason"] for gap in after["gaps"]]
    assert reasons[0] == "off"
    assert None in reasons[1:-1]  # killed
    assert max(before["motion_permille"]) > 0
    assert 0 < sum(before["events_in_minute"]) <= len(before["events"]["items"])  # the newest may not be told of yet
    assert after["seen_s"][: len(before["seen_s"]) - 1] == before["seen_s"][:-1]
    assert after["seen_s"][len(before["seen_s"]) - 1] >= before["seen_s"][-1]
    assert after["events"]["items"][-1]["id"] == before["events"]["items"][-1]["id"]
    assert (after["date"], after["known_from"]) == (before["date"], before["known_from"])
