"""An alert as JSON, for channels whose recipients are programs: in words, and as the values that it is made of."""

import json
from dataclasses import asdict
from datetime import UTC, datetime

from instantreact.channels.shortening import clean
from instantreact.channels.words import Room, compose_text, compose_title
from instantreact.domain.happening import Notice

ROOM = Room(title=200, place=200, caption=2000, what=60, quote=300, reasons=20, digested=50)


def name_alert(notice: Notice) -> dict[str, object]:
    """Which alert it is."""
    return {
        "alert_id": notice.alert_id,
        "severity": notice.happening.severity,
        "title": clean(compose_title(notice.happening, notice.language)),
        "open_url": notice.open_url,
    }


def describe_alert(notice: Notice) -> dict[str, object]:
    """All that is told of it."""
    text = clean(compose_text(notice.happening, ROOM, notice.language))
    return {**name_alert(notice), "text": text, "happening": asdict(notice.happening)}


def write_json(value: object) -> bytes:
    """In UTF-8; times such as 2026-11-22T10:59:00Z, as everywhere in the API."""
    return json.dumps(value, ensure_ascii=False, default=_write_moment).encode("utf-8", "replace")


def _write_moment(value: object) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is no value of a happening")
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
