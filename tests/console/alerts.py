"""The inbox: what is raised shows by itself, and is answered there."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from instantreact.domain.user import Role
from instantreact_demo.graph import Person
from tests.console.conftest import PHONE, PSID, House, Visiting, check_page
from tests.media.clips import Drawing, make_clip
from tests.servers.service import wait_until

WITHIN_MS = 8000
"""From an answer in the chat until it shows: two seconds are meant, of a machine that does nothing else."""


@pytest.fixture
def rule(house: House) -> Iterator[dict[str, Any]]:
    """Tells the guard of whatever is seen, as long as a test of this file runs."""
    guard = {"name": "Guard", "channel": "messenger", "address": PSID}
    assert house.api.post("/recipients", json=guard).status_code in {201, 409}
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    draft = {"name": "A fight", "conditions": conditions, "severity": "critical", "cooldown_s": 0}
    made: dict[str, Any] = house.api.post("/rules", json=draft).json()
    yield made
    assert house.api.delete(f"/rules/{made['id']}").status_code == 204


def list_mutes(house: House) -> list[dict[str, Any]]:
    mutes: list[dict[str, Any]] = house.api.get("/mutes").json()["items"]
    return mutes


def raise_alert(house: House, rule: dict[str, Any], path: Path) -> dict[str, Any]:
    """The newest alert of a rule, after a clip was looked at."""
    with path.open("rb") as file:
        answer = house.api.post("/analyze", params={"wait": 60}, data={"notify": "always"}, files={"file": file})
    assert answer.status_code == 200, answer.text
    newest: dict[str, Any] = house.api.get("/alerts", params={"rule_id": rule["id"]}).json()["items"][0]
    return newest


@pytest.mark.data
def test_alert_shows_by_itself_and_is_acknowledged_in_the_browser(
    house: House, visit: Visiting, rule: dict[str, Any], data_dir: Path
) -> None:
    page = visit().open("/console/alerts?state=raised")
    expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
    alert = raise_alert(house, rule, data_dir / "cctv" / "clips" / "fi001.mp4")

    shown = page.locator(f"[data-alert='{alert['id']}']")
    expect(shown).to_contain_text(alert["title"])
    expect(shown.get_by_role("img")).to_have_js_property("complete", True)
    check_page(page)
    shown.get_by_role("link").click()
    opened = page.locator(f"article[data-alert='{alert['id']}']").last
    expect(opened.get_by_text("Guard", exact=True)).to_be_visible()
    expect(opened.locator("video")).to_have_js_property("error", None)
    opened.get_by_role("button", name="Why").click()
    expect(opened.get_by_role("region", name="Why")).to_contain_text("A fight")
    check_page(page)
    opened.get_by_role("button", name="Acknowledge").click()

    expect(opened.get_by_text("Acknowledged")).to_be_visible()
    assert house.api.get(f"/alerts/{alert['id']}").json()["answered_by"] == "Ana"
    expect(
        page.get_by_role("list", name=re.compile("newest first")).locator(f"[data-alert='{alert['id']}']")
    ).to_have_count(0)


def test_alert_that_was_missed_shows_when_one_is_back_and_is_answered_by_keys_and_in_the_chat(
    house: House, visit: Visiting, rule: dict[str, Any], tmp_path: Path
) -> None:
    told = len(house.graph.received)
    lost = visit(Role.VIEWER, size=PHONE)
    lost.may_lose_connection = True
    looking = lost.open("/console/alerts")
    expect(looking.get_by_role("heading", name="Alerts")).to_be_visible()
    lost.context.set_offline(True)
    expect(looking.get_by_text("The connection is lost")).to_be_visible()
    alert = raise_alert(house, rule, make_clip(tmp_path / "drawn.mp4", Drawing(width=176, duration_s=2.0)))
    lost.context.set_offline(False)
    expect(looking.get_by_text("The connection is lost")).to_be_hidden()
    seen = looking.locator(f"[data-alert='{alert['id']}']")
    expect(seen).to_contain_text("Open")
    expect(seen.get_by_role("button")).to_have_count(0)
    check_page(looking)

    page = visit(Role.OPERATOR).open("/console/alerts")
    page.locator(f"[data-alert='{alert['id']}'] a").focus()
    page.keyboard.press("m")
    wait_until(lambda: page.evaluate("document.activeElement.closest('[role=menu]') !== null"), what="the menu")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="This rule for 1 hour")).to_be_focused()
    page.keyboard.press("Enter")
    wait_until(lambda: [each for each in list_mutes(house) if each["rule_id"] == rule["id"]], what="the mute")
    expect(page.get_by_role("menu")).to_be_hidden()
    page.locator(f"[data-alert='{alert['id']}'] a").focus()
    page.keyboard.press("a")
    expect(seen).to_contain_text("by operator")

    assert house.graph.tap(house.graph.received[told].mid, "False alarm") == [200]
    expect(seen).to_contain_text("by Guard", timeout=WITHIN_MS)
    expect(seen).to_contain_text("False alarm")


def test_delivery_that_failed_says_why_and_is_sent_again(house: House, visit: Visiting, tmp_path: Path) -> None:
    draft = {"name": "Away", "channel": "messenger", "address": "1002"}
    away = house.api.post("/recipients", json=draft).json()
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    rule = {"name": "Only away", "conditions": conditions, "recipient_ids": [away["id"]], "cooldown_s": 0}
    made = house.api.post("/rules", json=rule).json()
    alert = raise_alert(house, made, make_clip(tmp_path / "away.mp4", Drawing(width=192, duration_s=2.0)))
    page = visit(Role.OPERATOR).open(f"/console/alerts/{alert['id']}")
    told = page.locator("section").filter(has=page.get_by_role("heading", name="Who was told")).last
    expect(told.get_by_role("listitem")).to_contain_text("refused")
    house.graph.people["1002"] = Person()
    told.get_by_role("button", name="Send again").click()

    expect(told.get_by_role("listitem")).to_contain_text("messenger · sent")
    expect(told.get_by_role("button")).to_have_count(0)
    house.api.delete(f"/rules/{made['id']}")
    house.api.delete(f"/recipients/{away['id']}")
