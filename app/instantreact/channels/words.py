"""A happening in words: what channels have in common of it, each in its own room. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from instantreact.channels.catalogue import (
    ACKNOWLEDGED_BY,
    ALERTS_SINCE,
    ALL_IS_WELL,
    ALSO,
    AND_MORE,
    BETWEEN,
    CAMERA_COMES_AND_GOES,
    CAMERA_IS_BACK,
    CAMERA_IS_LOST,
    CAMERAS_LIVE,
    CHANNEL_IS_BROKEN,
    CHANNEL_QUIET,
    CHANNEL_WAS_QUIET,
    CHANNEL_WORKS,
    DISMISSED_BY,
    FALSE_SAYS,
    FOR_A_TIME,
    HEADING,
    HEARD,
    IN_OR_OUT,
    IN_ZONE,
    INTO_ZONE,
    KEEP_IT_OPEN,
    KEPT_FOR_YOU,
    LEFT_OF_LINE,
    MOVEMENT_IN,
    NO_PICTURE_SINCE,
    NOT_ALL_LIVE,
    NOT_LIVE,
    NOTHING_SEEN,
    OUT_OF_ZONE,
    OVER_THE_LINE,
    PARTLY_SEEN,
    QUOTED,
    RIGHT_OF_LINE,
    SHUTS_SOON,
    TAKEN_BY,
    TIMES,
    TRIAL,
    TRIAL_SAYS,
    WEEKDAYS,
)
from instantreact.channels.label_words import tell_count, tell_counts
from instantreact.channels.look_words import tell_doubt, tell_look, title_doubt
from instantreact.channels.moments import format_gap, format_minute, format_moment, format_since, format_time
from instantreact.channels.shortening import shorten, utf16_units
from instantreact.domain.alert import AlertState
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
    Reminder,
    RuleMatched,
    TrialAlert,
    Written,
)
from instantreact.domain.language import Language
from instantreact.domain.observation import Way
from instantreact.domain.rule import Evidence, Severity
from instantreact.domain.site import zone_called

_SEEN_S = 1.0
"""Seen for less than this meanwhile, a camera was lost all the time, for people."""

_MARKS = {Severity.INFO: "ℹ️", Severity.WARNING: "⚠️", Severity.CRITICAL: "🚨"}

_PASSED = {Way.ENTER: INTO_ZONE, Way.LEAVE: OUT_OF_ZONE, Way.RIGHT: RIGHT_OF_LINE, Way.LEFT: LEFT_OF_LINE}


@dataclass(frozen=True)
class Room:
    """How long the pieces of a text may be, in UTF-16 code units, and how many reasons it may give.

    With these a text is at most 640 long.
    """

    title: int = 60
    place: int = 60
    caption: int = 200
    what: int = 30
    quote: int = 40
    things: int = 60
    reasons: int = 3
    digested: int = 6


BRIEF = Room()


def compose_title(happening: Happening, language: Language = Language.ENGLISH) -> str:
    """What happened, in a few words."""
    match happening:
        case Written(title):
            return title
        case RuleMatched(rule):
            return rule
        case CameraLost(camera):
            lost = CAMERA_COMES_AND_GOES if happening.seen_s >= _SEEN_S else CAMERA_IS_LOST
            return lost.say(language, camera=camera)
        case CameraBack(camera):
            return CAMERA_IS_BACK.say(language, camera=camera)
        case ChannelFailing(channel):
            return CHANNEL_IS_BROKEN.say(language, channel=channel.capitalize())
        case ChannelMended(channel):
            return CHANNEL_WORKS.say(language, channel=channel.capitalize())
        case Digest() | DailyReport() | IncidentGrew() | Reminder():
            return _title_news(happening, language)
    return _title_another(happening, language)


def _title_news(news: Digest | DailyReport | IncidentGrew | Reminder, language: Language) -> str:
    if isinstance(news, Reminder):
        return SHUTS_SOON.say(language, until=_shut_at(news, language))
    if isinstance(news, IncidentGrew):
        return TIMES.say(language, title=news.title, count=news.count)
    if isinstance(news, DailyReport):
        return (NOT_ALL_LIVE if news.lost else ALL_IS_WELL).say(language)
    return KEPT_FOR_YOU.say(language, count=news.count)


def _title_another(news: AlertAnswered | AlertDoubted | TrialAlert, language: Language) -> str:
    if isinstance(news, AlertDoubted):
        return title_doubt(news, language)
    if isinstance(news, TrialAlert):
        return TRIAL.say(language)
    saying = ACKNOWLEDGED_BY if news.state is AlertState.ACKNOWLEDGED else DISMISSED_BY
    return saying.say(language, title=news.title, name=news.by)


def compose_text(happening: Happening, room: Room = BRIEF, language: Language = Language.ENGLISH) -> str:
    """What happened, where, when and why we think so. What a model or an error says stays as it is.

    Each piece of what a rule saw is shortened by itself, so that none is pushed out.
    """
    match happening:
        case Written():
            return happening.text
        case RuleMatched():
            return _tell_match(happening, room, language)
        case CameraLost() | CameraBack():
            return _tell_outage(happening, language)
        case ChannelFailing():
            channel, since = happening.channel.capitalize(), _since(happening)
            return CHANNEL_QUIET.say(language, channel=channel, since=since, reason=happening.reason)
        case Digest() | DailyReport() | IncidentGrew() | Reminder():
            return _tell_summary(happening, room, language)
        case AlertAnswered() | AlertDoubted() | TrialAlert():
            return _tell_of_another(happening, room, language)
        case ChannelMended():
            return CHANNEL_WAS_QUIET.say(language, title=compose_title(happening, language), since=_since(happening))


def _tell_of_another(news: AlertAnswered | AlertDoubted | TrialAlert, room: Room, language: Language) -> str:
    if isinstance(news, TrialAlert):
        return TRIAL_SAYS.say(language, name=news.by)
    if isinstance(news, AlertDoubted):
        return tell_doubt(news, room.caption, language)
    at = format_time(news.raised_at.astimezone(_zone(news.time_zone)))
    saying = TAKEN_BY if news.state is AlertState.ACKNOWLEDGED else FALSE_SAYS
    return saying.say(language, title=news.title, at=at, name=news.by)


def _tell_match(matched: RuleMatched, room: Room, language: Language) -> str:
    names = _line(matched.rule, room.title), _line(matched.place, room.place)
    look, look_line = matched.second_look, tell_look(matched.second_look, language)
    caption = (look.sentence if look else None) or matched.caption
    lines = [
        f"{_MARKS[matched.severity]} {' · '.join(name for name in names if name)}",
        format_moment(matched.occurred_at.astimezone(_zone(matched.time_zone)), language),
        _line(caption, room.caption - utf16_units(look_line)),  # which takes its room from what it is about
        look_line,
        _tell_things(matched, room, language),
        *_reasons(matched.evidence, caption, room, language),
    ]
    return "\n".join(line for line in lines if line.strip())


def _tell_things(matched: RuleMatched, room: Room, language: Language) -> str:
    """What the picture shows besides what is counted among the reasons."""
    reasoned = {each.what for each in matched.evidence if each.count is not None}
    rest = {label: count for label, count in matched.things.items() if label not in reasoned}
    return _line(tell_counts(rest, language), room.things) if rest else ""


def _tell_outage(outage: CameraLost | CameraBack, language: Language) -> str:
    since = format_since(outage.since, outage.as_of, _zone(outage.time_zone), language)
    gap, title = format_gap(outage.gap_s), compose_title(outage, language)
    partly = PARTLY_SEEN.say(language, title=title, since=since, gap=gap)
    comes_and_goes = outage.seen_s >= _SEEN_S
    if isinstance(outage, CameraBack):
        return partly if comes_and_goes else NOTHING_SEEN.say(language, title=title, gap=gap, since=since)
    lost = partly if comes_and_goes else NO_PICTURE_SINCE.say(language, camera=outage.camera, since=since)
    return f"{lost} {outage.reason}".strip()


def _tell_summary(summary: Digest | DailyReport | IncidentGrew | Reminder, room: Room, language: Language) -> str:
    if isinstance(summary, Reminder):
        return KEEP_IT_OPEN.say(language, until=_shut_at(summary, language))
    if isinstance(summary, Digest):
        return _tell_digest(summary, room, language)
    if isinstance(summary, IncidentGrew):
        return _tell_incident(summary, room, language)
    return _tell_report(summary, room, language)


def _tell_incident(grown: IncidentGrew, room: Room, language: Language) -> str:
    first, latest = (each.astimezone(_zone(grown.time_zone)) for each in (grown.first_at, grown.latest_at))
    title = TIMES.say(language, title=_line(grown.title, room.title), count=grown.count)
    others = ", ".join(each for each in grown.rules if each != grown.title)
    lines = [
        f"{_MARKS[grown.severity]} {title}",
        BETWEEN.say(language, first=format_moment(first, language), latest=format_time(latest)),
        _line(", ".join(grown.places), room.place),
        ALSO.say(language, rules=_line(others, room.title)) if others else "",
        _line(grown.caption, room.caption),
    ]
    return "\n".join(line for line in lines if line.strip())


def _tell_digest(digest: Digest, room: Room, language: Language) -> str:
    zone, days = _zone(digest.time_zone), WEEKDAYS.say(language).split()
    lines = [HEADING.say(language, title=compose_title(digest, language))]
    for item in digest.items[: room.digested]:
        names = " · ".join(name for name in (_line(item.title, room.what), _line(item.place, room.what)) if name)
        at = item.at.astimezone(zone)
        lines.append(f"• {days[at.weekday()]} {at:%H:%M} {names}")
    more = digest.count - len(lines) + 1
    return "\n".join([*lines, f"• {AND_MORE.say(language, number=more)}"] if more > 0 else lines)


def _tell_report(report: DailyReport, room: Room, language: Language) -> str:
    since = format_moment(report.since.astimezone(_zone(report.time_zone)), language)
    lines = [
        f"{compose_title(report, language)}.",
        CAMERAS_LIVE.say(language, live=report.live, all=report.live + len(report.lost)),
        ALERTS_SINCE.say(language, since=since, alerts=report.alerts, open=report.open),
    ]
    if report.lost:
        lines.insert(2, NOT_LIVE.say(language, names=_line(", ".join(report.lost), room.caption)))
    return "\n".join(lines)


def _shut_at(reminder: Reminder, language: Language) -> str:
    return format_minute(reminder.until.astimezone(_zone(reminder.time_zone)), language)


def _since(fault: ChannelFailing | ChannelMended) -> str:
    return fault.since.astimezone(_zone(fault.time_zone)).strftime("%Y-%m-%d %H:%M:%S %Z")


def _zone(name: str) -> ZoneInfo:
    return zone_called(name, default=ZoneInfo("UTC"))


def _line(text: str, limit: int) -> str:
    return shorten(" ".join(text.split()), limit)


def _reasons(evidence: Sequence[Evidence], caption: str, room: Room, language: Language) -> list[str]:
    lines = [f"• {_reason(one, caption, room, language)}" for one in evidence[: room.reasons]]
    more = len(evidence) - room.reasons
    return [*lines, f"• {AND_MORE.say(language, number=more)}"] if more > 0 else lines


def _reason(evidence: Evidence, caption: str, room: Room, language: Language) -> str:
    """Such as `fight, 91 %` or `“help me” heard, 80 %`, with the words it rests on unless the caption shows them."""
    what = _line(evidence.what, room.what)
    quote = "" if evidence.quote == caption else _line(evidence.quote, room.quote)
    match evidence.kind:
        case "speech":
            said = HEARD.say(language, quote=quote or what)
        case "zone":
            said = MOVEMENT_IN.say(language, zone=what)
        case "object" | "passage":
            said = _tell_thing(evidence, room, language)
        case "absence":
            return _tell_thing(evidence, room, language)
        case _:
            said = QUOTED.say(language, what=what, quote=quote) if quote else what
    return f"{said}, {round(100 * evidence.score)} %"


def _tell_thing(evidence: Evidence, room: Room, language: Language) -> str:
    """Such as `2 people in till for 10 s`, `no person in desk for 10 min`, or `1 person into till`."""
    said = _line(tell_count(evidence.what, evidence.count or 0, language), room.what)
    zone = _line(evidence.zone, room.what) if evidence.zone else None
    if evidence.kind == "passage":
        saying = _PASSED[evidence.way] if evidence.way else IN_OR_OUT if zone else OVER_THE_LINE
        return saying.say(language, what=said, zone=zone)
    said = IN_ZONE.say(language, what=said, zone=zone) if zone else said
    if not evidence.for_s:
        return said
    time = format_gap(evidence.for_s).removesuffix(" 0 s").removesuffix(" 0 min")
    return FOR_A_TIME.say(language, what=said, time=time)
