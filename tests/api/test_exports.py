"""Exports as their readers open them: a ZIP file with every row and file, and no secret."""

import io
import json
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from instantreact.api import exports
from instantreact.api.zip_streams import ZipMember, stream_zip
from instantreact.domain.alert import ChannelKind, DeliveryState, PartKind
from instantreact.domain.audit import AuditAction
from instantreact.domain.minutes import Minute, minute_of
from instantreact.domain.principal import PrincipalKind
from instantreact.domain.user import Role
from instantreact.pipeline.services import Services
from instantreact.storage import incoming, invitations, mutes, reading, recipients, second_factors, user_sessions, users
from instantreact.storage.audit import add_entry
from instantreact.storage.incoming import NewMessage
from instantreact.storage.minutes import add_minutes
from instantreact.storage.tables import Alert, DeliveryPart, Event, Mute
from instantreact.storage.user_sessions import SessionLimits, Visitor
from instantreact.storage.users import UserChanges
from tests.api.problems import assert_problem
from tests.api.test_confinement import Place, confined, make_place, other, own
from tests.conftest import StoppedClock
from tests.storage.factories import NOW, make_alert, make_clip, make_event, make_observation

__all__ = ["confined", "other", "own"]


async def fetch(client: httpx.AsyncClient, path: str, **query: str) -> dict[str, bytes]:
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def rows(members: dict[str, bytes], name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in members[name].decode().splitlines()]


async def fill_span(services: Services, place: Place) -> dict[str, str]:
    """Beside what the place has: events before, in and after a span, with a picture each."""
    camera_id, ids = place.ids["camera_id"], {}
    async with services.database.unit_of_work() as session:
        for name, minutes in {"before": -60, "leading": -1, "first": 0, "last": 29, "after": 30}.items():
            key = f"snapshots/{name}.jpg"
            services.blobs.put(key, name.encode())
            seen = {"observation": make_observation(name), "caption": name, "snapshot_key": key}
            lasts_s = 90.0 if name == "leading" else 2.0
            at = NOW + timedelta(hours=1, minutes=minutes)
            kept = {"camera_id": camera_id, "connection": name, "occurred_at": at, "end_s": lasts_s, **seen}
            ids[name] = (await make_event(session, **kept)).id
        await make_alert(session, event_id=ids["last"], camera_id=camera_id, raised_at=NOW + timedelta(hours=2))
    return ids


SPAN = {"since": "2026-11-22T13:00:00Z", "until": "2026-11-22T13:30:00Z"}


async def test_span_is_exported_with_rows_as_the_api_has_them_and_files(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 2)
    place = await make_place(services, "Shop")
    ids = await fill_span(services, place)
    key = services.blobs.new_key("clips", ".mp4")
    services.blobs.put(key, bytes(3_000_000))
    async with services.database.unit_of_work() as session:
        recorded = {"camera_id": place.ids["camera_id"], "recorded_at": NOW + timedelta(hours=1), "blob_key": key}
        clip = await make_clip(session, **recorded)
        shown = Minute(0b1111, 0b111, 0b1, 250)
        first = minute_of(NOW + timedelta(hours=1))
        minutes = {(place.ids["camera_id"], first + n): shown for n in (-1, 0, 29, 30)}
        await add_minutes(session, minutes)

    members = await fetch(client, f"/cameras/{place.ids['camera_id']}/export.zip", **SPAN)

    inside = [ids[name] for name in ("leading", "first", "last")]
    assert list(members) == [
        "README.txt", "events.jsonl", "alerts.jsonl", "clips.jsonl", "minutes.jsonl", "sounds.jsonl",
        *(f"pictures/{event_id}.jpg" for event_id in inside), f"clips/{clip.id}.mp4",
    ]  # fmt: skip
    assert rows(members, "events.jsonl") == [(await client.get(f"/events/{each}")).json() for each in inside]
    (alert,) = rows(members, "alerts.jsonl")
    assert alert == (await client.get(f"/alerts/{alert['id']}")).json()
    assert alert["raised_at"] == "2026-11-22T14:00:00Z"
    assert rows(members, "clips.jsonl")[0]["id"] == clip.id
    seconds = {"watched_s": 4, "seen_s": 3, "moving_s": 1, "motion": 0.25}
    assert rows(members, "minutes.jsonl") == [
        {"at": f"2026-11-22T13:{minute}:00Z", **seconds} for minute in ("00", "29")
    ]
    assert members[f"pictures/{ids['leading']}.jpg"] == b"leading"
    assert members[f"clips/{clip.id}.mp4"] == bytes(3_000_000)
    told = members["README.txt"].decode()
    assert "from 2026-11-22T13:00:00Z to before 2026-11-22T13:30:00Z, as of 2026-11-22T12:00:00Z" in told
    assert all(name in told for name in (*list(members)[1:6], "pictures/", "evidence/", "clips/", "sounds/"))


