"""The console as it is served: which files with which headers, and what stands there where it is not built."""

import re
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from instantreact.api.console import ConsoleFiles
from tests.api.problems import assert_problem


@pytest.fixture
def built(app: FastAPI, tmp_path: Path) -> Path:
    """A console of three files in place of the one that may or may not be built here."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text('<meta nonce="__NONCE__">')
    (tmp_path / "assets" / "index-1a2b.js").write_text("plain")
    (tmp_path / "assets" / "index-1a2b.js.br").write_bytes(b"brotli")
    (tmp_path / "assets" / "index-1a2b.js.gz").write_bytes(b"gzip")
    (tmp_path / "icon.svg").write_text("<svg/>")
    show(app, tmp_path)
    return tmp_path


def show(app: FastAPI, folder: Path) -> None:
    (mount,) = (route for route in app.router.routes if isinstance(route, Mount) and route.path == "/console")
    mount.app = ConsoleFiles(folder)


@pytest.mark.parametrize("path", ["/", "/console"])
async def test_way_in_leads_to_the_console(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (307, "/console/")


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/console/", "/console/alerts", "/console/alerts/0cc175b9?state=raised"])
async def test_page_comes_for_every_address_of_its_own_and_is_never_kept(client: httpx.AsyncClient, path: str) -> None:
    first, second = await client.get(path), await client.get(path)

    assert first.status_code == 200
    assert first.headers["Cache-Control"] == "no-cache"
    policy = first.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    (nonce,) = re.findall(r"'nonce-([\w-]+)'", policy)
    assert first.text == f'<meta nonce="{nonce}">'
    assert first.text != second.text


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [("br, gzip", "br", b"brotli"), ("gzip;q=1.0", "gzip", b"gzip"), ("br;q=0", None, b"plain"), ("", None, b"plain")],
)
async def test_scripts_come_compressed_and_are_kept_for_ever(
    client: httpx.AsyncClient, accepted: str, encoding: str | None, content: bytes
) -> None:
    request = client.stream("GET", "/console/assets/index-1a2b.js", headers={"Accept-Encoding": accepted})
    async with request as answer:
        raw = b"".join([piece async for piece in answer.aiter_raw()])

    assert (answer.status_code, raw) == (200, content)
    assert answer.headers.get("Content-Encoding") == encoding
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert answer.headers["Vary"] == "Accept-Encoding"


@pytest.mark.usefixtures("built")
async def test_other_files_are_asked_for_anew(client: httpx.AsyncClient) -> None:
    answer = await client.get("/console/icon.svg")

    assert answer.headers["Cache-Control"] == "no-cache"
    again = await client.get("/console/icon.svg", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code in {200, 304}


@pytest.mark.usefixtures("built")
@pytest.mark.parametrize("path", ["/console/assets/index-old.js", "/console/..%2f..%2fsecret.json", "/console/a.png"])
async def test_file_that_is_not_there_is_no_page(client: httpx.AsyncClient, path: str) -> None:
    assert_problem(await client.get(path), 404)


@pytest.mark.usefixtures("built")
async def test_console_takes_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post("/console/alerts")
    assert answer.status_code == 405


async def test_where_it_is_not_built_it_is_said_how_to_and_the_api_answers(
    app: FastAPI, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    show(app, tmp_path / "nothing")
    answer = await client.get("/console/alerts")

    assert answer.status_code == 503
    assert "make console" in answer.text
    assert (await client.get("/alerts")).status_code == 200


@pytest.mark.usefixtures("built")
async def test_sight_of_the_console_is_no_sight_of_media(client: httpx.AsyncClient) -> None:
    await client.get("/console/icon.svg")
    entries = (await client.get("/audit")).json()["items"]
    assert [each for each in entries if "console" in each["route"]] == []
