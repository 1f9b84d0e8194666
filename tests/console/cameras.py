"""The cameras' pages: a camera is tried, added, drawn on and kept in order there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from instantreact.domain.user import Role
from tests.console.conftest import House, Visiting, check_page
from tests.flows.test_cameras import decode_jpeg
from tests.media.live_footage import HEIGHT, WIDTH, write_clip
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import wait_until

BLACK = 16
"""No grey level of a picture that was masked is above this; the room's begin at 60."""


@pytest.fixture
def still_camera(tmp_path: Path) -> Iterator[RtspServer]:
    """A camera that shows a room in which nothing moves."""
    footage = repeat_clip(write_clip(tmp_path / "room.mp4", moving=False), tmp_path, times=60)
    with RtspServer(footage) as camera:
        yield camera


def find_camera(house: House, name: str) -> dict[str, Any]:
    cameras: list[dict[str, Any]] = house.api.get("/cameras", params={"limit": 200}).json()["items"]
    return next(each for each in cameras if each["name"] == name)


def point_at(picture: Locator, x: float, y: float) -> tuple[float, float]:
    """Where a share of the picture is on the screen."""
    box = picture.bounding_box()
    assert box
    return box["x"] + x * box["width"], box["y"] + y * box["height"]


def press(page: Page, key: str, times: int) -> None:
    for _ in range(times):
        page.keyboard.press(key)


