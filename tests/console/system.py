"""What whoever looks after the service does: keys, users, jobs that were given up, and what was done by whom."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from instantreact.domain.job import JobState
from instantreact.domain.user import Role
from instantreact.pipeline.step_names import StepName
from instantreact.storage.tables import Job
from tests.console.conftest import PASSWORD, PHONE, House, Visiting, check_page
from tests.media.clips import Drawing, make_clip
from tests.servers.service import wait_until


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Parts of the system").get_by_role("link", name=name).click()
    expect(page.get_by_role("region", name=name)).to_be_visible()


@pytest.fixture
def buried(house: House, tmp_path: Path) -> Iterator[str]:
    """The id of a job that was given up, as after a day without a disk; written where the service keeps its jobs."""
    movie = make_clip(tmp_path / "given-up.mp4", Drawing(width=176, duration_s=1.0))
    with movie.open("rb") as file:
        clip = house.api.post("/analyze", params={"wait": 60}, files={"file": file}).json()["clip"]
    engine = create_engine(f"sqlite:///{house.service.state_dir / 'instantreact.sqlite3'}")
    with Session(engine) as session:
        now = datetime.now(UTC)
        given_up = {"state": JobState.BURIED, "attempts": 8, "error": "The disk could not be read."}
        job = Job(kind=StepName.ANALYZE, subject=clip["id"], run_at=now, created_at=now, **given_up)
        session.add(job)
        session.commit()
        yield job.id
    engine.dispose()
    assert house.api.delete(f"/clips/{clip['id']}").status_code == 204


def is_there(house: House, job_id: str) -> bool:
    jobs = house.api.get("/jobs", params={"limit": 200}).json()["items"]
    return job_id in {each["id"] for each in jobs}


def test_health_is_said_in_words_and_a_buried_job_is_run_again(house: House, visit: Visiting, buried: str) -> None:
    page = visit().open("/console/system")
    expect(page.get_by_role("heading", name=re.compile("The service (does its work|works)"))).to_be_visible()
    expect(page.get_by_role("list", name="What was found").get_by_text("database", exact=True)).to_be_visible()
    expect(page.get_by_text(re.compile(r"InstantReact \d"))).to_be_visible()
    check_page(page)

    open_tab(page, "Jobs")
    page.get_by_role("radiogroup").get_by_text("Given up", exact=True).click()
    row = page.locator(f"[data-job='{buried}']")
    expect(row).to_contain_text("Look at a clip · Given up")
    expect(row).to_contain_text("The disk could not be read.")
    check_page(page)
    row.get_by_role("button", name="Run again").click()
    expect(row).to_have_count(0)
    wait_until(lambda: not is_there(house, buried), what="the end of the job")


def test_key_is_shown_once_replaced_and_taken_back(house: House, visit: Visiting) -> None:
    page = visit().open("/console/system?tab=keys")
    page.get_by_label("Name of the key").fill("Till")
    page.get_by_label("Send clips and pictures").check()
    page.get_by_role("button", name="Make a key").click()
    shown = page.locator("[data-shown]")
    first = shown.inner_text()
    check_page(page)
    page.get_by_role("button", name="I have it").click()
    expect(shown).to_have_count(0)
    page.reload()
    row = page.get_by_role("listitem").filter(has_text="Till")
    expect(row).to_contain_text("Look at everything, Send clips and pictures")
    assert first not in page.content()
    assert ask(house, first) == 200

    row.get_by_role("button", name="Replace").click()
    page.get_by_role("button", name="Make a new key Till").click()
    expect(shown).not_to_have_text(first)
    second = shown.inner_text()
    assert [ask(house, first), ask(house, second)] == [200, 200]
    row.get_by_role("button", name="Take back").click()
    check_page(page)
    page.get_by_role("button", name="Yes, Till opens nothing any more").click()
    expect(row).to_have_count(0)
    wait_until(lambda: [ask(house, first), ask(house, second)] == [401, 401], what="the end of both keys")


def ask(house: House, key: str) -> int:
    return httpx.get(f"{house.service.url}/cameras", headers={"X-API-Key": key}).status_code


def test_user_is_added_changed_and_removed_and_all_of_it_is_in_the_audit_log(house: House, visit: Visiting) -> None:
    page = visit(size=PHONE).open("/console/system?tab=users")
    page.get_by_role("button", name="Add a user").click()
    page.get_by_role("textbox", name="Name").fill("Ben")
    page.get_by_label("Role").select_option("viewer")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    check_page(page)
    page.get_by_role("button", name="Save").click()
    row = page.get_by_role("list", name="Users").get_by_role("listitem").filter(has_text="Ben")
    expect(row).to_contain_text("Viewer")
    row.get_by_role("button", name="Change").click()
    row.get_by_label("Role").select_option("operator")
    row.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("Operator")
    theirs = visit(None)
    theirs.sign_in("Ben")

    open_tab(page, "Sessions")
    session = page.get_by_role("listitem").filter(has_text="Ben")
    check_page(page)
    session.get_by_role("button", name="Sign out there").click()
    expect(session).to_have_count(0)
    open_tab(page, "Users")
    row.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Yes, remove Ben").click()
    expect(row).to_have_count(0)

    open_tab(page, "Audit log")
    page.get_by_label("Name of a person or key").fill("Ana")
    page.get_by_label("Name of a person or key").press("Enter")
    page.get_by_role("radiogroup").get_by_text("changed", exact=True).click()
    expect(page.get_by_role("list", name="Audit log")).to_contain_text("DELETE /users/{user_id}")
    expect(page.get_by_role("list", name="Audit log")).to_contain_text("POST /users")
    check_page(page)


def test_what_is_kept_and_how_good_the_models_are_can_be_read(visit: Visiting) -> None:
    page = visit(size=PHONE).open("/console/system?tab=storage")
    expect(page.get_by_role("list", name="Storage")).to_contain_text("Clips of alerts")
    check_page(page)
    open_tab(page, "Models")
    page.get_by_role("button", name="Card").first.click()
    card = page.get_by_role("article", name="Card")
    expect(card.get_by_role("heading", name="Intended use").or_(card.get_by_text("Intended use")).first).to_be_visible()
    expect(card.get_by_role("table").first).to_be_visible()
    check_page(page)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.OPERATOR])
def test_system_is_for_administrators_on_the_page_and_in_the_api(visit: Visiting, role: Role) -> None:
    visiting = visit(role)
    page = visiting.open("/console/system?tab=keys")
    expect(page.get_by_text("Your role may look at this, not change it.")).to_be_visible()
    expect(page.get_by_role("link", name="System")).to_have_count(0)
    for path in ("/doctor", "/keys", "/users", "/audit"):
        answer = visiting.context.request.get(str(httpx.URL(page.url).join(path)))
        assert (path, answer.status) == (path, 403)
    body = {"name": "Mine", "scopes": ["admin"]}
    origin = str(httpx.URL(page.url).join("/")).rstrip("/")
    made = visiting.context.request.post(f"{origin}/keys", data=body, headers={"Origin": origin})
    assert made.status == 403
