"""What people write and tap on Messenger, from webhook to reply; and whom a mute keeps from being told."""

from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest
from sqlalchemy import select

from instantreact.domain.alert import AlertState, ChannelKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.escalation import EscalationStep
from instantreact.domain.happening import CameraLost
from instantreact.domain.language import Language
from instantreact.domain.verdict import Outcome
from instantreact.pipeline.incoming import accept_webhook
from instantreact.pipeline.raising import tell
from instantreact.pipeline.services import LivePictures
from instantreact.storage import cameras, mutes, recipients, rules
from instantreact.storage.audit import AuditFilter, list_entries
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.tables import Alert, Camera, Mute, Recipient, Verdict
from instantreact_demo.graph import FakeGraph, Person, Received
from tests.pipeline.conftest import HOUR_S, JPEG, PSID, House
from tests.pipeline.test_deliver import raise_alert
from tests.pipeline.webhooks import AT_MS, make_body
from tests.storage.factories import NOW

_mids = count()


async def say(house: House, words: str, psid: str = PSID, *, payload: str | None = None) -> None:
    message = {
        "mid": f"m_say_{next(_mids)}",
        "text": words,
        **({"quick_reply": {"payload": payload}} if payload else {}),
    }
    body = make_body({"sender": {"id": psid}, "recipient": {"id": "1000"}, "timestamp": AT_MS, "message": message})
    await accept_webhook(house.services, ChannelKind.MESSENGER, body)
    await house.run_due()


async def ask(house: House, graph: FakeGraph, words: str) -> Received:
    """The reply in words."""
    before = len(graph.received)
    await say(house, words)
    return graph.received[before]


async def fight(house: House, *, at_s: float = 0.0) -> None:
    """Another fight at the camera, in a clip of its own."""
    house.clock.advance(at_s)
    async with house.services.database.reading() as session:
        camera = await session.scalar(select(Camera.id))
    await house.see(await house.add_clip(camera))
    await house.run_due()


@pytest.fixture
async def watched(house: House) -> House:
    """A house with a camera, a rule and somebody who is told; no cooldown is in the way."""
    await house.add_recipient()
    await house.add_camera()
    await house.add_rule(cooldown_s=0.0)
    return house


@pytest.mark.parametrize("words", ["mute 1h", "mute front door 1h", "mute a fight 1h", "silence 1h"])
async def test_mute_quiets_alerts_of_whoever_asks_until_it_ends(watched: House, graph: FakeGraph, words: str) -> None:
    reply = await ask(watched, graph, words)
    assert "until 13:00:00 UTC" in reply.text or "jusqu’à" in reply.text
    sent = len(graph.received)

    await fight(watched)
    assert len(graph.received) == sent
    (muted,) = await watched.alerts()
    assert (muted.state, muted.deliveries, muted.untold_reason) == (AlertState.RAISED, [], mutes.ALL_MUTED)

    await fight(watched, at_s=HOUR_S)
    assert len(graph.received) == sent + 2


async def test_unmute_ends_what_one_has_muted(watched: House, graph: FakeGraph) -> None:
    assert "muted nothing" in (await ask(watched, graph, "unmute")).text
    await say(watched, "mute front door 8h")
    await say(watched, "mute 15min")
    assert "Front door: you are told again" in (await ask(watched, graph, "unmute front door")).text
    assert "Nothing is muted" in (await ask(watched, graph, "unmute")).text
    sent = len(graph.received)
    await fight(watched)
    assert len(graph.received) == sent + 2


async def test_button_of_an_alert_leads_to_quick_replies_that_mute(watched: House, graph: FakeGraph) -> None:
    await fight(watched)
    alert = await watched.the_alert()
    await say(watched, "Mute", payload=f"SAY:mute alert {alert.id}")
    asked = graph.received[-1]
    assert "Rule: A fight\nCamera: Front door" in asked.text
    titles = [reply["title"] for reply in asked.quick_replies]
    assert titles == [f"{what} {length}" for what in ("Rule", "Camera", "All") for length in ("15 min", "1 h", "8 h")]

    await say(watched, "Camera 8 h", payload=asked.quick_replies[5]["payload"])

    assert "Front door: you are told nothing until 20:00:00 UTC" in graph.received[-1].text
    async with watched.services.database.reading() as session:
        (mute,) = await mutes.list_mutes(session, now=NOW)
        (entry,) = await list_entries(session, AuditFilter(action=AuditAction.CHANGED))
    assert (mute.camera_id, mute.rule_id) == (alert.camera_id, None)
    assert (entry.principal, entry.route, entry.subject) == ("Guard", "messenger mute", mute.id)


