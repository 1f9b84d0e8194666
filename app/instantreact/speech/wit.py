"""The Wit.ai recogniser: short utterances to /speech with what they mean, longer stretches to /dictation."""

import asyncio
import string
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from uuid import uuid4

import httpx

from instantreact.domain.media import AudioTrack
from instantreact.domain.observation import Hearing, Transcript
from instantreact.errors import Misconfigured, SpeechError, SpeechRejected, SpeechTimeout, SpeechUnavailable
from instantreact.logs import get_logger
from instantreact.speech.sound import encode_wav, halve
from instantreact.speech.wit_failure import Failure, Remedy, classify
from instantreact.speech.wit_guard import CircuitBreaker, Now, Sleep, TokenBucket
from instantreact.speech.wit_reply import (
    ENGINE,
    MAX_BODY_BYTES,
    JsonObject,
    broken_off,
    find_error,
    join_transcripts,
    read_dictation,
    read_objects,
    read_speech,
)

SPEECH_LONGEST_S = 18.0
DICTATION_LONGEST_S = 60.0
RETRY_LATE_S = 30.0
BACK_OFF_S = 60.0
REFUSED_TOKEN_S = 600.0
_SHORTEST_HALF_S = 0.5
_UPLOAD_BYTES = 16_384

log = get_logger(__name__)


@dataclass(frozen=True)
class WitApp:
    """One Wit.ai app: its server token, where it lives, and the one language it understands."""

    token: str = field(repr=False)
    base_url: str = "https://api.wit.ai"
    version: str = "20240304"
    language: str | None = None


@dataclass(frozen=True)
class WitLimits:
    """How long to wait for Wit.ai, how often to ask, when to leave it alone.

    longest_s  the longest utterance to ask for; above 18 s it goes to /dictation, which understands no intents
    total_s    an answer that drips in must be complete by then
    """

    longest_s: float = SPEECH_LONGEST_S
    connect_s: float = 5.0
    write_s: float = 30.0
    speech_read_s: float = 20.0
    dictation_read_s: float = 90.0
    total_s: float = 180.0
    rate_per_s: float = 1.0
    concurrency: int = 2
    retry_delays_s: tuple[float, ...] = (1.0, 2.0, 4.0)
    failures: int = 5
    open_s: float = 60.0


@dataclass(frozen=True)
class _Answer:
    """The objects that came before the answer ended or something went wrong."""

    objects: tuple[JsonObject, ...]
    failure: Failure | None


