"""People: invited by link, QR code or digits, tested, opted out, edited, and whose turn comes after whom."""

import re
from typing import Any

from playwright.sync_api import expect

from instantreact.domain.user import Role
from instantreact_demo.graph import Person
from tests.console.conftest import House, Visiting, check_page
from tests.servers.service import wait_until

LEA = "2002"


def find_recipient(house: House, name: str) -> dict[str, Any] | None:
    listed = house.api.get("/recipients", params={"limit": 200}).json()["items"]
    return next((each for each in listed if each["name"] == name), None)


def test_somebody_is_invited_tested_and_opts_out(house: House, visit: Visiting) -> None:
    house.graph.people[LEA] = Person()
    page = visit().open("/console/recipients")
    page.get_by_role("link", name="Invite").click()
    page.get_by_label("Name").fill("Léa")
    page.get_by_role("button", name="Make an invitation").click()
    expect(page.get_by_role("img", name="QR code for Léa")).to_be_visible()
    expect(page.get_by_role("link", name="https://m.me/")).to_be_visible()
    code = page.get_by_text(re.compile(r"^\d{6}$")).inner_text()
    check_page(page)
    assert house.graph.write(LEA, code) == [200]
    expect(page.get_by_text("Léa has used it")).to_be_visible()

    page.get_by_role("link", name="All people").click()
    found = find_recipient(house, "Léa")
    assert found
    row = page.locator(f"[data-recipient='{found['id']}']")
    expect(row).to_contain_text("Chat window open until")
    row.get_by_role("button", name="Send a test to Léa").click()
    expect(row.get_by_role("status")).to_contain_text(re.compile("The test was (sent|delivered|read)"))
    assert [each.text for each in house.graph.received if each.psid == LEA and "test" in each.text.lower()]
    check_page(page)

    assert house.graph.write(LEA, "stop") == [200]
    wait_until(lambda: (find_recipient(house, "Léa") or {}).get("opted_out_at"), what="the opt-out")
    row.get_by_role("link", name="Léa").click()
    expect(page.get_by_text("Opted out")).to_be_visible()
    expect(page.get_by_role("heading", name="What they were told")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Remove", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_role("heading", name="People")).to_be_visible()
    assert find_recipient(house, "Léa") is None


def test_channels_in_order_quiet_hours_and_steps_are_seen_and_changed(house: House, visit: Visiting) -> None:
    second = {"name": "Max at home", "channel": "console", "address": "max-home"}
    fallback = house.api.post("/recipients", json=second).json()
    page = visit().open("/console/recipients/new")
    page.get_by_label("Name").fill("Max")
    page.get_by_label("Channel").select_option("console")
    page.get_by_label("Address").fill("max")
    page.get_by_label("Told instead where this").select_option(label="Max at home (Console of the service)")
    page.get_by_role("button", name="Nights").click()
    expect(page.get_by_text("daily 22:00 to 06:00")).to_be_visible()
    check_page(page)
    page.get_by_role("button", name="Save").click()

    expect(page.get_by_role("heading", name="People")).to_be_visible()
    made = find_recipient(house, "Max")
    assert made
    assert made["fallback_id"] == fallback["id"]
    row = page.locator(f"[data-recipient='{made['id']}']")
    expect(row).to_contain_text("where that does not reach them: Max at home by Console of the service")
    expect(row).to_contain_text("Quiet hours: daily 22:00 to 06:00")
    steps = [{"after_s": 600, "recipient_ids": [made["id"]]}]
    conditions = [{"kind": "concept", "concept": "fight"}]
    draft = {"name": "Max's rule", "conditions": conditions, "escalation": steps, "enabled": False}
    rule = house.api.post("/rules", json=draft).json()
    try:
        page.reload()
        row.get_by_role("link").click()
        expect(page.get_by_role("link", name="“Max's rule”: after 10 min")).to_be_visible()
        page.get_by_label("Name").fill("Max himself")
        page.get_by_role("button", name="Save").click()
        expect(row).to_contain_text("Max himself")
        assert house.api.get(f"/recipients/{made['id']}").json() == {**made, "name": "Max himself"}
    finally:
        house.api.delete(f"/rules/{rule['id']}")
        for each in (made, fallback):
            house.api.delete(f"/recipients/{each['id']}")


def test_viewer_sees_people_and_cannot_change_them(house: House, visit: Visiting) -> None:
    made = house.api.post("/recipients", json={"name": "Seen", "channel": "console", "address": "seen"}).json()
    visiting = visit(Role.VIEWER)
    page = visiting.open("/console/recipients")
    row = page.locator(f"[data-recipient='{made['id']}']")
    expect(row).to_contain_text("Console of the service")
    expect(page.get_by_role("link", name="Invite")).to_have_count(0)
    expect(row.get_by_role("button")).to_have_count(0)
    expect(page.get_by_role("switch")).to_have_count(0)
    row.get_by_role("link").click()
    expect(page.get_by_role("heading", name="Seen")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_have_count(0)
    check_page(page)

    asked = visiting.context.request
    headers = {"Origin": house.service.url}
    url = f"{house.service.url}/recipients"
    draft = {"name": "Me", "channel": "console", "address": "me"}
    assert asked.post(url, data=draft, headers=headers).status == 403
    assert asked.put(f"{url}/{made['id']}", data=draft, headers=headers).status == 403
    assert asked.delete(f"{url}/{made['id']}", headers=headers).status == 403
    invitation = {"name": "Me", "channel": "messenger"}
    assert asked.post(f"{house.service.url}/invitations", data=invitation, headers=headers).status == 403
    assert house.api.delete(f"/recipients/{made['id']}").status_code == 204
