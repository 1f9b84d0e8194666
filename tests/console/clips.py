"""Clips: sent in, followed, played with their result, taken away again."""

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from instantreact.domain.user import Role
from tests.console.conftest import PHONE, House, Visiting, check_page
from tests.media.clips import Drawing, make_clip
from tests.servers.service import wait_until

ANALYZED_MS = 120_000
"""Until a clip is looked at, where others have the machine."""

_DROP = """([name, content]) => {
    const carried = new DataTransfer()
    carried.items.add(new File([Uint8Array.from(atob(content), (each) => each.charCodeAt(0))], name))
    const over = { bubbles: true, cancelable: true, dataTransfer: carried }
    const page = document.querySelector('main h1')
    page.dispatchEvent(new DragEvent('dragover', over))
    page.dispatchEvent(new DragEvent('drop', over))
}"""
_SAID = {"hearing": "heard", "engine": "local", "text": "give it back", "language": "en", "words": []}


def drop(page: Page, path: Path) -> None:
    """As if somebody let go of a file over the page."""
    page.evaluate(_DROP, [path.name, base64.b64encode(path.read_bytes()).decode()])


def say_something(route: Route) -> None:
    """What was seen, as if somebody had spoken in it: no recogniser runs in this house."""
    answer = route.fetch()
    events = [{**each, "transcript": {**each["transcript"], **_SAID}} for each in map(_with_transcript, answer.json())]
    route.fulfill(response=answer, json=events)


def _with_transcript(event: dict[str, Any]) -> dict[str, Any]:
    rest = {"intents": [], "entities": [], "traits": [], "truncated": False, "reason": None, "context": []}
    return {**event, "transcript": rest}


@pytest.mark.data
def test_clips_are_sent_in_followed_to_their_result_and_deleted(
    house: House, visit: Visiting, data_dir: Path, tmp_path: Path
) -> None:
    visiting = visit()
    page = visiting.open("/console/clips")
    no_clip = tmp_path / "shopping-list.mp4"
    no_clip.write_text("milk, bread")
    real = data_dir / "cctv" / "clips" / "fi003.mp4"
    page.get_by_label("Files").set_input_files([no_clip, real])
    refused = page.locator("[data-upload='shopping-list.mp4']")
    expect(refused.get_by_role("alert")).to_contain_text("The file is not a clip")
    visiting.complaints.clear()  # a refusal is an error to Chromium
    row = page.locator("[data-clip]").filter(has_text="fi003.mp4")
    expect(row).to_contain_text("Done", timeout=ANALYZED_MS)
    check_page(page)
    refused.get_by_role("button", name="Put shopping-list.mp4 away").click()
    expect(refused).to_have_count(0)
    row.get_by_role("link").click()
    expect(page).to_have_url(re.compile("/console/clips/"))
    expect(page.locator("article[data-clip]")).to_have_count(1)

    opened = page.locator("article[data-clip][data-state='analyzed']")
    clip_id = opened.get_attribute("data-clip")
    events = house.api.get(f"/clips/{clip_id}/events").json()
    expect(opened.get_by_role("button", name=re.compile(re.escape(events[0]["caption"]["text"])))).to_be_visible()
    expect(opened.locator("[data-now]")).to_have_text(events[0]["caption"]["text"])
    expect(opened.locator("path[data-curve]").first).to_be_attached()
    expect(opened.locator("video")).to_have_js_property("error", None)
    slider = opened.get_by_label("Place in the clip")
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_value(re.compile(r"^[1-9]"))
    assert opened.locator("video").evaluate("(video) => video.currentTime") > 1
    page.keyboard.press("Home")
    expect(opened.locator("[data-box='person']").first).to_be_visible()
    opened.get_by_role("switch", name="Draw objects in").click()
    expect(opened.locator("[data-box]")).to_have_count(0)
    check_page(page)
    with page.expect_download() as downloading:
        opened.get_by_role("button", name="Result as JSON").click()
    assert downloading.value.suggested_filename == "fi003.json"
    assert json.loads(Path(downloading.value.path()).read_text("utf-8"))["events"] == events

    opened.get_by_role("button", name="Delete").click()
    asked = page.get_by_role("dialog")
    expect(asked).to_contain_text("fi003.mp4")
    check_page(page)
    asked.get_by_role("button", name="Delete").click()
    expect(page).to_have_url(re.compile("/console/clips$"))
    expect(row).to_have_count(0)
    assert house.api.get(f"/clips/{clip_id}").status_code == 404


def test_clip_that_is_dropped_plays_with_what_was_said_as_captions_and_a_viewer_changes_nothing(
    house: House, visit: Visiting, tmp_path: Path
) -> None:
    operating = visit(Role.OPERATOR)
    page = operating.open("/console/clips")
    expect(page.get_by_role("button", name="Choose clips")).to_be_visible()
    drop(page, make_clip(tmp_path / "dropped.mp4", Drawing(width=192, duration_s=4.0)))
    row = page.locator("[data-clip]").filter(has_text="dropped.mp4")
    expect(row).to_contain_text("Done", timeout=ANALYZED_MS)
    clip_id = row.get_attribute("data-clip")
    drop(page, tmp_path / "dropped.mp4")
    expect(page.get_by_text("This very file was here already.")).to_be_visible()

    viewing = visit(Role.VIEWER, size=PHONE)
    viewing.context.route("**/clips/*/events", say_something)
    page = viewing.open(f"/console/clips/{clip_id}?at=2")
    expect(page.locator("video")).to_have_js_property("currentTime", 2)
    track = page.locator("track")
    expect(track).to_have_attribute("src", re.compile("^blob:"))
    said = "(track) => track.track.cues?.[0]?.text"
    wait_until(lambda: track.evaluate(said) == "give it back", what="the captions")
    expect(page.get_by_role("list", name="Windows of the clip")).to_contain_text("give it back")
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)
    check_page(page)
    page.get_by_role("link", name="All clips").click()
    expect(page.locator(f"[data-clip='{clip_id}']")).to_be_visible()
    expect(page.get_by_role("button", name="Choose clips")).to_have_count(0)
    headers = {"Origin": house.service.url}
    ask = viewing.context.request
    content = (tmp_path / "dropped.mp4").read_bytes()
    form: dict[str, str | float | bool | bytes | FilePayload] = {
        "file": {"name": "dropped.mp4", "mimeType": "video/mp4", "buffer": content}
    }
    sent = ask.post(f"{house.service.url}/analyze", headers=headers, multipart=form)
    assert sent.status == 403
    assert ask.delete(f"{house.service.url}/clips/{clip_id}", headers=headers).status == 403