class WitTranscriber:
    """Transcribes by Wit.ai's HTTP interface; one object serves a whole process and its event loop."""

    def __init__(
        self, app: WitApp, limits: WitLimits | None = None, *, now: Now = time.monotonic, sleep: Sleep = asyncio.sleep
    ) -> None:
        """Raises Misconfigured for a token that no HTTP header can carry."""
        if not app.token or set(app.token) - set(string.ascii_letters + string.digits + "-._~+/="):
            raise Misconfigured("The Wit.ai token is empty or has a character that no token has.")
        self._app = app
        self._limits = limits or WitLimits()
        self._sleep = sleep
        self._slots = asyncio.Semaphore(self._limits.concurrency)
        self._bucket = TokenBucket(self._limits.rate_per_s, now=now, sleep=sleep)
        self._breaker = CircuitBreaker(failures=self._limits.failures, open_s=self._limits.open_s, now=now)
        self._client = httpx.AsyncClient(
            base_url=app.base_url, params={"v": app.version}, headers={"Authorization": f"Bearer {app.token}"}
        )

    @property
    def engine(self) -> str:
        return ENGINE

    @property
    def longest_s(self) -> float:
        """The longest utterance it wants to be given, in seconds."""
        return self._limits.longest_s

    @property
    def fault(self) -> str | None:
        """Why Wit.ai is not asked for now; None while it answers."""
        return self._breaker.fault

    async def transcribe(self, utterance: AudioTrack) -> Transcript:
        """What was said in `utterance` and what it means; more than 60 s are asked for in parts.

        Sends nothing while the circuit is open or the token is refused. What was understood before an answer broke
        off is kept and marked truncated. Raises SpeechTimeout, SpeechUnavailable or SpeechRejected.
        """
        if utterance.duration_s > DICTATION_LONGEST_S:
            return await self._transcribe_halves(utterance)
        dictation = utterance.duration_s > SPEECH_LONGEST_S
        answer = await self._ask(utterance, dictation=dictation)
        if _remedy(answer) is Remedy.SPLIT and utterance.duration_s >= 2 * _SHORTEST_HALF_S:
            return await self._transcribe_halves(utterance)
        read = read_dictation if dictation else read_speech
        return _conclude(read(answer.objects, utterance, self._app.language), answer.failure)

    async def check(self) -> str:
        """Ask what "hello" means: proves address, token and version without sending sound."""
        request = self._client.build_request("GET", "/message", params={"q": "hello"}, timeout=self._timeout(10.0))
        answer = await self._exchange(request)
        if answer.failure is not None:
            raise _error(answer.failure)
        return f"Wit.ai at {self._app.base_url} answers and accepts the token."

    async def close(self) -> None:
        await self._client.aclose()

    async def _transcribe_halves(self, utterance: AudioTrack) -> Transcript:
        first, second = halve(utterance)
        begun = await self.transcribe(first)
        try:
            return join_transcripts([begun, await self.transcribe(second)])
        except SpeechError as error:
            if begun.hearing is not Hearing.HEARD:
                raise
            return broken_off(begun, str(error))

    async def _ask(self, utterance: AudioTrack, *, dictation: bool) -> _Answer:
        """The answer, after as many further tries as its failures deserve."""
        delays = {Remedy.RETRY: list(self._limits.retry_delays_s), Remedy.RETRY_LATE: [RETRY_LATE_S]}
        answer = await self._request(utterance, dictation=dictation)
        while (left := delays.get(_remedy(answer))) and not (dictation and _has_text(answer)):
            await self._sleep(left.pop(0))
            try:
                answer = await self._request(utterance, dictation=dictation)
            except SpeechUnavailable:
                if not _has_text(answer):
                    raise
                break
        return answer

    async def _request(self, utterance: AudioTrack, *, dictation: bool) -> _Answer:
        """One try, when the rate limit and the circuit breaker let it pass."""
        read_s = self._limits.dictation_read_s if dictation else self._limits.speech_read_s
        request_id = str(uuid4())
        async with self._slots:
            self._breaker.admit()
            await self._bucket.take()
            request = self._client.build_request(
                "POST",
                "/dictation" if dictation else "/speech",
                headers={"Content-Type": "audio/wav", "X-Wit-Client-Request-Id": request_id},
                content=_upload(utterance),  # a generator: sent in chunks, recognised while it arrives
                timeout=self._timeout(read_s),
            )
            answer = await self._exchange(request)
            self._record(answer.failure, request_id)
        return answer

    async def _exchange(self, request: httpx.Request) -> _Answer:
        body = bytearray()
        try:
            async with asyncio.timeout(self._limits.total_s):
                response = await self._client.send(request, stream=True)
                try:
                    async for data in response.aiter_bytes():
                        body += data
                        if len(body) > MAX_BODY_BYTES:
                            break
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException):
            failure = Failure(Remedy.RETRY, "Wit.ai did not answer in time.", timed_out=True)
            return _Answer(tuple(read_objects(body)), failure)
        except httpx.HTTPError as error:
            what = f"The connection to Wit.ai failed: {type(error).__name__}."
            return _Answer(tuple(read_objects(body)), Failure(Remedy.RETRY, what))
        objects = read_objects(body)
        found = _find_failure(response, objects)
        if found is not None and found.remedy is Remedy.NONE:
            return _Answer((), None)
        return _Answer(tuple(objects), found)

    def _record(self, failure: Failure | None, request_id: str) -> None:
        """Tell the circuit breaker how it went."""
        if failure is None:
            self._breaker.succeed()
            return
        log.warning("wit.failed", request_id=request_id, remedy=failure.remedy.value, reason=failure.message)
        if failure.remedy is Remedy.RETRY:
            self._breaker.fail(failure.message)
        elif failure.remedy is Remedy.BACK_OFF:
            self._breaker.shut(max(BACK_OFF_S, failure.retry_after_s or 0.0), failure.message)
        elif failure.remedy is Remedy.DISABLE:
            log.error("wit.token_refused", next_probe_s=REFUSED_TOKEN_S)
            self._breaker.shut(REFUSED_TOKEN_S, failure.message)
        else:
            self._breaker.succeed()

    def _timeout(self, read_s: float) -> httpx.Timeout:
        limits = self._limits
        return httpx.Timeout(connect=limits.connect_s, write=limits.write_s, read=read_s, pool=limits.total_s)


async def _upload(utterance: AudioTrack) -> AsyncIterator[bytes]:
    data = encode_wav(utterance)
    for at in range(0, len(data), _UPLOAD_BYTES):
        yield data[at : at + _UPLOAD_BYTES]


def _find_failure(response: httpx.Response, objects: list[JsonObject]) -> Failure | None:
    """What is wrong with an answer that arrived whole; None when nothing is."""
    error = find_error(objects)
    retry_after = response.headers.get("Retry-After", "")
    if error is not None or not response.is_success:
        code, message = (error.code, error.message) if error else (None, "")
        failure = classify(response.status_code, code, message)
        return replace(failure, retry_after_s=float(retry_after)) if retry_after.isdecimal() else failure
    if not objects:
        return Failure(Remedy.RETRY, "Wit.ai's answer could not be read.")
    return None


def _remedy(answer: _Answer) -> Remedy:
    return answer.failure.remedy if answer.failure else Remedy.NONE


def _has_text(answer: _Answer) -> bool:
    return any(item.get("text") for item in answer.objects)


def _conclude(heard: Transcript, failure: Failure | None) -> Transcript:
    """What was heard, marked truncated when it ended in a failure; the failure as an error when nothing was."""
    if failure is None:
        return heard
    if heard.hearing is Hearing.HEARD:
        return broken_off(heard, failure.message)
    raise _error(failure)


def _error(failure: Failure) -> SpeechError:
    if failure.remedy in (Remedy.GIVE_UP, Remedy.SPLIT, Remedy.RETRY_LATE):
        return SpeechRejected(failure.message)
    if failure.timed_out:
        return SpeechTimeout(failure.message)
    waits = {Remedy.BACK_OFF: BACK_OFF_S, Remedy.DISABLE: REFUSED_TOKEN_S}
    wait_s = max(waits.get(failure.remedy, 0.0), failure.retry_after_s or 0.0)
    return SpeechUnavailable(failure.message, retry_after_s=wait_s or None)
