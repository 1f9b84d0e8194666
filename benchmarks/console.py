"""Measures the console in Chromium: what each page fetches, when its largest part is painted, how long what one does
takes until it is painted.

Usage: python -m benchmarks.console [--alerts 10000]

size    JavaScript and styles of each page as they travel (gzip), everything that it loads before it is there
paint   largest contentful paint of the page, opened anew, median of five
input   interaction to next paint: of all that is done there, the slowest and the median (event timing's steps of 8 ms)

It runs what `make console` built, and a service of its own beside it on the same cores.
"""

import argparse
import asyncio
import gzip
import json
import statistics
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, sync_playwright
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import create_async_engine
from tests.servers.service import Service

from benchmarks.events import in_groups, make_events
from instantreact.api.console import CONSOLE
from instantreact.domain.alert import AlertState
from instantreact.domain.happening import Written
from instantreact.domain.rule import Severity
from instantreact.storage.migrate import upgrade
from instantreact.storage.tables import Alert, Event, new_id

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "four words one remembers"
OPENED = 5
_OBSERVE = """
window.paints = []; window.inputs = {}
new PerformanceObserver((list) => list.getEntries().forEach((each) => paints.push(each.startTime)))
    .observe({ type: 'largest-contentful-paint', buffered: true })
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    if (each.interactionId) inputs[each.interactionId] = Math.max(inputs[each.interactionId] ?? 0, each.duration)
})).observe({ type: 'event', durationThreshold: 16, buffered: true })
"""


@dataclass(frozen=True)
class Scene:
    """A page, what shows that it is there, and what somebody does on it."""

    name: str
    path: str
    is_there: str
    use: Callable[[Page], None]


def use_alerts(page: Page) -> None:
    """Read down the inbox, answer, open, filter."""
    page.locator("[data-alert] a").first.focus()
    for _ in range(30):
        page.keyboard.press("j")
    page.keyboard.press("a")
    page.locator("[data-alert] a").nth(2).click()
    page.get_by_role("button", name="Why").wait_for(state="attached", timeout=2000)
    page.get_by_text("Acknowledged", exact=True).first.click()
    page.get_by_text("All", exact=True).first.click()
    for _ in range(20):
        page.mouse.wheel(0, 2000)
    page.locator("[data-alert] a").last.click()


def use_start(page: Page) -> None:
    """Look into each step, choose a rule."""
    for step in ("camera", "person", "test", "rule"):
        page.locator(f"[data-step={step}] a").click()
    page.get_by_label("Own words").check()


def use_system(page: Page) -> None:
    """Look into each part, read down the audit log, open a card."""
    parts = page.get_by_role("navigation", name="Parts of the system")
    for part in ("Jobs", "Storage", "Keys", "Users", "Sessions", "Audit log"):
        parts.get_by_role("link", name=part).click()
    for _ in range(10):
        page.mouse.wheel(0, 2000)
    parts.get_by_role("link", name="Models").click()
    page.get_by_role("button", name="Card").first.click()


def use_rule(page: Page) -> None:
    """Write a rule: type, paint hours by keyboard, try it."""
    page.get_by_label("Name").fill("Benchmark")
    page.get_by_label("Name").press_sequentially(" of writing")
    page.get_by_role("gridcell", name="Monday 00:00").focus()
    page.keyboard.press("Space")
    for _ in range(20):
        page.keyboard.press("Shift+ArrowDown")
    page.get_by_role("button", name="All of Tuesday").click()
    page.get_by_role("button", name="Try it").click()
    page.get_by_text("It would have told").wait_for()


def use_wall(page: Page) -> None:
    """Arrange sixteen cameras, see one large, and go back."""
    page.get_by_role("button", name="Arrange").click()
    for _ in range(5):
        page.locator("[data-camera] button").nth(1).click()
        page.locator("[data-camera] button").nth(2).click()
    page.get_by_role("button", name="Done").click()
    page.get_by_role("switch", name="Boxes and zones").check(force=True)
    page.locator("[data-camera] a").first.click()
    page.get_by_role("link", name="Back to the wall").click()


def use_cameras(page: Page) -> None:
    """Put the cameras into another order."""
    for _ in range(5):
        page.locator("[data-camera] button").nth(1).click()


def use_events(page: Page) -> None:
    """Read down the list, filter, search, point at a moment, open."""
    for _ in range(20):
        page.mouse.wheel(0, 2000)
    page.get_by_label("Camera", exact=True).select_option(index=1)
    page.get_by_label("Words seen or said").press_sequentially("fight", delay=50)
    page.locator("[data-event] a").first.wait_for()
    page.locator("input[type=range]").first.click()
    page.get_by_role("button", name="Newest").click()
    page.locator("[data-event] a").nth(1).click()
    page.get_by_role("link", name="What else was seen then").click()


