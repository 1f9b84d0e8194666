"""Everything that was seen: found by words, by what it shows and by its moment, and where one goes from there."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from instantreact.domain.user import Role
from tests.console.conftest import PHONE, House, Visiting, check_page

MORNING = timedelta(hours=10, minutes=30)
DAY_S = 86_400


def make_camera(house: House, name: str) -> str:
    """One that nobody watches; what it saw comes as clips."""
    made = house.api.post("/cameras", json={"name": name, "source": "push:", "enabled": False})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


def show(house: House, path: Path, camera_id: str, at: datetime) -> dict[str, Any]:
    """The first event of a clip that a camera recorded then."""
    data = {"camera_id": camera_id, "recorded_at": at.isoformat(), "notify": "never"}
    with path.open("rb") as file:
        answer = house.api.post("/analyze", params={"wait": 60}, data=data, files={"file": file})
    assert answer.status_code == 200, answer.text
    event: dict[str, Any] = answer.json()["events"][0]
    return event


def row_of(page: Page, event: dict[str, Any]) -> Locator:
    return page.get_by_role("list", name=re.compile("newest first")).locator(f"[data-event='{event['id']}']")


def point_at_day(page: Page, camera: str, share: float) -> None:
    """One click on a camera's day."""
    track = page.get_by_label(f"Moment of {camera}")
    box = track.bounding_box()
    assert box is not None
    track.click(position={"x": box["width"] * share, "y": box["height"] / 2})


@pytest.mark.data
def test_event_shows_by_itself_is_found_by_word_and_happening_and_leads_on(
    house: House, visit: Visiting, data_dir: Path
) -> None:
    camera = make_camera(house, "Counter")
    page = visit().open(f"/console/events?camera={camera}")
    expect(page.get_by_text("Nothing of that kind was seen")).to_be_visible()
    check_page(page)
    event = show(house, data_dir / "cctv" / "clips" / "fi002.mp4", camera, datetime.now(UTC))
    row = row_of(page, event)
    expect(row).to_contain_text(event["caption"]["text"])
    expect(row.get_by_role("img")).to_have_js_property("complete", True)

    concept, score = max(event["concepts"].items(), key=lambda each: float(each[1]))
    page.get_by_label("Happening").select_option(concept)
    page.get_by_label("Sure by").select_option(str(min(int(score * 10), 9) / 10))
    expect(row).to_be_visible()
    words = event["caption"]["text"].split()
    page.get_by_label("Words seen or said").fill(f"{words[0]} {words[-1][:4]}")
    expect(page).to_have_url(re.compile(r"[?&]q=\w"))
    expect(row).to_be_visible()
    check_page(page)
    page.get_by_label("Words seen or said").fill("zeppelin")
    expect(page.get_by_text("Nothing of that kind was seen")).to_be_visible()
    page.get_by_role("button", name="Show everything").click()
    row.get_by_role("link").focus()
    page.keyboard.press("Enter")

    opened = page.locator(f"article[data-event='{event['id']}']").last
    expect(opened.locator("video")).to_have_js_property("error", None)
    expect(opened.locator("video")).to_have_js_property("videoWidth", 480)
    expect(opened.get_by_text("No alert was raised for it.")).to_be_visible()
    leads = opened.get_by_role("link", name="New rule from this").get_attribute("href")
    assert leads is not None
    assert f"camera={camera}" in leads
    check_page(page)
    opened.get_by_role("link", name=re.compile("Open the clip")).click()
    expect(page).to_have_url(re.compile(f"/console/clips/{event['clip_id']}"))


@pytest.mark.data
def test_any_moment_is_two_clicks_away_and_in_the_address(house: House, visit: Visiting, data_dir: Path) -> None:
    camera = make_camera(house, "Gate")
    yesterday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)
    clips = data_dir / "cctv" / "clips"
    event = show(house, clips / "nofi001.mp4", camera, yesterday + MORNING)
    later = show(house, clips / "nofi002.mp4", camera, yesterday + 2 * MORNING)
    page = visit(Role.VIEWER, size=PHONE).open(f"/console/events?camera={camera}")
    expect(row_of(page, later)).to_be_visible()

    page.get_by_text(f"{yesterday:%-d %a}", exact=True).click()
    expect(page.get_by_text("2 events")).to_be_visible()
    point_at_day(page, "Gate", (MORNING + timedelta(minutes=8)).total_seconds() / DAY_S)

    expect(row_of(page, event)).to_be_visible()
    expect(row_of(page, later)).to_have_count(0)
    expect(page).to_have_url(re.compile(f"at={yesterday:%Y-%m-%d}T10"))
    check_page(page)
    page.reload()
    expect(row_of(page, event)).to_be_visible()
    expect(row_of(page, later)).to_have_count(0)
    page.get_by_label("Moment of Gate").focus()
    page.keyboard.press("Home")
    expect(page.get_by_text("Nothing of that kind was seen")).to_be_visible()
    page.get_by_role("button", name="Newest").click()
    expect(row_of(page, later)).to_be_visible()
    row_of(page, later).get_by_role("link").click()
    expect(page.get_by_role("link", name=re.compile("Open the clip"))).to_be_visible()
    expect(page.get_by_role("link", name="New rule from this")).to_have_count(0)
    check_page(page)
