"""The body of an MJPEG answer as a file that PyAV reads.

We open the connection ourselves, because FFmpeg resolves names and follows redirects without asking the policy.
"""

import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack
from typing import Self

import httpx

from instantreact.errors import NotAllowed, StreamLost, UnsupportedMedia
from instantreact.media.camera_login import CameraLogin
from instantreact.media.reach import SENDS_ELSEWHERE, ReachPolicy, resolve_host
from instantreact.media.source import Source

_MOST_REDIRECTS = 3


class HttpBody:
    """What an HTTP(S) camera sends, read as it arrives.

    Raises StreamLost when nobody answers in time or with an error, NotAllowed when the policy forbids an address or
    the camera sends us to another host, UnsupportedMedia when the answer is no MJPEG stream.
    """

    def __init__(self, source: Source, policy: ReachPolicy, *, open_timeout_s: float, read_timeout_s: float) -> None:
        self._stack = ExitStack()
        self._rest = b""
        self.give_up_at_s = time.monotonic() + open_timeout_s + read_timeout_s
        """Monotonic time after which reading fails even though bytes trickle in."""
        timeout = httpx.Timeout(read_timeout_s, connect=open_timeout_s)
        client = httpx.Client(timeout=timeout, trust_env=False, auth=_CameraAuth(source))
        self._stack.enter_context(client)
        try:
            self._chunks = self._open(client, source, policy)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int) -> bytes:
        """At most `size` bytes, as soon as there are any; none at the end. Raises StreamLost."""
        if time.monotonic() > self.give_up_at_s:
            raise StreamLost("The camera sends too slowly for a picture.")
        if not self._rest:
            try:
                self._rest = next(self._chunks, b"")
            except httpx.TimeoutException:
                raise StreamLost("The camera stopped sending.") from None
            except httpx.HTTPError:
                raise StreamLost("The connection to the camera broke.") from None
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def close(self) -> None:
        """Hang up."""
        self._stack.close()

    def _open(self, client: httpx.Client, source: Source, policy: ReachPolicy) -> Iterator[bytes]:
        path = source.path or "/"
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._stack.enter_context(_send(client, source, path, policy))
            if not response.has_redirect_location:
                _judge(response)
                return response.iter_raw()
            path = _local_redirect(response, source)
        raise StreamLost("The camera redirects in circles.")


class _CameraAuth(httpx.Auth):
    """Answers the camera's challenge once."""

    def __init__(self, source: Source) -> None:
        self._login = CameraLogin(source)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield request
        challenges = response.headers.get_list("www-authenticate")
        if response.status_code == 401 and self._login.take_challenge(challenges):
            answer = self._login.answer(request.method, request.url.raw_path.decode("ascii")) or ""
            request.headers = httpx.Headers([*request.headers.raw, (b"Authorization", answer.encode())])
            yield request


class _Answer:
    """A response as a context, its connection errors in words."""

    def __init__(self, client: httpx.Client, request: httpx.Request) -> None:
        self._client, self._request = client, request

    def __enter__(self) -> httpx.Response:
        try:
            self._response = self._client.send(self._request, stream=True)
        except httpx.TimeoutException:
            raise StreamLost("The camera did not answer in time.") from None
        except httpx.ConnectError as error:
            refused = "refused" in str(error).lower()
            why = (
                f"Nothing listens on port {self._request.url.port or 'of its scheme'} there" if refused else str(error)
            )
            raise StreamLost(f"{why}.") from None
        except httpx.HTTPError:
            raise StreamLost("What answers there does not speak HTTP.") from None
        return self._response

    def __exit__(self, *_: object) -> None:
        self._response.close()


def _send(client: httpx.Client, source: Source, path: str, policy: ReachPolicy) -> _Answer:
    """Ask the address that was judged, by its number; the name stays in `Host` and in the TLS handshake."""
    address = resolve_host(source.host, source.port, policy)
    literal = f"[{address}]" if ":" in address else address
    named = f"[{source.host}]" if ":" in source.host else source.host
    request = client.build_request(
        "GET",
        f"{source.scheme}://{literal}:{source.port}{path}",
        headers={"Host": f"{named}:{source.port}", "Accept": "multipart/x-mixed-replace, */*"},
        extensions={"sni_hostname": source.host, "timeout": client.timeout.as_dict()},
    )
    return _Answer(client, request)


def _local_redirect(response: httpx.Response, source: Source) -> str:
    """The path of a redirect that stays with the camera; NotAllowed for any other."""
    location = httpx.URL(response.headers["location"])
    port = location.port or {"http": 80, "https": 443}.get(location.scheme, 0)
    same = location.scheme == source.scheme and location.host == source.host and port == source.port
    if location.is_absolute_url and not same:
        raise NotAllowed(SENDS_ELSEWHERE)
    return location.raw_path.decode("ascii") if location.raw_path.startswith(b"/") else f"/{location.path}"


def _judge(response: httpx.Response) -> None:
    if response.status_code in {401, 403}:
        raise StreamLost("The camera refused the user name or password.")
    if response.status_code == 404:
        raise StreamLost("The camera has no stream of this path.")
    if response.status_code != 200:
        raise StreamLost(f"The camera answered with HTTP status {response.status_code}.")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/x-mixed-replace":
        raise UnsupportedMedia(f"The address answers with {kind or 'something unnamed'}, not with an MJPEG stream.")
