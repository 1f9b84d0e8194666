"""A browser at a service that runs: one start of both for all pages, whose tests lie beside this in files of their own.

`test_console.py` gathers them: a page's tests are written in `tests/console/<feature>.py`.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    expect,
    sync_playwright,
)

from instantreact.api.console import CONSOLE
from instantreact.domain.user import Role
from instantreact_demo.graph import FakeGraph, Person
from tests.servers.service import Service, wait_until

PASSWORD = "four words one remembers"
CHROMIUM = "/usr/bin/chromium"
AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
PSID = "1001"
ELSEWHERE = {"oidc_issuer": "https://idp.example", "oidc_client_id": "cameras", "oidc_default_role": "viewer"}
"""Nobody goes there: it is a button."""
DESK, PHONE = (1280, 800), (360, 740)
PATIENCE_MS = 45_000
_LOST = re.compile(r"net::ERR_(CONNECTION_REFUSED|INTERNET_DISCONNECTED|INCOMPLETE_CHUNKED_ENCODING|NETWORK_IO)")

_STILL = """document.getAnimations().forEach((each) => {
    if (each.effect.getComputedTiming().endTime !== Infinity) each.finish()
})"""

_WIDE = """[...document.querySelectorAll('body *')]
    .filter((each) => each.getBoundingClientRect().right > innerWidth)
    .map((each) => each.outerHTML.slice(0, 120))"""

expect.set_options(timeout=PATIENCE_MS)


@dataclass
class House:
    """The service, the stand-in for Graph, and a client that may do everything."""

    service: Service
    graph: FakeGraph
    api: httpx.Client

    def make_user(self, name: str, role: Role) -> None:
        """Somebody who may sign in with PASSWORD; once."""
        made = self.api.post("/users", json={"name": name, "role": role, "password": PASSWORD})
        assert made.status_code in {201, 409}, made.text


@contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """With its state in an empty folder."""
    assert (CONSOLE / "index.html").is_file(), "the console is not built: make console"
    with FakeGraph() as graph:
        graph.people[PSID] = Person()
        with Service(folder, graph, draw_boxes="false", **ELSEWHERE) as service, service.client() as api:
            graph.webhook_url = f"{service.url}/webhooks/messenger"
            yield House(service, graph, api)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(tmp_path_factory.mktemp("house")) as house:
        yield house


@contextmanager
def open_browser() -> Iterator[Browser]:
    """Debian's, without a window."""
    assert Path(CHROMIUM).exists(), "Chromium is not installed: make system-packages"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with open_browser() as browser:
        yield browser


class Visit:
    """A browser of somebody's, and what it complained of and asked for elsewhere."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.complaints: list[str] = []
        self.foreign: list[str] = []
        self.may_lose_connection = False
        self._url = url
        context.set_default_timeout(PATIENCE_MS)
        context.on("console", self._note)
        context.on("request", self._look)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def open(self, path: str = "/console/") -> Page:
        """A new tab."""
        page = self.context.new_page()
        page.goto(self._url + path)
        return page

    def sign_in(self, name: str) -> None:
        """Without the page, which a test of its own looks at."""
        self.send("POST", "/session", {"name": name, "password": PASSWORD})

    def send(self, method: str, path: str, body: dict[str, Any]) -> Any:
        """A request of whoever is signed in, without the page; the answer's JSON."""
        headers = {"Origin": self._url}
        answer = self.context.request.fetch(f"{self._url}{path}", method=method, data=body, headers=headers)
        assert answer.ok, answer.text()
        return answer.json()

    def check(self) -> None:
        """Nothing went wrong, and nothing left the machine."""
        assert self.foreign == []
        assert self.complaints == []

    def _note(self, message: ConsoleMessage) -> None:
        is_lost = self.may_lose_connection and _LOST.search(message.text)
        url = message.location.get("url", "")
        if message.type in {"error", "warning"} and not is_lost and not _is_question_who_one_is(message.text, url):
            self.complaints.append(f"{message.text} ({url})")

    def _look(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != urlsplit(self._url).netloc:
            self.foreign.append(request.url)


def _is_question_who_one_is(text: str, url: str) -> bool:
    """Chromium calls it an error that nobody is, yet."""
    return "status of 401" in text and urlsplit(url).path == "/session"


@pytest.fixture(scope="module")
def administrator(house: House, browser: Browser) -> str:
    """Ana, who was set up in the page with the code that the service printed; as the state of her browser."""
    context = browser.new_context(viewport={"width": PHONE[0], "height": PHONE[1]}, locale="en-GB")
    visit = Visit(context, house.service.url)
    page = visit.open("/")
    (code,) = re.findall(r"set-up code.*: (\S+) \(", "".join(house.service.output))
    expect(page).to_have_url(re.compile("/console/set-up$"))
    check_page(page)
    page.get_by_label("Set-up code").fill(code)
    page.get_by_label("Name").fill("Ana")
    page.get_by_role("textbox", name="Password").fill(PASSWORD)
    page.get_by_role("button", name="Become administrator").click()
    expect(page.get_by_role("heading", name="First start")).to_be_visible()
    visit.check()
    context.close()
    return "Ana"


Visiting = Callable[..., Visit]


@pytest.fixture
def visit(house: House, browser: Browser, administrator: str) -> Iterator[Visiting]:
    """Open a browser: `visit()` is Ana's, `visit(Role.VIEWER)` a viewer's, `visit(None)` of nobody yet."""
    with ExitStack() as stack:
        made: list[Visit] = []

        def begin(role: Role | None = Role.ADMINISTRATOR, size: tuple[int, int] = DESK, locale: str = "en-GB") -> Visit:
            context = browser.new_context(viewport={"width": size[0], "height": size[1]}, locale=locale)
            stack.callback(context.close)
            made.append(Visit(context, house.service.url))
            if role is not None:
                name = administrator if role is Role.ADMINISTRATOR else role.value
                if role is not Role.ADMINISTRATOR:
                    house.make_user(name, role)
                made[-1].sign_in(name)
            return made[-1]

        yield begin
        for each in made:
            each.check()


def check_page(page: Page) -> None:
    """Nothing that axe calls serious, and at 360 px nothing that one has to scroll sideways for."""
    page.wait_for_load_state()
    page.evaluate(_STILL)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))  # a script element would be against the page's own policy
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
    serious = [each for each in found if each["impact"] in {"serious", "critical"}]
    assert serious == [], [(each["id"], [node["html"] for node in each["nodes"]]) for each in serious]
    before = page.viewport_size
    page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
    try:  # not by wait_for_function, which the page's policy takes for eval
        wait_until(
            lambda: page.evaluate("document.documentElement.scrollWidth <= innerWidth"), timeout_s=20, what="room"
        )
    except TimeoutError as error:
        raise AssertionError(f"{page.url} is too wide at {PHONE[0]} px: {page.evaluate(_WIDE)}") from error
    if before:
        page.set_viewport_size(before)
