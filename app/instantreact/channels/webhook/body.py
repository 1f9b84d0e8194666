"""What a webhook says, as JSON. Pure."""

from base64 import b64encode
from datetime import datetime

from instantreact.channels.values import describe_alert, name_alert, write_json
from instantreact.domain.alert import Picture
from instantreact.domain.happening import (
    AlertAnswered,
    AlertDoubted,
    CameraBack,
    CameraLost,
    ChannelFailing,
    ChannelMended,
    DailyReport,
    Digest,
    Happening,
    IncidentGrew,
    Notice,
    Reminder,
    RuleMatched,
    TrialAlert,
    Written,
)


def write_alert(notice: Notice, *, now: datetime) -> bytes:
    """The first part: what happened, in words and as values."""
    return _write("alert.raised", notice, describe_alert(notice), now=now)


def write_picture(notice: Notice, picture: Picture, *, now: datetime) -> bytes:
    """The second part: a link to the picture where there are links, else the picture itself."""
    shown = {"media_type": "image/jpeg", "filename": picture.filename}
    if notice.open_url is not None:
        shown["url"] = f"{notice.open_url}/snapshot.jpg"
    else:
        shown["base64"] = b64encode(picture.jpeg).decode()
    return _write("alert.picture", notice, {**name_alert(notice), "picture": shown}, now=now)


def _write(kind: str, notice: Notice, data: dict[str, object], *, now: datetime) -> bytes:
    return write_json({"type": kind, "timestamp": _occurred_at(notice.happening) or now, "data": data})


def _occurred_at(happening: Happening) -> datetime | None:
    """When it happened, which does not change between tries; None where nobody wrote it down."""
    match happening:
        case RuleMatched():
            return happening.occurred_at
        case CameraLost() | CameraBack():
            return happening.as_of
        case ChannelFailing() | ChannelMended():
            return happening.since
        case DailyReport():
            return happening.since
        case IncidentGrew():
            return happening.latest_at
        case AlertAnswered() | AlertDoubted() | Digest() | Reminder() | TrialAlert() | Written():
            return None
