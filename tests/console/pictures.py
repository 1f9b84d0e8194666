"""Takes a picture of each page of the console, of a service that runs and footage that is drawn.

Usage: python -m tests.console.pictures [folder]

By default into docs/console, as `<page>-desk.png` and `<page>-phone.png`. A page is a line of PAGES; what it shows is
made by `furnish`.
"""

import sys
import tempfile
from pathlib import Path

from instantreact.domain.user import Role
from instantreact_demo.drawing import draw_clip
from tests.conftest import REPOSITORY
from tests.console.conftest import DESK, PHONE, PSID, House, Visit, open_browser, open_house
from tests.media.live_footage import write_clip
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import wait_until

PAGES = {
    "alerts": "/console/alerts",
    "live": "/console/live",
    "cameras": "/console/cameras",
    "camera": "/console/cameras/{camera}",
    "rules": "/console/rules",
    "rule": "/console/rules/new?template=night",
    "recipients": "/console/recipients",
    "start": "/console/start?step=rule",
    "system": "/console/system?tab=models",
}
"""By the name of their pictures; what stands in braces is what `furnish` made."""

SIZES = {"desk": DESK, "phone": PHONE}
SETTLED_MS = 1500


def main(folder: Path) -> None:
    """Take them all."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as state,
        open_house(Path(state) / "state") as house,
        open_browser() as browser,
        RtspServer(draw_footage(Path(state))) as camera,
    ):
        made = furnish(house, Path(state), camera)
        for size, (width, height) in SIZES.items():
            context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
            visit = Visit(context, house.service.url)
            visit.sign_in("Ana")
            for name, path in PAGES.items():
                page = visit.open(path.format_map(made))
                page.get_by_role("heading", level=1).wait_for()
                page.wait_for_timeout(SETTLED_MS)
                page.screenshot(path=folder / f"{name}-{size}.png")
                page.close()
            context.close()


def draw_footage(folder: Path) -> Path:
    """What a camera shows, again and again."""
    return repeat_clip(write_clip(folder / "hall.mp4"), folder, times=60)


def furnish(house: House, folder: Path, camera: RtspServer) -> dict[str, str]:
    """Somebody to look, somebody to tell, a rule, and what it is about; a camera, and one that is lost."""
    house.make_user("Ana", Role.ADMINISTRATOR)
    house.api.post("/recipients", json={"name": "Guard", "channel": "messenger", "address": PSID}).raise_for_status()
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    rule = {"name": "A fight at the counter", "conditions": conditions, "severity": "critical", "cooldown_s": 0}
    house.api.post("/rules", json=rule).raise_for_status()
    path = folder / "counter.mp4"
    draw_clip(path)
    with path.open("rb") as file:
        answer = house.api.post("/analyze", params={"wait": 60}, data={"notify": "always"}, files={"file": file})
    answer.raise_for_status()
    zone = {"name": "Door", "polygon": [{"x": 0.5, "y": 0.2}, {"x": 0.95, "y": 0.25}, {"x": 0.9, "y": 0.9}]}
    hall = {"name": "Hall", "site": "Shop", "source": camera.url, "zones": [zone]}
    made = house.api.post("/cameras", json=hall).raise_for_status().json()
    lost = {"name": "Yard", "site": "Shop", "source": "rtsp://127.0.0.1:9/stream1"}
    house.api.post("/cameras", json=lost).raise_for_status()
    wait_until(lambda: find_event(house, made["id"]), timeout_s=120, what="something that the camera saw")
    return {"camera": made["id"]}


def find_event(house: House, camera_id: str) -> bool:
    """Whether the camera saw anything yet."""
    return bool(house.api.get("/events", params={"camera_id": camera_id}).json()["items"])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else REPOSITORY / "docs" / "console")