async def test_whole_camera_is_exported_with_its_evidence_and_without_what_is_gone(
    client: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    assert isinstance(services.clock, StoppedClock)
    services.clock.advance(60)
    async with services.database.unit_of_work() as session:
        await session.execute(update(Event).values(snapshot_key="snapshots/gone.jpg"))

    members = await fetch(client, f"/cameras/{place.ids['camera_id']}/export.zip")

    event_id = place.ids["event_id"]
    assert members[f"evidence/{event_id}.mp4"] == b"Shop"
    assert f"pictures/{event_id}.jpg" not in members
    assert [each["id"] for each in rows(members, "alerts.jsonl")] == [place.ids["alert_id"]]


async def test_export_is_written_down_as_a_sight(client: httpx.AsyncClient, services: Services) -> None:
    place = await make_place(services, "Shop")
    await client.get(f"/cameras/{place.ids['camera_id']}/export.zip")

    (entry,) = (await client.get("/audit", params={"action": "saw"})).json()["items"]
    assert (entry["route"], entry["subject"]) == ("GET /cameras/{camera_id}/export.zip", place.ids["camera_id"])


async def test_recipient_is_exported_with_what_they_were_sent_wrote_and_answered(
    client: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    recipient_id = place.ids["recipient_id"]
    person = (await client.get(f"/recipients/{recipient_id}")).json()
    sender = {"sender": {"id": person["address"]}, "postback": {"referral": {"ref": "secret-token-0123456789"}}}
    async with services.database.unit_of_work() as session:
        message = NewMessage("a", sender, asks=False)
        others = NewMessage("b", {"sender": {"id": "1" + person["address"]}}, asks=False)
        await incoming.insert_new(session, ChannelKind.MESSENGER, [message, others], now=NOW)
        invited = await invitations.insert_invitation(
            session, person["name"], ChannelKind.MESSENGER, "token", life=timedelta(1), now=NOW
        )
        invited.recipient_id = recipient_id
        what = "messenger acknowledge"
        kind, alert_id = PrincipalKind.CHANNEL, place.ids["alert_id"]
        add_entry(session, AuditAction.ANSWERED, kind, person["name"], what, alert_id, now=NOW)
        await session.execute(update(Alert).values(answered_by=person["name"], answered_at=NOW))
        sent = update(DeliveryPart).where(DeliveryPart.kind == PartKind.PICTURE)
        await session.execute(sent.values(state=DeliveryState.SENT, sent_at=NOW, message_id="m"))
        again = await make_alert(  # of another rule about the same event
            session, await recipients.get_recipient(session, recipient_id), event_id=place.ids["event_id"]
        )
        await session.execute(sent.values(state=DeliveryState.SENT, sent_at=NOW))
        until = NOW + timedelta(hours=1)
        mute = Mute(recipient_id=recipient_id, until=until, made_by="Ana", created_at=NOW)
        await mutes.insert_mute(session, mute, now=NOW)

    members = await fetch(client, f"/recipients/{recipient_id}/export.zip")

    assert list(members) == [
        "README.txt", "recipients.jsonl", "invitations.jsonl", "deliveries.jsonl", "messages.jsonl", "mutes.jsonl",
        "answers.jsonl",
        "audit.jsonl", f"pictures/{place.ids['event_id']}.jpg",
    ]  # fmt: skip
    assert rows(members, "recipients.jsonl") == [person]
    assert [each["id"] for each in rows(members, "mutes.jsonl")] == [mute.id]
    assert {each["alert_id"] for each in rows(members, "deliveries.jsonl")} == {alert_id, again.id}
    assert rows(members, "deliveries.jsonl")[0]["text"] == "Two people fight."
    assert [each["body"]["sender"] for each in rows(members, "messages.jsonl")] == [sender["sender"]]
    assert rows(members, "answers.jsonl")[0]["alert_id"] == alert_id
    assert [each["subject"] for each in rows(members, "audit.jsonl")] == [alert_id]
    assert [each["id"] for each in rows(members, "invitations.jsonl")] == [invited.id]
    everything = b"".join(members.values())
    assert b"secret-token" not in everything
    assert invited.token_sha256.encode() not in everything


async def test_user_is_exported_without_what_vouches_for_them(client: httpx.AsyncClient, services: Services) -> None:
    async with services.database.unit_of_work() as session:
        ana = await users.create_user(session, UserChanges("Ana", Role.VIEWER, password="$argon2id$x"), now=NOW)
        row, token = await user_sessions.begin_session(
            session, ana.id, Visitor("192.0.2.9", "Firefox"), SessionLimits(), now=NOW
        )
        secret, _ = await second_factors.begin_totp(session, services.box, ana.id)
    shown = (await client.get(f"/users/{ana.id}")).json()

    members = await fetch(client, f"/users/{ana.id}/export.zip")

    named = ["users.jsonl", "sessions.jsonl", "browsers.jsonl", "mutes.jsonl", "answers.jsonl", "audit.jsonl"]
    assert list(members) == ["README.txt", *named]
    assert rows(members, "users.jsonl") == [shown]
    (signed_in,) = rows(members, "sessions.jsonl")
    assert (signed_in["source"], signed_in["browser"]) == ("192.0.2.9", "Firefox")
    everything = b"".join(members.values()).decode()
    for hidden in ("argon2", row.sha256, token, secret):
        assert hidden not in everything


async def test_export_of_what_is_not_there_or_of_others_is_refused(
    client: httpx.AsyncClient, confined: httpx.AsyncClient, own: Place, other: Place
) -> None:
    for path in ("/cameras/nobody/export.zip", "/recipients/nobody/export.zip", "/users/nobody/export.zip"):
        assert_problem(await client.get(path), 404)
    assert_problem(await confined.get(f"/cameras/{other.ids['camera_id']}/export.zip"), 404)
    assert_problem(await confined.get(f"/recipients/{own.ids['recipient_id']}/export.zip"), 403)
    assert_problem(await confined.get(f"/users/{own.ids['user_id']}/export.zip"), 404)
    members = await fetch(confined, f"/cameras/{own.ids['camera_id']}/export.zip", until="2099-01-01T00:00:00Z")
    assert [each["id"] for each in rows(members, "events.jsonl")] == [own.ids["event_id"]]


async def test_zip_file_is_sent_in_pieces_however_large_its_members_are() -> None:
    async def film() -> AsyncIterator[bytes]:
        for _ in range(64):
            yield bytes(1 << 20)

    async def members() -> AsyncGenerator[ZipMember, None]:
        yield ZipMember("film.mp4", film(), is_media=True)

    pieces = [piece async for piece in stream_zip(members())]

    assert max(map(len, pieces)) < 2 << 20
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as archive:
        assert archive.testzip() is None
        assert archive.getinfo("film.mp4").file_size == 64 << 20


def test_invitations_tokens_are_hidden_wherever_a_channel_puts_them() -> None:
    body = {"message": {"text": "/start abc", "entities": [{"ref": "abc"}, 3, None]}, "text": "/started"}

    assert exports._hide_tokens(body) == {
        "message": {"text": "/start ***", "entities": [{"ref": "***"}, 3, None]},
        "text": "/started",
    }
