"""`make_*()`: rows with everything that a test does not care about filled in."""

from datetime import UTC, datetime, timedelta
from itertools import count

from sqlalchemy.ext.asyncio import AsyncSession

from instantreact.domain.alert import AlertState, ChannelKind, PartKind
from instantreact.domain.happening import Written
from instantreact.domain.media import ClipInfo, Window
from instantreact.domain.observation import Caption, Hypothesis, Observation, Transcript
from instantreact.domain.rule import ConceptCondition, Criteria, Severity
from instantreact.domain.verdict import Outcome
from instantreact.storage import alerts, clips, events, recipients, rules
from instantreact.storage.clips import NewClip
from instantreact.storage.tables import Alert, Clip, Event, Recipient, Rule, Verdict, new_id
from instantreact.storage.verdicts import insert_verdict

DAY = timedelta(hours=24)
BOTH = (PartKind.TEXT, PartKind.PICTURE)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CLIP_INFO = ClipInfo("mp4", "h264", 2.0, 640, 480, 25.0, has_audio=False)
_numbers = count()


def make_observation(
    caption: str = "Two people fight.", index: int = 0, transcript: Transcript | None = None
) -> Observation:
    return Observation(
        window=Window(index, start_s=float(index), end_s=index + 2.0),
        caption=Caption(caption, 0.5),
        hypotheses=(Hypothesis(caption, 1.0),),
        concepts={"fight": 0.9},
        transcript=transcript,
    )


def make_new_clip(**values: object) -> NewClip:
    defaults: dict[str, object] = {
        "sha256": f"{next(_numbers):064x}",
        "filename": "clip.mp4",
        "size_bytes": 1000,
        "blob_key": f"clips/{new_id()}",
        "info": CLIP_INFO,
    }
    return NewClip(**{**defaults, **values})  # type: ignore[arg-type]


async def make_clip(session: AsyncSession, **values: object) -> Clip:
    clip, _ = await clips.insert_or_find(session, make_new_clip(**values), now=NOW)
    return clip


def make_event_row(**values: object) -> Event:
    index = values.setdefault("window_index", 0)
    assert isinstance(index, int)
    caption = str(values.setdefault("caption", "Two people fight."))
    defaults: dict[str, object] = {
        "start_s": float(index),
        "end_s": index + 2.0,
        "occurred_at": NOW,
        "observation": make_observation(caption, index),
    }
    return Event(**{**defaults, **values})


async def make_event(session: AsyncSession, **values: object) -> Event:
    if "clip_id" not in values and "camera_id" not in values:
        values["clip_id"] = (await make_clip(session)).id
    event, _ = await events.insert_or_find(session, make_event_row(**values))
    return event


async def make_rule(session: AsyncSession, **values: object) -> Rule:
    defaults: dict[str, object] = {
        "name": f"rule {next(_numbers)}",
        "criteria": Criteria((ConceptCondition("fight"),)),
        "severity": Severity.WARNING,
        "cooldown_s": 60.0,
        "enabled": True,
        "created_at": NOW,
    }
    return await rules.insert_rule(session, Rule(**{**defaults, **values}))


async def make_recipient(session: AsyncSession, **values: object) -> Recipient:
    defaults: dict[str, object] = {
        "name": "Ana",
        "channel": ChannelKind.MESSENGER,
        "address": f"psid-{next(_numbers)}",
        "enabled": True,
        "created_at": NOW,
    }
    return await recipients.insert_recipient(session, Recipient(**{**defaults, **values}))


async def make_alert(session: AsyncSession, *people: Recipient, **values: object) -> Alert:
    defaults: dict[str, object] = {
        "happening": Written("Fight", "Two people fight.", Severity.WARNING),
        "state": AlertState.RAISED,
        "raised_at": NOW,
    }
    row = Alert(**{**defaults, **values})
    if row.system_key is None:
        row.rule_id = row.rule_id or (await make_rule(session)).id
        row.event_id = row.event_id or (await make_event(session)).id
    alert, _ = await alerts.insert_or_find(session, row, recipients=people, parts_of=lambda _: BOTH)
    if alert.rule_id and alert.event_id:
        raised = {"outcome": Outcome.RAISED, "why": "", "decided_at": NOW, "alert_id": alert.id}
        await insert_verdict(session, Verdict(event_id=alert.event_id, rule_id=alert.rule_id, **raised))
    return alert
