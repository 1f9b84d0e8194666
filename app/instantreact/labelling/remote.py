"""Clips of a running service, through its API as everybody has it."""

import os
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from instantreact.domain.alert import AlertState
from instantreact.domain.nearest import ask_meant, find_nearest
from instantreact.errors import InvalidInput, NotFound, ServiceRefused
from instantreact.labelling.folder import FETCHED
from instantreact.labelling.sources import AnsweredAlert, FootageKind, FoundClip, judge_answers

TRIES = 4
_PAGE = 200
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class StoredFilter:
    """Which of a service's clips: all conditions that are set hold. `since` is included, `until` is not.

    scene   for those whose camera nobody knows; None leaves them out
    pieces  cut from an upload, at most
    """

    kind: FootageKind = FootageKind.ALERTS
    cameras: tuple[str, ...] = ()
    state: AlertState | None = None
    since: datetime | None = None
    until: datetime | None = None
    scene: str | None = None
    pieces: int = 3

    def covers(self, moment: datetime) -> bool:
        """Whether it lies within the span."""
        return (self.since is None or moment >= self.since) and (self.until is None or moment < self.until)


class ServiceClips:
    """What a service has stored, for whoever holds a key of it that may read."""

    def __init__(self, client: httpx.Client, wanted: StoredFilter) -> None:
        """`client` knows the service's address and shows the key."""
        self._client = client
        self._wanted = wanted

    def find(self) -> Sequence[FoundClip]:
        """Raises ServiceRefused, and InvalidInput for a camera that there is not."""
        names = {camera["id"]: camera["name"] for camera in self._list("/cameras")}
        ids: list[str | None] = [_find_camera(name, names) for name in self._wanted.cameras]
        find = self._find_alerts if self._wanted.kind is FootageKind.ALERTS else self._find_uploads
        return [found for camera_id in ids or [None] for found in find(camera_id, names)]

    @contextmanager
    def fetch(self, found: FoundClip, folder: Path) -> Iterator[Path]:
        descriptor, name = tempfile.mkstemp(prefix=FETCHED, dir=folder)
        os.close(descriptor)
        path = Path(name)
        try:
            self._download(found.key, path)
            yield path
        finally:
            path.unlink(missing_ok=True)

    def _find_alerts(self, camera_id: str | None, names: Mapping[str, str]) -> Iterator[FoundClip]:
        wanted = self._wanted
        query = {
            "camera_id": camera_id,
            "state": wanted.state,
            "since": _write(wanted.since),
            "until": _write(wanted.until),
        }
        by_event: dict[str, list[AnsweredAlert]] = {}
        for alert in self._list("/alerts", **query):
            if alert["event_id"] and alert["rule_id"]:
                concepts = tuple(each["what"] for each in alert["evidence"] if each["kind"] == "concept")
                answer = AnsweredAlert(AlertState(alert["state"]), alert["answered_by"], concepts)
                by_event.setdefault(alert["event_id"], []).append(answer)
        for event_id, alerts in by_event.items():
            if found := self._describe_event(event_id, alerts, names):
                yield found

    def _describe_event(
        self, event_id: str, alerts: Sequence[AnsweredAlert], names: Mapping[str, str]
    ) -> FoundClip | None:
        """None where nothing of it is stored any more."""
        try:
            event = self._get(f"/events/{event_id}").json()
        except NotFound:
            return None
        if event["has_evidence"]:
            key, during = f"/events/{event_id}/evidence.mp4", None
        elif event["clip_id"]:
            key, during = f"/clips/{event['clip_id']}/media", (event["start_s"], event["end_s"])
        else:
            return None
        label, why = judge_answers(alerts)
        scene = names.get(event["camera_id"]) or self._wanted.scene
        return FoundClip(
            f"event:{event_id}", event["camera_id"] if event["camera_id"] in names else None, scene,
            f"{scene or 'an unknown camera'}, alert of {event['occurred_at']}", key, label, why,
            event["caption"]["text"], during,
        )  # fmt: skip

    def _find_uploads(self, camera_id: str | None, names: Mapping[str, str]) -> Iterator[FoundClip]:
        for clip in self._list("/clips", camera_id=camera_id, state="analyzed"):
            if self._wanted.covers(datetime.fromisoformat(clip["recorded_at"] or clip["submitted_at"])):
                scene = names.get(clip["camera_id"]) or self._wanted.scene
                yield FoundClip(
                    f"clip:{clip['id']}", clip["camera_id"] if clip["camera_id"] in names else None, scene,
                    f"{scene or 'an unknown camera'}, {clip['filename'] or clip['id']}", f"/clips/{clip['id']}/media",
                    pieces=self._wanted.pieces,
                )  # fmt: skip

    def _list(self, path: str, **query: str | None) -> Iterator[dict[str, Any]]:
        """All pages."""
        asked = {name: value for name, value in query.items() if value is not None} | {"limit": str(_PAGE)}
        while True:
            page = self._get(path, **asked).json()
            yield from page["items"]
            if page["next"] is None:
                return
            asked["after"] = page["next"]

    def _get(self, path: str, **query: str) -> httpx.Response:
        for attempt in range(1, TRIES + 1):
            try:
                answer = self._client.get(path, params=query)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                _pause(attempt, f"The service cannot be reached: {type(error).__name__}.")
                continue
            if not _is_busy(answer, attempt):
                return _judge(answer, path)
        raise AssertionError("the last try returns or raises")

    def _download(self, path: str, to: Path) -> None:
        for attempt in range(1, TRIES + 1):
            try:
                with self._client.stream("GET", path) as answer, to.open("wb") as file:
                    if not _is_busy(answer, attempt):
                        _judge(answer, path)
                        for data in answer.iter_bytes(1 << 20):
                            file.write(data)
                        return
            except httpx.HTTPError as error:
                _pause(attempt, f"Its file breaks off: {type(error).__name__}.")


def _find_camera(name: str, names: Mapping[str, str]) -> str:
    for camera_id, known in names.items():
        if known == name:
            return camera_id
    question = ask_meant([find_nearest(name, list(names.values()))])
    raise InvalidInput(f"The service has no camera called {name}, or the key may not see it.{question}")


def _is_busy(answer: httpx.Response, attempt: int) -> bool:
    """Whether to ask again, once we have waited as long as the service says."""
    if answer.status_code not in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}:
        return False
    said = answer.headers.get("Retry-After", "")
    wait_s = float(said) if said.isascii() and said.isdigit() else 2.0**attempt
    _pause(attempt, f"The service is busy ({answer.status_code}).", wait_s=min(wait_s, _LONGEST_WAIT_S))
    return True


def _pause(attempt: int, why: str, *, wait_s: float = 0.5) -> None:
    """Raises ServiceRefused after the last try."""
    if attempt == TRIES:
        raise ServiceRefused(why)
    time.sleep(wait_s)


def _judge(answer: httpx.Response, path: str) -> httpx.Response:
    status = answer.status_code
    if answer.is_success:
        return answer
    if status == HTTPStatus.NOT_FOUND:
        raise NotFound("file or row at", path)
    if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise ServiceRefused(f"The service refuses the key ({status}): INSTANTREACT_API_KEY must be one that may read.")
    raise ServiceRefused(f"The service answered {status} to {path}: is this its address?")


def _write(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