async def test_mute_of_one_leaves_others_told_and_one_for_everybody_none(watched: House, graph: FakeGraph) -> None:
    graph.people["2002"] = Person()
    async with watched.services.database.unit_of_work() as session:
        other = Recipient(name="Ana", channel=ChannelKind.MESSENGER, address="2002", created_at=NOW)
        await recipients.insert_recipient(session, other)
    await say(watched, "mute 8h")
    await fight(watched)
    assert {part.psid for part in graph.received[1:]} == {"2002"}
    async with watched.services.database.unit_of_work() as session:
        everybody = Mute(until=watched.clock.now() + timedelta(hours=1), made_by="API", created_at=NOW)
        await mutes.insert_mute(session, everybody, now=watched.clock.now())
    sent = len(graph.received)
    await fight(watched, at_s=1)
    assert len(graph.received) == sent


async def test_muted_alert_holds_no_cooldown_and_is_kept_once_in_it(house: House, graph: FakeGraph) -> None:
    await house.add_recipient()
    await house.add_camera()
    await house.add_rule(cooldown_s=600.0)
    await say(house, "mute 1min")
    await fight(house)
    await fight(house, at_s=10)
    assert len(await house.alerts()) == 1
    sent = len(graph.received)
    await fight(house, at_s=60)
    assert len(await house.alerts()) == 2
    assert len(graph.received) == sent + 2


@pytest.mark.parametrize(("words", "is_told"), [("mute front door 1h", True), ("mute everything 1h", False)])
async def test_lost_camera_is_muted_by_everything_alone(
    watched: House, graph: FakeGraph, words: str, is_told: bool
) -> None:
    await say(watched, words)
    async with watched.services.database.unit_of_work() as session:
        told = await recipients.list_recipients_to_tell(session, None)
        camera = await session.scalar(select(Camera.id))
        alert = make_lost(camera or "")
        await tell(session, alert, told, has_picture=False, now=watched.clock.now())
    await watched.run_due()
    assert (len(graph.received) == 2) is is_told


def make_lost(camera_id: str) -> Alert:
    lost = CameraLost("Front door", NOW, NOW, 60.0, 0.0, "", "UTC")
    return Alert(camera_id=camera_id, system_key="lost", happening=lost, raised_at=NOW)


async def test_words_that_are_unknown_get_a_list_once_a_minute(watched: House, graph: FakeGraph) -> None:
    for _ in range(5):
        await say(watched, "beep")
    assert ["STATUS" in reply.text for reply in graph.received] == [True]
    watched.clock.advance(61)
    await say(watched, "boop")
    assert len(graph.received) == 2
    assert "PHOTO" in (await ask(watched, graph, "/Help")).text


@pytest.mark.parametrize("words", ["status", "last", "clip", "photo", "help", "mute", "ok", "beep"])
async def test_who_is_not_told_learns_nothing(watched: House, graph: FakeGraph, words: str) -> None:
    graph.people["2002"] = Person()
    await say(watched, words, "2002")
    await say(watched, "stop")
    await say(watched, words)
    assert len(graph.received) == 1
    assert "no more alerts" in graph.received[0].text


async def test_ok_and_false_alarm_answer_the_latest_alert_that_one_was_told_of(house: House, graph: FakeGraph) -> None:
    await house.add_recipient()
    assert "no alert yet" in (await ask(house, graph, "ok")).text
    await house.add_rule()
    await house.see(await house.add_clip())
    await house.run_due()
    assert "Acknowledged by Guard" in (await ask(house, graph, "OK.")).text
    assert "Dismissed by Guard" in (await ask(house, graph, "false alarm")).text
    alert = await house.the_alert()
    assert (alert.state, alert.answered_by) == (AlertState.DISMISSED, "Guard")


async def test_last_shows_the_latest_event_with_its_picture(watched: House, graph: FakeGraph) -> None:
    assert "Nothing was seen" in (await ask(watched, graph, "last")).text
    await fight(watched)
    reply = await ask(watched, graph, "last")
    assert reply.text.startswith("Front door\nSun 22 Nov 2026, 12:00:00 UTC\n")
    assert graph.received[-1].picture == JPEG


