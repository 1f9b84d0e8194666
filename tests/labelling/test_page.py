"""The page over HTTP, as a browser without scripts uses it, and as others may not."""

import re
from collections.abc import Iterator

import httpx
import pytest

from instantreact.labelling.folder import LabelFolder
from instantreact.labelling.journal import SuggestionEntry
from instantreact.labelling.page import ReviewPage
from instantreact.labelling.review import Review
from instantreact_demo.local_server import LocalServer

SAID = 'a <b>man</b> says "hello" there'


@pytest.fixture
def page(collected: LabelFolder) -> ReviewPage:
    name = next(iter(collected.read()))
    collected.journal.append(SuggestionEntry(clip=name, annotator="looker", captions=[SAID]))
    return ReviewPage(Review(collected, annotator="ana", labels=("fight",)), token="t0ken")


@pytest.fixture
def browser(page: ReviewPage) -> Iterator[httpx.Client]:
    server = LocalServer(page.app, name="review-page")
    server.start()
    with httpx.Client(base_url=server.url, follow_redirects=True, timeout=30) as browser:
        yield browser
    server.stop()


def test_clips_are_saved_skipped_left_out_and_gone_back_to(browser: httpx.Client, collected: LabelFolder) -> None:
    first, second, third = collected.read()
    shown = browser.get("/t0ken/")
    assert shown.url.path == f"/t0ken/clip/{first}"
    assert "a &lt;b&gt;man&lt;/b&gt; says &quot;hello&quot; there" in shown.text
    assert "by looker" in shown.text
    assert "http://" not in shown.text
    fields = set(re.findall(r'<label for="([^"]+)"', shown.text))
    assert fields == set(re.findall(r'<input id="([^"]+)"', shown.text))
    saved = browser.post(shown.url.path, data={"caption": [SAID, "", "a man waves"], "label": "Fight", "way": "save"})
    assert saved.url.path == f"/t0ken/clip/{second}"
    assert [(each.text, each.annotator) for each in collected.read()[first].captions] == [
        (SAID, "looker"),
        ("a man waves", "ana"),
    ]
    assert browser.post(saved.url.path, data={"way": "back"}).url.path == f"/t0ken/clip/{first}"
    refused = browser.post(saved.url.path, data={"caption": ["...", "two men talk"], "way": "save"})
    assert (refused.status_code, "two men talk" in refused.text, 'role="alert"' in refused.text) == (422, True, True)
    assert browser.post(saved.url.path, data={"way": "skip"}).url.path == f"/t0ken/clip/{third}"
    end = browser.post(f"/t0ken/clip/{third}", data={"way": "leave"})
    assert (end.url.path, "1 were skipped" in end.text) == ("/t0ken/end", True)
    assert collected.read()[third].left_out


def test_clip_and_sheet_are_sent_and_no_other_file(browser: httpx.Client, collected: LabelFolder) -> None:
    name = next(iter(collected.read()))
    part = browser.get(f"/t0ken/media/{name}.mp4", headers={"Range": "bytes=0-99"})
    assert (part.status_code, part.headers["content-type"], len(part.content)) == (206, "video/mp4", 100)
    assert browser.get(f"/t0ken/sheet/{name}.jpg").content.startswith(b"\xff\xd8")
    for path in ("media/..%2f..%2fjournal.jsonl", "media/journal.jsonl", "sheet/no.jpg", "clip/no"):
        assert browser.get(f"/t0ken/{path}").status_code == 404
    assert browser.post("/t0ken/clip/no", data={"way": "skip"}).status_code == 404


def test_strangers_see_and_change_nothing(browser: httpx.Client, collected: LabelFolder) -> None:
    name = next(iter(collected.read()))
    assert browser.get(f"/wrong/clip/{name}").status_code == 404
    assert browser.get("/t0ken/", headers={"Host": "evil.example:8123"}).status_code == 403
    foreign = {"Origin": "http://evil.example"}
    assert browser.post(f"/t0ken/clip/{name}", data={"way": "leave"}, headers=foreign).status_code == 403
    assert browser.post(f"/t0ken/clip/{name}", content=b"x" * 100_000).status_code == 413
    assert not collected.read()[name].left_out
    policy = browser.get(f"/t0ken/clip/{name}").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
