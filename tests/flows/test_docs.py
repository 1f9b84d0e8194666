"""The description of the API in a browser that reaches this service and nothing else."""

import re
from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests.servers.service import Service

_NAMED = re.compile(r"""(?:src|href)\s*=\s*["']([^"']+)["']|\b(?:url|spec-url)\s*[:=]\s*["']([^"']+)["']""")
_STYLE_SHEET_NAMES = re.compile(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^\"')]+)")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Service(tmp_path_factory.mktemp("docs") / "state") as service:
        yield service


@pytest.mark.parametrize("page", ["/docs", "/redoc"])
def test_docs_name_no_other_host_and_everything_that_they_name_is_there(service: Service, page: str) -> None:
    with httpx.Client(base_url=service.url) as browser:
        shown = browser.get(page)
        assert (shown.status_code, shown.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        named = {next(filter(None, found)) for found in _NAMED.findall(shown.text)}
        assets = {urljoin(str(shown.url), name) for name in named if not name.startswith("data:")}
        assert {urlsplit(asset).netloc for asset in assets} == {urlsplit(service.url).netloc}
        answers = {asset: browser.get(asset) for asset in assets}

    assert {urlsplit(asset).path for asset in assets} >= {"/openapi.json"}
    assert any(asset.endswith(".js") for asset in assets)
    for answer in answers.values():
        assert answer.status_code == 200
        assert len(answer.content) > 1000
        if answer.headers["Content-Type"].startswith("text/css"):
            assert not _STYLE_SHEET_NAMES.findall(answer.text)
    assert re.findall(r"https?://[^\"'\s<]+", shown.text) == []


def test_docs_send_the_description_to_no_validator(service: Service) -> None:
    assert '"validatorUrl": null' in httpx.get(f"{service.url}/docs").text
