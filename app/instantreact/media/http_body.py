"""What a camera answers over HTTP(S).

We open the connection ourselves, because FFmpeg resolves names and follows redirects without asking the policy.
"""

from collections.abc import Generator
from contextlib import ExitStack, suppress
from typing import Self

import httpx

from instantreact.errors import NotAllowed, StreamLost
from instantreact.media.camera_login import CameraLogin
from instantreact.media.patience import Deadline, PatientTransport
from instantreact.media.reach import SENDS_ELSEWHERE, ReachPolicy, resolve_host
from instantreact.media.source import Source

_MOST_REDIRECTS = 3
_WANTED = "multipart/x-mixed-replace, image/jpeg, */*"


class HttpBody:
    """The body of one answer, read as it arrives; close it before the camera is asked again.

    kind        its content type, as the camera says; "" where it says none
    has_length  whether the camera says where it ends
    deadline    after which reading fails even though bytes trickle in
    """

    def __init__(self, response: httpx.Response, deadline: Deadline) -> None:
        self._response = response
        self._chunks = response.iter_raw()
        self._rest = b""
        self.kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        self.has_length = "content-length" in response.headers
        self.deadline = deadline

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int) -> bytes:
        """At most `size` bytes, as soon as there are any; none at the end. Raises StreamLost."""
        if not self._rest:
            try:
                self._rest = next(self._chunks, b"")
            except httpx.TimeoutException:
                late = self.deadline.left_s() <= 0
                raise StreamLost("No whole picture came in time." if late else "The camera stopped sending.") from None
            except httpx.HTTPError:
                raise StreamLost("The connection to the camera broke.") from None
        part, self._rest = self._rest[:size], self._rest[size:]
        return part

    def close(self) -> None:
        """Read no more of it."""
        if self._response.headers.get("content-length") == str(self._response.num_bytes_downloaded):
            with suppress(httpx.HTTPError):
                next(self._chunks, b"")  # only an answer read to its end leaves the connection for the next
        self._response.close()


class HttpCamera:
    """An HTTP(S) camera that may be asked again and again.

    Raises StreamLost when nobody answers in time or with an error, NotAllowed when the policy forbids its address or
    it sends us to another host.
    """

    def __init__(self, source: Source, policy: ReachPolicy, *, open_timeout_s: float, read_timeout_s: float) -> None:
        self._source = source
        self._address = resolve_host(source.host, source.port, policy)
        self._longest_s = open_timeout_s + read_timeout_s
        self._deadline = Deadline()
        self._client = httpx.Client(
            timeout=httpx.Timeout(read_timeout_s, connect=open_timeout_s),
            trust_env=False,
            auth=_CameraAuth(source),
            transport=PatientTransport(self._deadline),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ask(self) -> HttpBody:
        """What it answers now."""
        path = self._source.path or "/"
        self._deadline.set_to(self._longest_s)
        for _ in range(_MOST_REDIRECTS + 1):
            response = _send(self._client, self._build_request(path))
            with ExitStack() as undo:
                undo.callback(response.close)
                if not response.has_redirect_location:
                    _judge(response)
                    undo.pop_all()
                    return HttpBody(response, self._deadline)
                path = _local_redirect(response, self._source)
        raise StreamLost("The camera redirects in circles.")

    def close(self) -> None:
        self._client.close()

    def _build_request(self, path: str) -> httpx.Request:
        """For the address that was judged, by its number; the name stays in `Host` and in the TLS handshake."""
        source = self._source
        literal = f"[{self._address}]" if ":" in self._address else self._address
        named = f"[{source.host}]" if ":" in source.host else source.host
        headers = {"Host": f"{named}:{source.port}", "Accept": _WANTED, "Accept-Encoding": "identity"}
        return self._client.build_request(
            "GET",
            f"{source.scheme}://{literal}:{source.port}{path}",
            headers=headers,
            extensions={"sni_hostname": source.host, "timeout": self._client.timeout.as_dict()},
        )


class _CameraAuth(httpx.Auth):
    """Answers the camera's challenge once, and from then on before it asks."""

    def __init__(self, source: Source) -> None:
        self._login = CameraLogin(source.login)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        response = yield self._answered(request)
        challenges = response.headers.get_list("www-authenticate")
        if response.status_code == 401 and self._login.take_challenge(challenges):
            yield self._answered(request)

    def _answered(self, request: httpx.Request) -> httpx.Request:
        answer = self._login.answer(request.method, request.url.raw_path.decode("ascii"))
        if answer is not None:
            others = [header for header in request.headers.raw if header[0].lower() != b"authorization"]
            request.headers = httpx.Headers([*others, (b"Authorization", answer.encode())])
        return request


def _send(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    try:
        return client.send(request, stream=True)
    except httpx.TimeoutException:
        raise StreamLost("The camera did not answer in time.") from None
    except httpx.ConnectError as error:
        refused = "refused" in str(error).lower()
        why = f"Nothing listens on port {request.url.port or 'of its scheme'} there" if refused else str(error)
        raise StreamLost(f"{why}.") from None
    except (httpx.HTTPError, httpx.InvalidURL):
        raise StreamLost("What answers there does not speak HTTP.") from None


def _local_redirect(response: httpx.Response, source: Source) -> str:
    """The path of a redirect that stays with the camera; NotAllowed for any other. Raises StreamLost for none."""
    try:
        location = httpx.URL(response.headers["location"])
    except httpx.InvalidURL:
        raise StreamLost("What answers there does not speak HTTP.") from None
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
