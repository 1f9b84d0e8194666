"""Files sent to do harm, to the service as it is installed: each is refused or fails in words, and leaves nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.flows.hostile_files import Hostile, all_hostile
from tests.servers.service import Service, wait_until
from tests.servers.threaded import ThreadedServer

pytestmark = pytest.mark.timeout(300)

MAX_GROWTH_BYTES = 400_000_000
"""Of which the captioner's first work is the most."""


def test_hostile_files_are_refused_or_fail_in_words_and_leave_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with nobody_called() as url, Service(state) as service, service.client() as api:
        files = all_hostile(url)
        process = psutil.Process(service.pid)
        children, memory = len(process.children()), process.memory_info().rss
        answers = {file.name: submit(api, file) for file in files}
        ends = {name: follow(api, answer) for name, answer in answers.items()}
        assert len(ends) >= 60
        assert {name: end for name, end in ends.items() if not is_told(end)} == {}
        expected = {file.name for file in files if file.is_clip}
        assert {name for name, end in ends.items() if end.get("state") == "analyzed"} == expected
        wait_until(lambda: len(process.children()) == children, what="the end of the decoders")
        assert process.memory_info().rss - memory < MAX_GROWTH_BYTES
        clips = [path for path in (state / "blobs" / "clips").rglob("*") if path.is_file()]
        assert len(clips) == sum("id" in end for end in ends.values())


def submit(api: httpx.Client, file: Hostile) -> httpx.Response:
    return api.post("/analyze", files={"file": (f"{file.name}.mp4", file.data)})


def follow(api: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    """What is left of an upload: the refusal, or the clip when nothing more happens to it."""
    if answer.is_error:
        return dict(answer.json())

    def ended() -> dict[str, Any] | None:
        clip = dict(api.get(answer.headers["Location"]).json())
        return clip if clip["state"] in {"analyzed", "failed"} else None

    return dict(wait_until(ended, timeout_s=60, what="the end of " + answer.text))


def is_told(end: dict[str, Any]) -> bool:
    """Refused as a mistake of the sender's, or failed, with a sentence; or analyzed."""
    if "status" in end:
        return 400 <= end["status"] < 500 and str(end["detail"]).endswith(".")
    return end["state"] == "analyzed" or str(end["error"]).endswith(".")


@contextmanager
def nobody_called() -> Iterator[str]:
    """The address of a server that nobody may call: it fails when somebody did."""
    calls: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_error(404)

    with ThreadedServer(Handler) as server:
        yield f"http://127.0.0.1:{server.port}"
    assert calls == []
