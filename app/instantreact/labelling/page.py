"""Serves the page on which clips are checked: on this machine only, and only to whoever has the address with its token.

Other pages in the same browser cannot read it (the token), nor by another name for this machine (the Host header), nor
save in somebody's name (the token again, and Origin).
"""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from instantreact.errors import InvalidInput
from instantreact.labelling.folder import DraftCaption
from instantreact.labelling.html import write_clip_page, write_end_page
from instantreact.labelling.review import Review

MAX_BODY_BYTES = 64 << 10
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_POLICY = (
    "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
Handler = Callable[[Request], Awaitable[Response]]


class ReviewPage:
    """The page of one review. `token` is what its addresses begin with."""

    def __init__(self, review: Review, *, token: str | None = None) -> None:
        self._review = review
        self.token = token or secrets.token_urlsafe(24)
        routes = [
            Route("/{token}/", self._guarded(self._start)),
            Route("/{token}/end", self._guarded(self._end)),
            Route("/{token}/clip/{name}", self._guarded(self._show)),
            Route("/{token}/clip/{name}", self._guarded(self._act), methods=["POST"]),
            Route("/{token}/media/{file}", self._guarded(self._send_clip)),
            Route("/{token}/sheet/{file}", self._guarded(self._send_sheet)),
        ]
        self.app = Starlette(routes=routes)

    def _guarded(self, handle: Handler) -> Handler:
        async def guard(request: Request) -> Response:
            hosts = {f"{name}:{request.scope['server'][1]}" for name in ("127.0.0.1", "localhost")}
            origin = request.headers.get("origin")
            if request.headers.get("host") not in hosts or origin not in {None, *(f"http://{host}" for host in hosts)}:
                return PlainTextResponse("This page is for the browser that its address was given to.", 403)
            if not secrets.compare_digest(request.path_params["token"].encode(), self.token.encode()):
                return PlainTextResponse("Not found", 404)
            return await handle(request)

        return guard

    async def _start(self, request: Request) -> Response:
        return self._go(await run_in_threadpool(self._review.find_next))

    async def _show(self, request: Request) -> Response:
        return await run_in_threadpool(self._write, request.path_params["name"])

    async def _act(self, request: Request) -> Response:
        body = b""
        async for data in request.stream():
            body += data
            if len(body) > MAX_BODY_BYTES:
                return PlainTextResponse("That is too long.", 413)
        form = parse_qs(body.decode(errors="replace"))
        return await run_in_threadpool(self._do, request.path_params["name"], form)

    def _do(self, name: str, form: dict[str, list[str]]) -> Response:
        """Do what the form says, and lead on."""
        if self._review.open(name) is None:
            return PlainTextResponse("Not found", 404)
        (way, *_) = form.get("way", ["save"])
        if way == "back":
            return self._go(self._review.find_before(name) or name)
        if way == "leave":
            self._review.leave_out(name)
        if way == "save":
            try:
                self._review.save(name, form.get("caption", []), form.get("label", [""])[0])
            except InvalidInput as error:
                return self._write(name, form=form, error=str(error))
        return self._go(self._review.find_next(name))

    def _go(self, name: str | None) -> Response:
        to = "end" if name is None else f"clip/{name}"
        return RedirectResponse(f"/{self.token}/{to}", 303, headers=_HEADERS)

    async def _end(self, request: Request) -> Response:
        drafts = await run_in_threadpool(self._review.folder.read)
        left = sum(not each.checked and not each.left_out for each in drafts.values())
        nonce = secrets.token_urlsafe(12)
        return _answer(write_end_page(left, nonce=nonce), nonce)

    def _write(self, name: str, *, form: dict[str, list[str]] | None = None, error: str | None = None) -> Response:
        """The page of a clip; with what was written into a form that is refused."""
        draft = self._review.open(name)
        if draft is None:
            return PlainTextResponse("Not found", 404)
        if form is not None:
            captions = tuple(DraftCaption(text, "") for text in form.get("caption", []))
            draft = replace(draft, captions=captions, label=form.get("label", [""])[0])
        place, labels, nonce = self._review.find_place(name), self._review.list_labels(), secrets.token_urlsafe(12)
        shown = write_clip_page(draft, place, labels, nonce=nonce, error=error)
        return _answer(shown, nonce, 422 if error else 200)

    async def _send_clip(self, request: Request) -> Response:
        return await self._send(request, ".mp4", "video/mp4")

    async def _send_sheet(self, request: Request) -> Response:
        return await self._send(request, ".jpg", "image/jpeg")

    async def _send(self, request: Request, suffix: str, media_type: str) -> Response:
        """Only files of clips that the journal names: no path can be asked for."""
        name = request.path_params["file"].removesuffix(suffix)
        if await run_in_threadpool(self._review.open, name) is None:
            return PlainTextResponse("Not found", 404)
        folder = self._review.folder
        path = folder.clip_path(name) if suffix == ".mp4" else folder.sheet_path(name)
        return FileResponse(path, media_type=media_type, headers=_HEADERS)


def _answer(html: str, nonce: str, status: int = 200) -> Response:
    policy = {"Content-Security-Policy": _POLICY.format(nonce=nonce)}
    return HTMLResponse(html, status, headers=_HEADERS | policy)