def is_masked(house: House, camera_id: str) -> bool:
    """Whether the left half of the camera's picture is black, and the right one is not."""
    answer = house.api.get(f"/cameras/{camera_id}/snapshot.jpg")
    if answer.status_code != 200:
        return False
    picture = decode_jpeg(answer.content)
    assert picture.shape == (HEIGHT, WIDTH, 3)
    left, right = picture[10:-10, 10 : WIDTH // 2 - 10], picture[10:-10, WIDTH // 2 + 10 : -10]
    return int(left.max()) < BLACK and int(right.mean()) > 4 * BLACK


def test_camera_is_tried_and_added_and_a_mask_drawn_on_it_is_black_in_the_next_snapshot(
    house: House, visit: Visiting, still_camera: RtspServer
) -> None:
    ana = visit()
    page = ana.open("/console/cameras/new")
    page.get_by_role("textbox", name="Name", exact=True).fill("Yard")
    page.get_by_label("Address").fill("rtsp://127.0.0.1:9/nothing")
    page.get_by_role("button", name="Try the address").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing listens on port 9")
    ana.complaints.clear()  # Chromium writes down that the probe was refused
    page.get_by_label("Address").fill(still_camera.url)
    page.get_by_role("button", name="Try the address").click()
    expect(page.get_by_role("figure")).to_contain_text("320 × 240")
    expect(page.get_by_role("figure").get_by_role("img")).to_have_js_property("naturalWidth", WIDTH)
    check_page(page)
    page.get_by_role("button", name="Add a camera").click()
    expect(page.get_by_role("heading", name="Yard")).to_be_visible()
    camera_id = find_camera(house, "Yard")["id"]
    picture = page.get_by_role("img", name="Picture: Yard")
    expect(page.locator("[data-pictured=true]")).to_be_visible()
    expect(page.locator("[data-camera-state=live]")).to_be_visible()
    check_page(page)

    page.get_by_role("button", name="Draw a mask").click()
    for x, y in ((0.02, 0.02), (0.3, 0.02), (0.3, 0.98), (0.02, 0.98)):
        page.mouse.click(*point_at(picture, x, y))
    check_page(page)
    page.mouse.click(*point_at(picture, 0.02, 0.02))  # the first corner closes it
    shapes = page.get_by_role("list", name="Zones and masks")
    expect(shapes.get_by_role("button", name="Mask 1", exact=True)).to_have_attribute("aria-pressed", "true")
    drag(page, picture, (0.02, 0.02), (0, 0))
    drag(page, picture, (0.3, 0.02), (0.5, 0))
    drag(page, picture, (0.3, 0.98), (0.5, 1))
    drag_by_touch(page, picture, (0.02, 0.98), (0, 1))
    check_page(page)
    page.get_by_role("button", name="Save", exact=True).first.click()
    wait_until(lambda: is_masked(house, camera_id), what="the mask in a snapshot")
    mask = find_camera(house, "Yard")["masks"][0]["polygon"]
    assert [(round(corner["x"], 2), round(corner["y"], 2)) for corner in mask] == [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]

    draw_zone_by_keyboard(page)
    page.get_by_role("textbox", name="Name of the zone").fill("Gate")
    page.get_by_role("button", name="Save", exact=True).first.click()
    zones = wait_until(lambda: find_camera(house, "Yard")["zones"], what="the zone")
    assert zones[0]["name"] == "Gate"
    assert zones[0]["polygon"] == [{"x": 0.5, "y": 0.5}, {"x": 0.6, "y": 0.5}, {"x": 0.6, "y": 0.61}]

    set_and_delete(house, page, camera_id)


def drag(page: Page, picture: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """By mouse, from one place of the picture to another, with a place between."""
    page.mouse.move(*point_at(picture, *start))
    page.mouse.down()
    page.mouse.move(*point_at(picture, (start[0] + end[0]) / 2, 0.5), steps=2)
    page.mouse.move(*point_at(picture, *end))
    page.mouse.up()


def drag_by_touch(page: Page, picture: Locator, start: tuple[float, float], end: tuple[float, float]) -> None:
    """With a finger."""
    session = page.context.new_cdp_session(page)
    steps = (("touchStart", start), ("touchMove", (0.25, 0.5)), ("touchMove", end))
    for kind, place in steps:
        x, y = point_at(picture, *place)
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    session.detach()


def draw_zone_by_keyboard(page: Page) -> None:
    """Three corners, a fourth that is undone, closed, and one moved: without the mouse."""
    page.get_by_role("button", name="Draw a zone").focus()
    page.keyboard.press("Enter")
    surface = page.get_by_role("application")
    expect(surface).to_be_focused()
    page.keyboard.press("Space")
    press(page, "Shift+ArrowRight", 2)
    page.keyboard.press("Space")
    press(page, "Shift+ArrowDown", 2)
    page.keyboard.press("Space")
    press(page, "ArrowLeft", 5)
    page.keyboard.press("Space")
    expect(surface).to_have_accessible_name("Drawing surface, 4 corners")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(surface).to_have_count(0)
    page.get_by_role("button", name="Corner 3 of 3").focus()
    press(page, "ArrowDown", 1)
    expect(page.get_by_role("button", name="Corner 3 of 3, 60 % from the left, 61 % from the top")).to_be_visible()
    page.get_by_role("button", name="Corner 1 of 3").focus()
    press(page, "ArrowUp", 3)
    page.get_by_role("button", name="Undo").focus()
    page.keyboard.press("Enter")


def set_and_delete(house: House, page: Page, camera_id: str) -> None:
    """The rest of the page: sensitivity, settings, the day, and that it is deleted after it was asked for again."""
    page.get_by_role("slider", name="Sensitivity to motion").press("End")
    wait_until(lambda: find_camera(house, "Yard")["sensitivity"] == 1.0, what="the sensitivity")
    expect(page.get_by_text("Now:")).to_be_visible()
    site = page.get_by_label("Site")
    site.fill("Depot")
    site.press("Enter")
    wait_until(lambda: find_camera(house, "Yard")["site"] == "Depot", what="the site")
    assert find_camera(house, "Yard")["zones"], "what else is set stays"
    expect(page.get_by_text("events", exact=False).first).to_be_visible()
    day = page.get_by_role("slider", name=re.compile("^The day "))
    expect(day).to_have_attribute("aria-valuetext", re.compile("not yet|no motion|motion|lost|off|not known"))
    before = int(day.get_attribute("aria-valuenow") or 0)
    hour_before = "|".join(str(max(0, before - minutes)) for minutes in range(57, 64))  # time goes on meanwhile
    day.press("PageDown")
    expect(day).to_have_attribute("aria-valuenow", re.compile(f"^({hour_before})$"))
    page.get_by_role("button", name="Delete this camera").click()
    check_page(page)
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page).to_have_url(re.compile("/console/cameras$"))
    expect(page.locator(f"[data-camera='{camera_id}']")).to_have_count(0)


def test_cameras_are_put_in_order_by_those_who_may(house: House, visit: Visiting) -> None:
    ids = []
    for name in ("First", "Second"):
        draft = {"name": name, "source": "push:", "enabled": False}
        ids.append(house.api.post("/cameras", json=draft).json()["id"])
    page = visit().open("/console/cameras")
    row = page.locator(f"[data-camera='{ids[1]}']")
    expect(row).to_contain_text("switched off")
    check_page(page)
    up = page.get_by_role("button", name="Move Second up")
    for _ in house.api.get("/cameras").json()["items"]:  # others' cameras may stand between
        if up.is_enabled():
            up.press("Enter")
            page.wait_for_timeout(300)
    wait_until(
        lambda: (find_camera(house, "Second")["position"] or 99) < (find_camera(house, "First")["position"] or 0),
        what="the order",
    )

    viewer = visit(Role.VIEWER)
    looking = viewer.open(f"/console/cameras/{ids[0]}")
    expect(looking.get_by_text("Your role may look at this, not change it.")).to_be_visible()
    for name in ("Draw a mask", "Draw a zone", "Save", "Delete this camera", "Forget all of it"):
        expect(looking.get_by_role("button", name=name)).to_have_count(0)
    expect(looking.get_by_role("slider", name="Sensitivity to motion")).to_have_count(0)
    expect(looking.get_by_role("textbox", name="Name", exact=True)).not_to_be_editable()
    check_page(looking)
    looking.goto(f"{house.service.url}/console/cameras")
    expect(looking.get_by_role("link", name="First")).to_be_visible()
    expect(looking.get_by_role("button", name="Move First up")).to_have_count(0)
    expect(looking.get_by_role("link", name="Add a camera")).to_have_count(0)
    headers = {"Origin": house.service.url}
    draft = {"name": "Mine", "source": "push:"}
    for method, path, body in (
        ("PUT", f"/cameras/{ids[0]}", draft),
        ("PUT", "/cameras/order", {"camera_ids": ids}),
        ("POST", "/cameras", draft),
        ("POST", "/cameras/probe", {"source": "device:0"}),
        ("DELETE", f"/cameras/{ids[0]}", {}),
        ("DELETE", f"/cameras/{ids[0]}/calibration", {}),
    ):
        url = f"{house.service.url}{path}"
        assert viewer.context.request.fetch(url, method=method, data=body, headers=headers).status == 403
    for camera_id in ids:
        assert house.api.delete(f"/cameras/{camera_id}").status_code == 204
