"""The console: the built page and its files, below /console; the page decides what each address there shows.

Nothing of it is secret, and nothing it shows comes from here: it reads the API as whoever signed in.
"""

import secrets
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount
from starlette.types import Receive, Scope, Send

CONSOLE = Path(__file__).resolve().parent.parent / "console"
"""Where `make console` puts it."""

PREFIX = "/console"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
"""Scripts and styles are files of ours; what a component writes into a style element carries the page's nonce."""

_NONCE = "__NONCE__"
_FOR_EVER = "public, max-age=31536000, immutable"
_ENCODINGS = {"br": ".br", "gzip": ".gz"}
_TYPES = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_MISSING = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>InstantReact</title>
<h1>The service runs; its console is not built here</h1>
<p>The API answers, and is described at <a href="/docs">/docs</a>. From a checkout, <code>make console</code> builds the
console (it fetches Node and npm packages); packages that are released carry it.</p>
</html>
"""


def install_console(app: FastAPI, folder: Path) -> None:
    """Show the console that lies in `folder`, or what is missing, to whoever opens the service in a browser."""
    for path in ("/", PREFIX):
        app.add_api_route(path, _go_to_console, methods=["GET", "HEAD"], include_in_schema=False)
    app.router.routes.append(Mount(PREFIX, app=ConsoleFiles(folder), name="console"))


class ConsoleFiles:
    """Serves the files of the console as they were built; addresses that are no file are the page's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        self._files = frozenset(found)
        self._page = (folder / "index.html").read_text("utf-8") if "index.html" in self._files else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise HTTPException(HTTPStatus.NOT_FOUND)
        if scope["method"] not in {"GET", "HEAD"}:
            raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "GET, HEAD"})
        name = scope["path"].removeprefix(f"{scope.get('root_path', '')}").lstrip("/")
        await self._find(name, Headers(scope=scope))(scope, receive, send)

    def _find(self, name: str, headers: Headers) -> Response:
        if name in self._files and name != "index.html":
            return self._answer_file(name, headers.get("accept-encoding", ""))
        if self._page is None:
            return HTMLResponse(_MISSING, HTTPStatus.SERVICE_UNAVAILABLE, _guard(""))
        if PurePosixPath(name).suffix in _TYPES:  # of an older build, or a typing error: a page would not be a script
            raise HTTPException(HTTPStatus.NOT_FOUND, f"There is nothing at {PREFIX}/{quote(name)}.")
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(self._page.replace(_NONCE, nonce), headers=_guard(nonce))

    def _answer_file(self, name: str, accepted: str) -> FileResponse:
        headers = {"Cache-Control": _FOR_EVER if name.startswith("assets/") else "no-cache", "Vary": "Accept-Encoding"}
        headers["Content-Security-Policy"] = POLICY.format(nonce=secrets.token_urlsafe(16))
        encoding = _choose_encoding(accepted, lambda suffix: name + suffix in self._files)
        if encoding:
            headers["Content-Encoding"] = encoding
        path = self._folder / (name + _ENCODINGS.get(encoding, ""))
        media_type = _TYPES.get(PurePosixPath(name).suffix, "application/octet-stream")
        return FileResponse(path, headers=headers, media_type=media_type)


def _choose_encoding(accepted: str, is_there: Callable[[str], bool]) -> str:
    """The best of ours that the browser takes; empty for the file as it is."""
    offered = [each.strip().partition(";") for each in accepted.lower().split(",")]
    taken = {name.strip() for name, _, quality in offered if quality.strip() not in {"q=0", "q=0.0"}}
    return next((each for each, suffix in _ENCODINGS.items() if each in taken and is_there(suffix)), "")


def _guard(nonce: str) -> dict[str, str]:
    return {"Content-Security-Policy": POLICY.format(nonce=nonce), "Cache-Control": "no-cache"}


async def _go_to_console(request: Request) -> RedirectResponse:
    return RedirectResponse(f"{PREFIX}/", HTTPStatus.TEMPORARY_REDIRECT, {"Cache-Control": "no-cache"})