async def test_photo_is_of_the_camera_that_is_meant(watched: House, graph: FakeGraph) -> None:
    async def snap(camera_id: str) -> bytes:
        return JPEG

    assert "no picture now. Front door: not watched now" in (await ask(watched, graph, "photo front door")).text
    watched = replace(watched, services=replace(watched.services, live=LivePictures(snap)))
    near = await ask(watched, graph, "photo frnt dor")
    assert ("Did you mean" in near.text, [each["title"] for each in near.quick_replies]) == (True, ["Front door"])
    assert (await ask(watched, graph, "photo garage")).text == "I know nothing called “garage”."
    assert "Front door, 12:00:00 UTC" in (await ask(watched, graph, "photo")).text
    assert graph.received[-1].picture == JPEG
    async with watched.services.database.reading() as session:
        (entry,) = await list_entries(session, AuditFilter(action=AuditAction.SAW))
    assert (entry.principal, entry.route) == ("Guard", "messenger photo")


async def test_person_whose_rules_name_cameras_sees_these_alone(house: House, graph: FakeGraph) -> None:
    person, camera = await house.add_recipient(), await house.add_camera()
    assert "Front door: not watched now" in (await ask(house, graph, "status")).text
    rule = await house.add_rule()
    async with house.services.database.unit_of_work() as session:
        till = CameraSettings("Till", "rtsp://192.0.2.2/", enabled=False)
        await cameras.insert_camera(session, house.services.box, till, now=NOW)
        await rules.update_rule(session, rule.id, {"camera_ids": [camera.id], "recipient_ids": [person.id]})
    assert (await ask(house, graph, "status")).text == "Front door: not watched now"
    assert "know nothing called" in (await ask(house, graph, "photo till")).text
    async with house.services.database.unit_of_work() as session:
        await rules.update_rule(session, rule.id, {"camera_ids": None})
    assert (await ask(house, graph, "status")).text == "Front door: not watched now\nTill: switched off"


async def test_clip_is_a_link_or_says_why_there_is_none(house: House, graph: FakeGraph) -> None:
    await raise_alert(house)
    await house.run_due()
    assert "is not ready yet" in (await ask(house, graph, "clip")).text
    event = (await house.the_alert()).event
    assert event is not None
    key = house.services.blobs.new_key("evidence", ".mp4")
    house.services.blobs.put(key, b"\0\0\0\x18ftypisom")
    async with house.services.database.unit_of_work() as session:
        (await session.merge(event)).evidence_key = key
    assert (await ask(house, graph, "clip")).text.endswith("/clip")
    there = replace(house.services.links, public_url=None)
    house = replace(house, services=replace(house.services, links=there))
    assert "The clip of A fight" in (await ask(house, graph, "clip")).text
    assert graph.received[-1].picture == b"\0\0\0\x18ftypisom"


async def test_person_is_spoken_to_in_their_language_and_else_in_that_of_the_service(
    house: House, graph: FakeGraph
) -> None:
    house = replace(house, services=replace(house.services, language=Language.FRENCH))
    person = await house.add_recipient()
    assert "Écrivez ÉTAT" in (await ask(house, graph, "aide")).text
    async with house.services.database.unit_of_work() as session:
        await recipients.update_recipient(session, person.id, {"language": Language.ENGLISH})
    assert "Write STATUS" in (await ask(house, graph, "aide")).text


async def test_muted_alert_goes_to_the_next_people_as_it_escalates(house: House, graph: FakeGraph) -> None:
    graph.people["2002"] = Person()
    guard = await house.add_recipient()
    async with house.services.database.unit_of_work() as session:
        other = Recipient(name="Ana", channel=ChannelKind.MESSENGER, address="2002", created_at=NOW)
        await recipients.insert_recipient(session, other)
    await house.add_camera()
    await house.add_rule(recipient_ids=[guard.id], escalation=(EscalationStep(60.0, (guard.id, other.id)),))
    await say(house, "mute 8h")
    await fight(house)
    assert (await house.the_alert()).untold_reason == mutes.ALL_MUTED
    house.clock.advance(61)
    await house.run_due()
    alert = await house.the_alert()
    assert [each.recipient.name for each in alert.deliveries] == ["Ana"]
    assert (alert.untold_reason, {part.psid for part in graph.received[1:]}) == (None, {"2002"})
    assert "Rule: A fight" not in (await ask(house, graph, f"mute alert {alert.id[:-1]}x")).text


async def test_mute_is_why_a_rule_raised_no_other_alert_for_an_event(house: House) -> None:
    await house.add_recipient()
    await house.add_camera()
    await house.add_rule(cooldown_s=600.0)
    await say(house, "mute 1h")
    await fight(house)
    await fight(house, at_s=10)
    async with house.services.database.reading() as session:
        verdicts = list(await session.scalars(select(Verdict).order_by(Verdict.outcome)))
    assert [each.outcome for each in verdicts] == [Outcome.MUTED, Outcome.RAISED]
    assert "Everybody has muted it" in verdicts[0].why