SCENES = (
    Scene("alerts", "/console/alerts", "[data-alert]", use_alerts),
    Scene("start", "/console/start", "[data-step]", use_start),
    Scene("system", "/console/system", "nav a[href*='tab=audit']", use_system),
    Scene("rule", "/console/rules/new?template=fight", "[role=grid]", use_rule),
    Scene("live", "/console/live", "[data-camera]", use_wall),
    Scene("cameras", "/console/cameras", "[data-camera]", use_cameras),
    Scene("events", "/console/events", "[data-event]", use_events),
)


def main() -> None:
    """Print the figures, one a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000)
    arguments = parser.parse_args()
    for page, scripts, styles in list_sizes():
        print(f"size   {page:24} {scripts / 1000:6.1f} kB of JavaScript, {styles / 1000:5.1f} kB of styles")
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(fill(Path(folder), arguments.alerts))
        with Service(Path(folder), watch_cameras="false") as service, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
            sign_in(service, context)
            for scene in SCENES:
                measure(context, service.url, scene)
            browser.close()


def list_sizes() -> Iterable[tuple[str, int, int]]:
    """Each page with what it loads, in bytes."""
    manifest: Mapping[str, Any] = json.loads((CONSOLE / "manifest.json").read_text("utf-8"))
    for name in sorted(manifest):
        if name.endswith("Page.tsx"):
            files = find_files(manifest, ["index.html", name], set())
            sizes = {file: len(gzip.compress((CONSOLE / file).read_bytes())) for file in files}
            scripts = sum(size for file, size in sizes.items() if file.endswith(".js"))
            yield Path(name).stem, scripts, sum(sizes.values()) - scripts


def find_files(manifest: Mapping[str, Any], names: Iterable[str], found: set[str]) -> set[str]:
    """What chunks are made of, with all that they import at once."""
    for name in names:
        chunk = manifest[name]
        if chunk["file"] not in found:
            found |= {chunk["file"], *chunk.get("css", ())}
            find_files(manifest, chunk.get("imports", ()), found)
    return found


async def fill(state_dir: Path, count: int) -> None:
    """So many events of sixteen cameras, and as many alerts."""
    url = f"sqlite+aiosqlite:///{state_dir / 'instantreact.sqlite3'}"
    await upgrade(url)
    await make_events(url, count)
    engine = create_async_engine(url)
    async with engine.connect() as connection:
        found = (await connection.execute(select(Event.id, Event.camera_id).order_by(Event.occurred_at.desc()))).all()
    now = datetime.now(UTC)
    rows: Iterator[dict[str, object]] = (
        {
            "id": new_id(),
            "event_id": event_id,
            "camera_id": camera_id,
            "happening": Written(f"Alert {number}", "two men are fighting near the counter", Severity.WARNING),
            "state": AlertState.RAISED,
            "raised_at": now - timedelta(minutes=number),
        }
        for number, (event_id, camera_id) in enumerate(found)
    )
    for some in in_groups(rows, 5000):
        async with engine.begin() as connection:
            await connection.execute(insert(Alert), some)
    await engine.dispose()


def sign_in(service: Service, context: BrowserContext) -> None:
    """As an administrator."""
    with service.client() as api:
        draft = {"name": "Ana", "role": "administrator", "password": PASSWORD}
        api.post("/users", json=draft).raise_for_status()
    headers = {"Origin": service.url}
    context.request.post(f"{service.url}/session", data={"name": "Ana", "password": PASSWORD}, headers=headers)


def measure(context: BrowserContext, url: str, scene: Scene) -> None:
    """Open the page a few times, then use it once."""
    context.add_init_script(_OBSERVE)
    page = context.new_page()
    paints = []
    for _ in range(OPENED):
        page.goto(url + scene.path)
        page.locator(scene.is_there).first.wait_for()
        page.wait_for_timeout(1000)
        paints.append(page.evaluate("paints.at(-1)"))
    print(f"paint  {scene.name:24} {statistics.median(paints):6.0f} ms")
    scene.use(page)
    page.wait_for_timeout(1000)
    inputs = page.evaluate("Object.values(inputs)") or [0]
    print(f"input  {scene.name:24} {max(inputs):6.0f} ms at most, {statistics.median(inputs):.0f} ms in the median")


if __name__ == "__main__":
    main()
