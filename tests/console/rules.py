"""Rules: begun with a template, painted, tried on the past, saved, and then they fire."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from instantreact.domain.user import Role
from tests.console.conftest import PHONE, House, Visit, Visiting, check_page

OWN = "Rules page: "
"""What the rules of this file begin with; none of them stays."""


@pytest.fixture
def own_rules(house: House) -> Iterator[None]:
    """Takes away what a test of this file made."""
    yield
    for rule in find_rules(house):
        assert house.api.delete(f"/rules/{rule['id']}").status_code == 204


def find_rules(house: House) -> list[dict[str, Any]]:
    listed = house.api.get("/rules", params={"limit": 200}).json()["items"]
    return [rule for rule in listed if rule["name"].startswith(OWN)]


def upload(house: House, path: Path) -> None:
    with path.open("rb") as file:
        answer = house.api.post("/analyze", params={"wait": 60}, data={"notify": "always"}, files={"file": file})
    assert answer.status_code == 200, answer.text
    assert answer.json()["events"]


def make_rule(house: House, name: str, **draft: Any) -> dict[str, Any]:
    """One that is off."""
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.5}]
    answer = house.api.post("/rules", json={"name": OWN + name, "conditions": conditions, "enabled": False, **draft})
    assert answer.status_code == 201, answer.text
    rule: dict[str, Any] = answer.json()
    return rule


def find_sentence(page: Page) -> Locator:
    return page.locator("[data-sentence]")


@pytest.mark.data
@pytest.mark.usefixtures("own_rules")
def test_rule_from_a_template_is_tried_on_the_past_saved_and_then_fires(
    house: House, visit: Visiting, data_dir: Path
) -> None:
    clips = data_dir / "cctv" / "clips"
    upload(house, clips / "fi004.mp4")
    page = visit().open("/console/rules")
    page.get_by_role("link", name="New rule").click()
    check_page(page)
    page.get_by_role("link", name="A fight").click()
    page.get_by_label("Name").fill(f"{OWN}a fight")
    page.get_by_label("At least, %").fill("0")
    page.get_by_label("Quiet time after an alert, seconds").fill("0")
    expect(find_sentence(page)).to_contain_text("Tell everybody, critical, when “fight” is at least 0%.")
    page.get_by_role("button", name="Try it on the last 7 days").click()

    tried = page.get_by_role("region", name="Try it")
    expect(tried.get_by_text("It would have told")).to_be_visible()
    shown = tried.get_by_role("list", name="Alerts that there would have been").get_by_role("listitem")
    expect(shown.first.get_by_role("img")).to_have_js_property("complete", True)
    assert shown.first.get_by_role("img").evaluate("picture => picture.naturalWidth") > 0
    tried.get_by_role("button", name="Ask for").last.click()
    expect(find_sentence(page)).not_to_contain_text("at least 0%")
    expect(tried.get_by_text("The rule was changed")).to_be_hidden()
    page.get_by_label("At least, %").fill("0")
    expect(tried.get_by_text("The rule was changed")).to_be_visible()
    check_page(page)
    assert find_rules(house) == []
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()
    (rule,) = find_rules(house)
    row = page.locator(f"[data-rule='{rule['id']}']")
    expect(row).to_contain_text("when “fight” is at least 0%")
    check_page(page)
    upload(house, clips / "fi005.mp4")
    fired = house.api.get("/alerts", params={"rule_id": rule["id"]}).json()["items"]
    assert {alert["severity"] for alert in fired} == {"critical"}

    row.get_by_role("switch", name=f"{OWN}a fight is on").locator("..").click()
    expect(row.get_by_role("switch")).not_to_be_checked()
    expect(row.get_by_role("switch")).to_be_enabled()
    assert not house.api.get(f"/rules/{rule['id']}").json()["enabled"]
    row.get_by_role("link").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()
    expect(row).to_have_count(0)
    assert find_rules(house) == []


def paint_over(visiting: Visit, page: Page, start: Locator, end: Locator) -> None:
    """With a finger, which the browser would scroll with elsewhere."""
    start.scroll_into_view_if_needed()
    places = [box for each in (start, end) if (box := each.bounding_box())]
    points = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2} for box in places]
    touch = visiting.context.new_cdp_session(page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points[:1]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": points[1:]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


@pytest.mark.usefixtures("own_rules")
def test_hours_are_painted_by_keyboard_mouse_and_finger(house: House, visit: Visiting) -> None:
    rule = make_rule(house, "hours")
    visiting = visit(size=PHONE)
    page = visiting.open(f"/console/rules/{rule['id']}")
    week = page.get_by_role("grid", name="Hours in which it may fire")
    week.get_by_role("gridcell", name="Monday 00:00").focus()
    for key in ("ArrowRight", "ArrowDown", "Space", "Shift+ArrowDown", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(find_sentence(page)).to_contain_text(", Tuesday 01:00 to 04:00.")
    expect(week.get_by_role("gridcell", name="Tuesday 03:00")).to_be_focused()
    page.keyboard.press("Space")
    expect(find_sentence(page)).to_contain_text(", Tuesday 01:00 to 03:00.")
    check_page(page)

    week.get_by_role("gridcell", name="Thursday 20:00").hover()
    page.mouse.down()
    week.get_by_role("gridcell", name="Friday 21:00").hover()
    page.mouse.up()
    expect(find_sentence(page)).to_contain_text("Thursday and Friday 20:00 to 22:00")
    sunday = [week.get_by_role("gridcell", name=f"Sunday {hour}:00") for hour in ("08", "10")]
    paint_over(visiting, page, *sunday)
    expect(find_sentence(page)).to_contain_text("Sunday 08:00 to 11:00")
    week.get_by_role("button", name="All of Tuesday").click()
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()
    assert house.api.get(f"/rules/{rule['id']}").json()["schedule"]["hours"] == [
        {"days": ["tue"], "start": "00:00", "end": "00:00"},
        {"days": ["thu", "fri"], "start": "20:00", "end": "22:00"},
        {"days": ["sun"], "start": "08:00", "end": "11:00"},
    ]


@pytest.mark.usefixtures("own_rules")
def test_what_the_form_does_not_show_stays_and_is_edited_as_json(house: House, visit: Visiting) -> None:
    line = [{"x": 0.25, "y": 0.5}, {"x": 0.75, "y": 0.5}]
    conditions = [
        {"kind": "concept", "concept": "fight", "min_score": 0.3333},
        {"kind": "passage", "label": "person", "way": "left", "line": line},
    ]
    schedule = {"hours": [{"days": ["mon", "holiday"], "start": "20:07", "end": "06:00"}], "holidays": ["2026-12-25"]}
    before = make_rule(house, "kept", conditions=conditions, schedule=schedule)
    visiting = visit(locale="fr-FR")
    page = visiting.open(f"/console/rules/{before['id']}")
    expect(page.get_by_text("Elle passe une ligne, qui reste telle quelle")).to_be_visible()
    expect(page.get_by_text("Elles restent telles quelles.")).to_be_visible()
    expect(find_sentence(page)).to_contain_text("et « person » passe une ligne vers la gauche")
    page.get_by_label("Importance").select_option("critical")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Règles", exact=True)).to_be_visible()
    changed = house.api.get(f"/rules/{before['id']}").json()
    assert changed == {**before, "severity": "critical"}

    page = visiting.open(f"/console/rules/{before['id']}")
    page.get_by_role("button", name="Modifier en JSON").click()
    json = page.get_by_label("Toute la règle en JSON")
    json.fill(json.input_value().replace('"left"', '"right"'))
    check_page(page)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Règles", exact=True)).to_be_visible()
    assert house.api.get(f"/rules/{before['id']}").json()["conditions"][1]["way"] == "right"


@pytest.mark.usefixtures("own_rules")
def test_words_that_were_read_begin_a_rule(house: House, visit: Visiting) -> None:
    camera = house.api.post("/cameras", json={"name": "Rules page's", "source": "push:"}).json()
    page = visit().open(f"/console/rules/new?words=red+car&camera={camera['id']}")
    expect(find_sentence(page)).to_contain_text("mentions “red car” (at least 30%) at Rules page's.")
    page.get_by_label("Name").fill(f"{OWN}red car")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Rules", exact=True)).to_be_visible()
    (rule,) = find_rules(house)
    assert rule["camera_ids"] == [camera["id"]]
    assert house.api.delete(f"/rules/{rule['id']}").status_code == 204
    assert house.api.delete(f"/cameras/{camera['id']}").status_code == 204


@pytest.mark.usefixtures("own_rules")
def test_viewer_reads_and_tries_a_rule_and_cannot_change_it(house: House, visit: Visiting) -> None:
    rule = make_rule(house, "looked at")
    visiting = visit(Role.VIEWER)
    page = visiting.open("/console/rules")
    expect(page.locator(f"[data-rule='{rule['id']}']")).to_contain_text("when “fight” is at least 50%")
    expect(page.get_by_role("link", name="New rule")).to_have_count(0)
    expect(page.get_by_role("switch")).to_have_count(0)
    page.locator(f"[data-rule='{rule['id']}']").get_by_role("link").click()
    expect(page.get_by_text("Your role may look at this")).to_be_visible()
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("It would have told")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    check_page(page)

    asked = visiting.context.request
    headers = {"Origin": house.service.url}
    url = f"{house.service.url}/rules"
    draft = {"name": OWN, "conditions": rule["conditions"]}
    assert asked.post(url, data=draft, headers=headers).status == 403
    assert asked.put(f"{url}/{rule['id']}", data=draft, headers=headers).status == 403
    assert asked.delete(f"{url}/{rule['id']}", headers=headers).status == 403
