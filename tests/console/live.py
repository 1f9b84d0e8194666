"""The wall: pictures of cameras, what they saw last, and why one shows nothing."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, WebSocket, expect

from instantreact.domain.user import Role
from tests.console.conftest import House, Visiting, check_page
from tests.media.live_footage import write_clip
from tests.servers.rtsp import RtspServer, repeat_clip
from tests.servers.service import wait_until

CORNER = [{"x": 0, "y": 0}, {"x": 0.5, "y": 0}, {"x": 0, "y": 0.5}]

_CHANGES = """async (canvas) => {
    const look = () => canvas.toDataURL('image/png')
    const before = look()
    for (let tries = 0; tries < 100; tries += 1) {
        await new Promise((done) => setTimeout(done, 50))
        if (look() !== before) return true
    }
    return false
}"""
_HIDE = """(isHidden) => {
    Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true })
    document.dispatchEvent(new Event('visibilitychange'))
}"""


@pytest.fixture
def moving_camera(house: House, tmp_path: Path) -> Iterator[tuple[RtspServer, str]]:
    """A camera before which something moves, and its id; another one, that is switched off, beside it."""
    zone = {"name": "Corner", "polygon": CORNER}
    footage = repeat_clip(write_clip(tmp_path / "box.mp4"), tmp_path, times=30)
    with RtspServer(footage) as camera:
        draft = {"name": "Hall", "source": camera.url, "zones": [zone]}
        made = house.api.post("/cameras", json=draft).json()["id"]
        off = house.api.post("/cameras", json={"name": "Cellar", "source": "push:", "enabled": False}).json()["id"]
        yield camera, made
        for each in (made, off):
            assert house.api.delete(f"/cameras/{each}").status_code == 204


def list_wishes(socket: WebSocket) -> list[list[dict[str, Any]]]:
    """What the page asks for over its socket, as it does so."""
    asked: list[list[dict[str, Any]]] = []
    socket.on("framesent", lambda frame: asked.append(json.loads(frame)["cameras"]))
    return asked


def find_newest(page: Page, asked: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What was asked for last; the browser is heard while its page is waited for."""
    page.wait_for_timeout(20)
    return asked[-1]


def find_tile(page: Page, name: str) -> Locator:
    return page.get_by_role("list", name="Wall of cameras").get_by_role("listitem").filter(has_text=name)


def test_wall_shows_what_cameras_show_and_see_and_why_one_is_lost(
    house: House, visit: Visiting, moving_camera: tuple[RtspServer, str]
) -> None:
    camera, camera_id = moving_camera
    viewer = visit(Role.VIEWER)
    page = viewer.context.new_page()
    asked: list[list[list[dict[str, Any]]]] = []
    page.on("websocket", lambda socket: asked.append(list_wishes(socket)))
    page.goto(f"{house.service.url}/console/live")
    tile, off = find_tile(page, "Hall"), find_tile(page, "Cellar")
    expect(tile.locator("[data-pictured=true]")).to_be_visible()
    assert tile.locator("canvas").evaluate(_CHANGES), "its pictures move"
    expect(tile).to_contain_text("Live")
    expect(tile).to_contain_text("Picture: now")
    expect(off).to_contain_text("It is switched off.")
    expect(tile.locator("[data-event]")).to_contain_text(re.compile(r"\w+ .*\w+"), timeout=120_000)
    page.get_by_role("switch", name="Boxes and zones").check(force=True)
    expect(tile.locator("[data-zone=Corner]")).to_have_count(1)
    check_page(page)
    assert len(asked) == 1
    assert {each["id"] for each in asked[0][-1]} >= {camera_id}

    page.evaluate(_HIDE, True)
    wait_until(lambda: not find_newest(page, asked[0]), what="that nothing is asked for")
    page.evaluate(_HIDE, False)
    wait_until(lambda: find_newest(page, asked[0]), what="that pictures are asked for again")

    tile.get_by_role("link", name="Hall: show it large").press("Enter")
    expect(page).to_have_url(re.compile(rf"\?camera={camera_id}$"))
    expect(page.get_by_role("heading", name="Hall")).to_be_visible()
    expect(page.locator("[data-pictured=true]")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Full screen").click()
    expect(page.locator(":fullscreen")).to_contain_text("Live")
    page.evaluate("document.exitFullscreen()")
    page.get_by_role("link", name="Camera", exact=True).click()
    look_at_the_day(page)
    page.get_by_role("link", name="Watch it large").click()
    page.get_by_role("link", name="Back to the wall").click()

    camera.kill()
    expect(tile).to_contain_text(re.compile(r"Lost since .*\. \w+"), timeout=120_000)
    expect(tile.locator("[data-age=old]")).to_be_visible()
    check_page(page)
    camera.start()
    expect(tile).not_to_contain_text("Lost since", timeout=120_000)
    expect(tile.locator("[data-age=now]")).to_be_visible(timeout=20_000)
    assert len(asked) == 1


def look_at_the_day(page: Page) -> None:
    """On the camera's own page: the timeline leads to what was seen, by key and by pointer."""
    day = page.get_by_role("slider", name=re.compile("^The day "))
    day.press("Shift+ArrowLeft")
    marked = page.locator("[data-marked]")
    expect(marked.get_by_role("img")).to_have_js_property("naturalWidth", 320)
    expect(day).to_have_attribute("aria-valuetext", re.compile("event|not yet"))
    day.press("Home")
    expect(marked).to_have_count(0)
    page.get_by_text("1 hour", exact=True).click()
    day.press("End")
    day.press("Shift+ArrowLeft")
    expect(marked).to_be_visible()
    check_page(page)


def test_wall_is_arranged_and_remembered_by_this_browser(
    visit: Visiting, moving_camera: tuple[RtspServer, str]
) -> None:
    ana = visit()
    page = ana.open("/console/live")
    expect(find_tile(page, "Hall")).to_be_visible()
    names = page.get_by_role("list", name="Wall of cameras").locator("li > a")
    page.get_by_role("button", name="Arrange").click()
    page.get_by_text("3", exact=True).click()
    first = names.first.inner_text()
    other = "Cellar" if first == "Hall" else "Hall"
    for _ in range(names.count()):  # others' cameras may stand between
        if names.first.inner_text() != other:
            page.get_by_role("button", name=f"Move {other} forward").press("Enter")
    expect(names.first).to_have_text(other)
    page.get_by_role("button", name=f"Show {other} larger").click()
    expect(find_tile(page, other)).to_have_attribute("data-large", "true")
    page.get_by_role("button", name=f"Take {first} off the wall").click()
    expect(find_tile(page, first)).to_have_count(0)
    check_page(page)

    again = ana.open("/console/live")
    expect(find_tile(again, other)).to_have_attribute("data-large", "true")
    expect(again.locator("[data-columns='3']")).to_be_visible()
    expect(find_tile(again, first)).to_have_count(0)
    again.get_by_role("button", name="Arrange").click()
    again.get_by_role("button", name="Put on the wall").click()
    again.get_by_role("menuitem", name=first).click()
    expect(find_tile(again, first)).to_be_visible()
