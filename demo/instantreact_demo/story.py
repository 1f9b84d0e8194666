"""The demo: a real service in a process of its own, a clip over HTTP, and what Messenger received."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from instantreact.errors import InstantReactError, Misconfigured
from instantreact_demo.drawing import draw_clip
from instantreact_demo.graph import FakeGraph, Person, Received

Say = Callable[[str], None]

API_KEY = "demo"
PSID = "2468101214161820"
RULES: tuple[dict[str, Any], ...] = (
    {
        "name": "Fight",
        "conditions": [{"kind": "concept", "concept": "fight", "min_score": 0.5}],
        "severity": "critical",
    },
    {
        "name": "Call for help",
        "conditions": [{"kind": "speech", "phrases": ["call the police", "help me"]}],
        "severity": "critical",
    },
    {
        "name": "Somebody is there",
        "conditions": [
            {"kind": "caption", "phrases": ["man", "men", "woman", "women", "person", "people"], "min_score": 0.5}
        ],
        "severity": "info",
    },
)
HELP = Path(__file__).with_name("help.wav")
"""Made by: espeak-ng -v en-us+f5 -s 150 "help me, call the police"; 16 kHz mono, after 0.7 s of silence."""
_READY_S = 60.0
_WAIT_S = 60


class DemoFailed(InstantReactError):
    """The demo did not come to its end; the message says where it stopped."""


def run_demo(clip: Path | None, *, say: Say) -> None:
    """Tell the whole story once on `clip`, or on a drawn one. Raises DemoFailed."""
    with TemporaryDirectory(prefix="instantreact-demo-") as folder, FakeGraph() as graph:
        graph.people[PSID] = Person()
        say("A local server that speaks the Messenger contract stands in for Facebook; nothing leaves this machine.")
        with _run_service(Path(folder), graph) as url, httpx.Client(base_url=url, headers=_HEADERS) as api:
            graph.webhook_url = f"{url}/webhooks/messenger"
            _add_rules(api)
            path = clip or _draw(Path(folder), say)
            analyzed = _submit(api, path, say)
            alerts = _show_events(api, analyzed, say)
            _show_messages(graph, alerts, say)
            _acknowledge(api, graph, alerts, say)


_HEADERS = {"X-API-Key": API_KEY}


@contextmanager
def _run_service(folder: Path, graph: FakeGraph) -> Iterator[str]:
    """`instantreact serve` with the stand-in for Graph; gives its address."""
    command = [sys.executable, "-m", "instantreact", "serve", "--port", "0", "--state-dir", str(folder / "state")]
    log = (folder / "serve.log").open("w+")
    with (
        log,
        subprocess.Popen(  # noqa: S603 - our own command
            command, stdout=subprocess.PIPE, stderr=log, text=True, env=_settings(graph), cwd=folder
        ) as service,
    ):
        try:
            yield _wait_until_ready(service, folder / "serve.log")
        finally:
            service.terminate()


def _settings(graph: FakeGraph) -> Mapping[str, str]:
    settings = {
        "API_KEY": API_KEY,
        "GRAPH_URL": graph.url,
        "MESSENGER_PAGE_ID": graph.page.page_id,
        "MESSENGER_PAGE_TOKEN": graph.page.access_token,
        "MESSENGER_APP_SECRET": graph.page.app_secret or "",
        "MESSENGER_VERIFY_TOKEN": "demo",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INSTANTREACT_")}
    return kept | {f"INSTANTREACT_{name}": value for name, value in settings.items()}


def _wait_until_ready(service: subprocess.Popen[str], log: Path) -> str:
    assert service.stdout is not None  # noqa: S101 - it was asked for as a pipe
    for line in service.stdout:
        if found := re.search(r"listens on (http://[^\s:]+:\d+)", line):
            return _wait_until_answers(found[1])
    raise DemoFailed(f"The service did not start:\n{log.read_text()}")


def _wait_until_answers(url: str) -> str:
    deadline_s = time.monotonic() + _READY_S
    while True:
        try:
            answer = httpx.get(f"{url}/readyz")
        except httpx.TransportError:
            answer = None
        if answer is not None and answer.status_code == httpx.codes.OK:
            return url
        if time.monotonic() > deadline_s:
            raise DemoFailed(f"The service is not ready: {answer.text if answer else 'it does not answer'}")
        time.sleep(0.1)


def _draw(folder: Path, say: Say) -> Path:
    say("Drawing a clip: two figures in a shop, and a synthetic voice that says “help me, call the police”.")
    say("It is a drawing: give CLIP=your.mp4 to see real footage described.")
    path = folder / "drawing.mp4"
    draw_clip(path, speech=HELP)
    return path


def _add_rules(api: httpx.Client) -> None:
    _expect(api.post("/recipients", json={"name": "Guard", "channel": "messenger", "address": PSID}))
    for rule in RULES:
        _expect(api.post("/rules", json=rule))


def _submit(api: httpx.Client, path: Path, say: Say) -> dict[str, Any]:
    say(f"\nSubmitting {path.name} ({path.stat().st_size / 1e6:.1f} MB) to POST /analyze ...")
    with path.open("rb") as file:
        answer = _expect(api.post("/analyze", params={"wait": _WAIT_S}, files={"file": file}, timeout=_WAIT_S + 30))
    clip: dict[str, Any] = answer.json()["clip"]
    if clip["state"] == "failed":
        raise Misconfigured(f"The clip could not be analyzed: {clip['error']}")
    say(f"Clip {clip['id']} is {clip['state']}.")
    return clip


def _show_events(api: httpx.Client, clip: Mapping[str, Any], say: Say) -> list[dict[str, Any]]:
    say("\nEvents:")
    for event in _expect(api.get(f"/clips/{clip['id']}/events")).json():
        concepts = ", ".join(f"{name} {score:.0%}" for name, score in event["concepts"].items())
        say(f"  {event['start_s']:5.1f} - {event['end_s']:.1f} s  “{event['caption']['text']}”  [{concepts}]")
        if event["transcript"] and event["transcript"]["text"]:
            say(f"                heard by the {event['transcript']['engine']}: “{event['transcript']['text']}”")
    alerts: list[dict[str, Any]] = _expect(api.get("/alerts")).json()["items"]
    say("\nRules that matched:" if alerts else "\nNo rule matched, so nobody is told.")
    for alert in alerts:
        for evidence in alert["evidence"]:
            say(f"  {alert['title']}: {evidence['kind']} “{evidence['what']}”, {evidence['score']:.0%}")
    return alerts


def _show_messages(graph: FakeGraph, alerts: list[dict[str, Any]], say: Say) -> None:
    received = _parts(graph, 2 * len(alerts))
    for part in received:
        say(f"\nMessenger received a {part.part} for {part.psid}:")
        shown = [*part.text.splitlines(), *(f"[ {button['title']} ]" for button in part.buttons)]
        for line in shown or [f"JPEG of {len(part.picture):,} bytes"]:
            say(f"  | {line}")


def _parts(graph: FakeGraph, count: int) -> list[Received]:
    try:
        return graph.wait_for_parts(count, timeout_s=_READY_S)
    except TimeoutError as error:
        raise DemoFailed(f"Messenger did not receive everything: {error}") from error


def _acknowledge(api: httpx.Client, graph: FakeGraph, alerts: list[dict[str, Any]], say: Say) -> None:
    texts = [part for part in graph.received if part.buttons]
    if not texts:
        return
    say(f"\nThe guard taps “Acknowledge” on the first message ({graph.tap(texts[0].mid, 'Acknowledge')[0]}).")
    deadline_s = time.monotonic() + _READY_S
    while not (answered := [alert for alert in _alerts(api) if alert["state"] == "acknowledged"]):
        if time.monotonic() > deadline_s:
            raise DemoFailed("The alert was not acknowledged.")
        time.sleep(0.1)
    say(f"Alert “{answered[0]['title']}” is acknowledged by {answered[0]['answered_by']}.")


def _alerts(api: httpx.Client) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = _expect(api.get("/alerts")).json()["items"]
    return items


def _expect(answer: httpx.Response) -> httpx.Response:
    if answer.is_success:
        return answer
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    raise DemoFailed(f"{answer.request.method} {answer.request.url.path}: {problem.get('detail', answer.text)}")
