"""From a service that nobody has set up to alerts on a phone: its own service, since that happens once."""

import re
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from instantreact.domain.user import Role
from instantreact_demo.graph import FakeGraph, Person
from instantreact_demo.graph.events import from_person
from tests.console.conftest import PASSWORD, PHONE, Visit, Visiting, check_page
from tests.servers.rtsp import RtspServer, free_port, repeat_clip
from tests.servers.service import Service, wait_until

OWNER = "2002"
MOST_CLICKS = 10
"""Of the whole way, with leaving it half-way and coming back, which takes four of them."""

_COUNT = """addEventListener('pointerdown', () => {
    sessionStorage.setItem('clicks', Number(sessionStorage.getItem('clicks') ?? 0) + 1)
}, true)"""


@pytest.fixture
def bare(tmp_path: Path) -> Iterator[tuple[Service, FakeGraph]]:
    """A service with a Page, and nothing else."""
    with FakeGraph() as graph:
        graph.people[OWNER] = Person()
        with Service(tmp_path / "state", graph) as service:
            graph.webhook_url = f"{service.url}/webhooks/messenger"
            yield service, graph


def open_link(graph: FakeGraph, url: str) -> None:
    """What Messenger tells when somebody scans the code and taps *Get started*."""
    (token,) = parse_qs(urlsplit(url).query)["ref"]
    referral = {"ref": token, "source": "SHORTLINK", "type": "OPEN_THREAD"}
    tap = {"postback": {"mid": "m_start", "payload": "GET_STARTED", "referral": referral}}
    page_id = graph.page.page_id
    assert graph.call_webhook(from_person(OWNER, page_id, int(time.time() * 1000), tap)) == [200]


def count_clicks(page: Page) -> int:
    return int(page.evaluate("Number(sessionStorage.getItem('clicks') ?? 0)"))


@pytest.mark.data
def test_first_start_leads_to_an_alert_on_messenger_and_is_left_and_taken_up_again(
    bare: tuple[Service, FakeGraph], browser: Browser, data_dir: Path, tmp_path: Path
) -> None:
    service, graph = bare
    clip = repeat_clip(data_dir / "cctv" / "clips" / "fi001.mp4", tmp_path, times=200)
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="en-GB")
    visit = Visit(context, service.url)
    context.add_init_script(_COUNT)
    with RtspServer(clip) as camera:
        page = visit.open("/")
        (code,) = re.findall(r"set-up code.*: (\S+) \(", "".join(service.output))
        page.get_by_label("Set-up code").fill(code)
        page.get_by_label("Name").fill("Ana")
        page.get_by_role("textbox", name="Password").fill(PASSWORD)
        page.get_by_role("button", name="Become administrator").click()
        missing = page.get_by_text("Still missing")
        expect(missing).to_have_text("Still missing: A camera, A rule, Somebody to be told, A test alert.")

        address = page.get_by_label("Address of the camera")
        address.fill(f"rtsp://127.0.0.1:{free_port()}/stream1")
        address.press("Enter")
        expect(page.get_by_text("Nothing listens")).to_be_visible()
        visit.complaints.clear()  # to Chromium, that a camera cannot be opened is an error of the page
        check_page(page)
        address.fill(camera.url)
        page.get_by_role("button", name="Try it").click()
        expect(page.get_by_role("img", name="What the camera shows")).to_have_js_property("complete", True)
        expect(page.get_by_text("h264, without sound")).to_be_visible()
        check_page(page)
        page.get_by_role("button", name="Add this camera").click()
        expect(missing).to_have_text("Still missing: A rule, Somebody to be told, A test alert.")

        page.goto(f"{service.url}/console/alerts")
        page.get_by_role("link", name="Set-up: 2 of 5").click()
        expect(page.get_by_role("button", name="Add this rule")).to_be_visible()
        check_page(page)
        page.get_by_role("link", name="Somebody to be told").click()
        page.get_by_label("Name of the person").fill("Owner")
        page.get_by_role("button", name="Invite", exact=True).click()
        expect(page.get_by_role("img", name="QR code that invites Owner")).to_be_visible()
        check_page(page)
        page.reload()
        expect(page.get_by_text("Owner has not opened their invitation yet")).to_be_visible()
        check_page(page)
        page.get_by_role("button", name="Show Owner another code").click()
        open_link(graph, page.get_by_role("link", name="https://m.me/").inner_text())
        expect(page.get_by_text("Owner is told of alerts from now on.")).to_be_visible()
        page.get_by_role("link", name="Go on: A rule").click()

        page.get_by_role("button", name="Add this rule").click()
        page.get_by_role("button", name="Send a test alert").click()
        expect(page.get_by_text(re.compile("Owner: (sent|delivered|read)"))).to_be_visible()
        expect(page.get_by_text("Everything is there")).to_be_visible()
        expect(page.get_by_role("link", name=re.compile("Set-up:"))).to_have_count(0)
        check_page(page)
        wait_until(
            lambda: any("A fight" in each.text for each in graph.received if each.psid == OWNER),
            timeout_s=240,
            what="the alert of what the camera shows",
        )
    assert count_clicks(page) <= MOST_CLICKS
    visit.check()
    context.close()


def test_set_up_is_not_offered_to_those_who_may_not_do_it(visit: Visiting) -> None:
    page = visit(Role.OPERATOR, PHONE).open("/console/start")
    expect(page.get_by_text("Your role may look at this, not change it.")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("Set-up:"))).to_have_count(0)
    check_page(page)
