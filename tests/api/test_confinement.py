"""A key that is confined to a site: every route of the description, with things of its own and things of others."""

import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from instantreact.api.news_streams import NewsStreams
from instantreact.api.stream_room import StreamLimit
from instantreact.domain.alert import ChannelKind
from instantreact.domain.erasure import ErasureKind, ErasureStage
from instantreact.domain.job import JobState
from instantreact.domain.principal import Scope
from instantreact.domain.user import Role
from instantreact.jobs import outbox
from instantreact.pipeline.services import Services
from instantreact.pipeline.step_names import StepName
from instantreact.storage import cameras, invitations, keys, users
from instantreact.storage.cameras import CameraSettings
from instantreact.storage.keys import KeyLimits
from instantreact.storage.tables import Camera, Erasure, Mute
from instantreact.storage.user_sessions import SessionLimits, Visitor, begin_session
from instantreact.storage.users import UserChanges
from tests.api.problems import assert_problem
from tests.api.serving import serve
from tests.storage.factories import NOW, make_alert, make_clip, make_event, make_recipient, make_rule

CONCEPT = [{"kind": "concept", "concept": "fight"}]
BEYOND_ANY_CAMERA = {
    "/webhooks/",
    "/open/",
    "/livez",
    "/readyz",
    "/bundles",
    "/rules/templates",
    "/cameras/probe",
    "/channels/",
    "/doctor",
    "/alerts/test",
    "/cameras/order",
    "/session/oidc",
    "/browsers",
}

MARKS = {
    "/clips": "{clip_id}",
    "/jobs": "{job_id}",
    "/metrics": "{camera_id}",
    "/keys": "items",
    "/invitations": "items",
    "/users": "items",
    "/sessions": "items",
    "/setup": "is_needed",
    "/setup/steps": "has_camera",
    "/audit": "items",
    "/stream": "id: ",
    "/retention": "",
    "/erasures": "{camera_id}",
    "/mutes": "{camera_id}",
}
"""What of the own place is in each list where its name is not."""


OF_PEOPLE = ("/recipients/{recipient_id}/kept", "/recipients/{recipient_id}/export.zip")
"""All of it, at every site: not for those who are confined."""


@dataclass
class Place:
    """A site with one of everything; ids by the name of the parameter that takes them."""

    name: str
    ids: dict[str, str]


async def make_place(services: Services, name: str) -> Place:
    blob = f"snapshots/{name}.jpg"
    with services.blobs.writing(blob) as writer:
        writer.write(name.encode())
    async with services.database.unit_of_work() as session:
        settings = CameraSettings(name=f"{name} camera", source="push:", site=name)
        camera = await cameras.insert_camera(session, services.box, settings, now=NOW)
        clip = await make_clip(session, camera_id=camera.id, blob_key=blob)
        kept = {"snapshot_key": blob, "evidence_key": blob}
        event = await make_event(session, clip_id=clip.id, camera_id=camera.id, caption=f"Seen at {name}.", **kept)
        person = await make_recipient(session, name=f"Guard of {name}", address=f"{uuid4().int % 10**15}")
        rule = await make_rule(session, name=f"Rule of {name}", camera_ids=[camera.id], recipient_ids=[person.id])
        alert = await make_alert(session, person, rule_id=rule.id, event_id=event.id, camera_id=camera.id)
        await outbox.put(session, StepName.DELIVER, alert.deliveries[0].id, now=NOW)
        job = await outbox.find_job(session, StepName.DELIVER, alert.deliveries[0].id)
        assert job is not None
        job.state = JobState.BURIED
        key, _ = await keys.create_key(session, f"Key of {name}", KeyLimits(camera_ids=(camera.id,)), now=NOW)
        user = await users.create_user(session, UserChanges(f"Guard of {name}", Role.VIEWER), now=NOW)
        signed_in, _ = await begin_session(session, user.id, Visitor(None), SessionLimits(), now=NOW)
        over = {"stage": ErasureStage.DONE, "requested_at": NOW}
        erasure = Erasure(kind=ErasureKind.SPAN, camera_id=camera.id, since=NOW, until=NOW, **over)
        mute = Mute(camera_id=camera.id, until=NOW + timedelta(hours=1), made_by="Ana", created_at=NOW)
        session.add_all([erasure, mute])
        token = invitations.make_token()
        invited = await invitations.insert_invitation(
            session, name, ChannelKind.MESSENGER, token, life=timedelta(days=1), now=NOW
        )
    rows: dict[str, Any] = {
        "invitation": invited,
        "camera": camera,
        "clip": clip,
        "event": event,
        "recipient": person,
        "rule": rule,
        "alert": alert,
        "user": user,
        "session": signed_in,
        "erasure": erasure,
        "mute": mute,
    }
    ids = {f"{kind}_id": row.id for kind, row in rows.items()}
    assert camera.site_id is not None
    ids["delivery_id"] = alert.deliveries[0].id
    return Place(name, {**ids, "job_id": job.id, "key_id": key.id, "site_id": camera.site_id})


@pytest.fixture
async def own(services: Services) -> Place:
    return await make_place(services, "Shop")


@pytest.fixture
async def other(services: Services) -> Place:
    return await make_place(services, "Bank")


@pytest.fixture(params=["site", "camera"])
async def confined(
    app: FastAPI, services: Services, own: Place, other: Place, request: pytest.FixtureRequest
) -> AsyncIterator[httpx.AsyncClient]:
    """Whoever may do everything, at their own place."""
    places: dict[str, Any] = {f"{request.param}_ids": (own.ids[f"{request.param}_id"],)}
    async with services.database.unit_of_work() as session:
        limits = KeyLimits(scopes=tuple(Scope), **places)
        _, key = await keys.create_key(session, "Shop's own", limits, now=NOW)
    transport, headers = httpx.ASGITransport(app), {"X-API-Key": key}
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers) as client:
        yield client


only_site = pytest.mark.parametrize("confined", ["site"], indirect=True)


def routes(app: FastAPI) -> list[tuple[str, str]]:
    described = app.openapi()["paths"]
    return [
        (verb, path)
        for path, verbs in described.items()
        for verb in verbs
        if not any(path.startswith(each) for each in BEYOND_ANY_CAMERA)
    ]


async def draft_of(client: httpx.AsyncClient, path: str) -> dict[str, object]:
    """What the owner of everything would send back."""
    answer = await client.get(path)
    body: dict[str, object] = answer.json() if answer.status_code == 200 else {}
    return body


async def test_what_belongs_to_others_is_not_there_on_any_route(
    app: FastAPI, client: httpx.AsyncClient, confined: httpx.AsyncClient, other: Place
) -> None:
    walked = 0
    for verb, path in routes(app):
        if "{" not in path:
            continue
        walked += 1
        url = path.format(**other.ids)
        body = await draft_of(client, url) if verb == "put" else {"overlap_s": 1} if "rotate" in url else None
        answer = await confined.request(verb, url, json=body)
        assert_problem(answer, 404)

    assert walked > 20


async def test_nothing_of_others_is_in_any_list_or_figure(
    app: FastAPI, services: Services, confined: httpx.AsyncClient, own: Place, other: Place
) -> None:
    app.state.streams = NewsStreams(services.database, app.state.closing, StreamLimit(life_s=0.05))  # has an end
    for verb, path in routes(app):
        if verb == "get" and "{" not in path:
            answer = await confined.get(path)
            assert answer.status_code == 200, (path, answer.text)
            assert not [name for name, each in other.ids.items() if each in answer.text], path
            assert other.name not in answer.text, path
            assert MARKS.get(path, "{name}").format(name=own.name, **own.ids) in answer.text, path


async def test_own_things_are_seen_and_changed(
    app: FastAPI, client: httpx.AsyncClient, confined: httpx.AsyncClient, own: Place
) -> None:
    for verb, path in routes(app):
        if "{" not in path or verb == "delete" or "key_id" in path or "invitation" in path:
            continue
        if path.endswith(("live.mjpg", "/retry")):
            continue
        if path.startswith(("/users", "/sessions")):
            continue
        url = path.format(**own.ids)
        if path in OF_PEOPLE:
            assert_problem(await confined.request(verb, url), 403, "beyond the sites")
            continue
        answer = await confined.request(verb, url, json=await draft_of(client, url) if verb == "put" else None)
        is_not_watched = answer.status_code == 503 and "{camera_id}/snapshot" in path
        assert answer.status_code == 200 or is_not_watched, (verb, url, answer.text)


@pytest.mark.parametrize("query", ["", "&text=seen", "&text=shop"])
async def test_pages_of_events_are_full_of_own_ones_whatever_others_have(
    confined: httpx.AsyncClient, services: Services, own: Place, other: Place, query: str
) -> None:
    async with services.database.unit_of_work() as session:
        for number in range(1, 30):
            for place in (own, other, other):
                clip = await make_clip(session, camera_id=place.ids["camera_id"])
                at = NOW + timedelta(seconds=number)
                kept = {"clip_id": clip.id, "camera_id": place.ids["camera_id"], "occurred_at": at}
                await make_event(session, caption=f"Seen in the shop or at {place.name}.", **kept)
    seen, after = [], ""
    while after is not None:
        page = (await confined.get(f"/events?limit=7{query}{after and f'&after={after}'}")).json()
        seen += [each["occurred_at"] for each in page["items"]]
        after = page["next"]
    assert len(seen) == 30
    assert seen == sorted(seen, reverse=True)


async def test_figures_count_only_what_is_seen(client: httpx.AsyncClient, confined: httpx.AsyncClient) -> None:
    assert 'instantreact_clips{state="stored"} 2.0' in (await client.get("/metrics")).text
    seen = (await confined.get("/metrics")).text
    for figure in ('clips{state="stored"}', 'jobs{kind="deliver",state="buried"}', 'alerts{state="raised"}'):
        assert f"instantreact_{figure} 1.0" in seen


async def test_upload_in_the_name_of_own_cameras_only(
    confined: httpx.AsyncClient, movie: bytes, own: Place, other: Place
) -> None:
    def upload(**data: str) -> dict[str, object]:
        return {"files": {"file": movie}, "data": data}

    mine = await confined.post("/analyze", **upload(camera_id=own.ids["camera_id"]))  # type: ignore[arg-type]
    theirs = await confined.post("/analyze", **upload(camera_id=other.ids["camera_id"]))  # type: ignore[arg-type]
    nobodys = await confined.post("/analyze", **upload())  # type: ignore[arg-type]

    assert mine.status_code == 202, mine.text
    assert_problem(theirs, 404)
    assert_problem(nobodys, 403, "camera_id")


async def test_clip_without_a_camera_is_not_seen(
    client: httpx.AsyncClient, confined: httpx.AsyncClient, movie: bytes
) -> None:
    clip = (await client.post("/analyze", files={"file": movie})).json()["clip"]

    assert_problem(await confined.get(f"/clips/{clip['id']}"), 404)
    assert_problem(await confined.delete(f"/clips/{clip['id']}/"), 404)
    assert_problem(await confined.delete(f"/clips/{clip['id']}"), 404)
    assert (await client.get(f"/clips/{clip['id']}")).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"camera_ids": None},
        {"recipient_ids": None},
    ],
)
async def test_rule_that_watches_or_tells_everybody_is_refused(
    client: httpx.AsyncClient, confined: httpx.AsyncClient, own: Place, changes: dict[str, object]
) -> None:
    inside = {"camera_ids": [own.ids["camera_id"]], "recipient_ids": [own.ids["recipient_id"]]}
    new = await confined.post("/rules", json={"name": "New", "conditions": CONCEPT, **inside, **changes})
    stored = (await client.get(f"/rules/{own.ids['rule_id']}")).json()
    changed = await confined.put(f"/rules/{own.ids['rule_id']}", json={**stored, **changes})

    assert_problem(new, 403, "reaches beyond")
    assert_problem(changed, 403, "reaches beyond")
    assert (await client.get(f"/rules/{own.ids['rule_id']}")).json() == stored
    assert len((await client.get("/rules")).json()["items"]) == 2


async def test_mute_reaches_own_cameras_and_rules_and_never_everything(
    confined: httpx.AsyncClient, own: Place, other: Place
) -> None:
    for name in ("camera_id", "rule_id"):
        mine = {name: own.ids[name], "duration_s": 60}
        assert (await confined.post("/mutes", json=mine)).status_code == 201
        assert_problem(await confined.post("/mutes", json={**mine, name: other.ids[name]}), 422, other.ids[name])
    assert_problem(await confined.post("/mutes", json={"duration_s": 60}), 403, "reaches beyond")


async def test_rule_that_names_others_is_refused_and_one_of_its_own_taken(
    confined: httpx.AsyncClient, own: Place, other: Place
) -> None:
    inside = {"camera_ids": [own.ids["camera_id"]], "recipient_ids": [own.ids["recipient_id"]]}
    for name in ("camera_id", "recipient_id"):
        beyond = {**inside, f"{name}s": [own.ids[name], other.ids[name]]}
        answer = await confined.post("/rules", json={"name": "New", "conditions": CONCEPT, **beyond})
        assert_problem(answer, 422, other.ids[name])

    assert (await confined.post("/rules", json={"name": "New", "conditions": CONCEPT, **inside})).status_code == 201


async def test_rule_that_watches_cameras_of_both_is_not_seen(
    client: httpx.AsyncClient, confined: httpx.AsyncClient, own: Place, other: Place
) -> None:
    both = [own.ids["camera_id"], other.ids["camera_id"]]
    rule = (await client.post("/rules", json={"name": "Both", "conditions": CONCEPT, "camera_ids": both})).json()
    everybody = (await client.post("/rules", json={"name": "Every", "conditions": CONCEPT})).json()

    for each in (rule, everybody):
        assert_problem(await confined.get(f"/rules/{each['id']}"), 404)
        assert_problem(await confined.delete(f"/rules/{each['id']}"), 404)
    assert_problem(await confined.delete(f"/cameras/{both[0]}"), 409, "Both")


@only_site
async def test_camera_is_added_to_the_own_site_and_nowhere_else(confined: httpx.AsyncClient) -> None:
    def draft(site: str) -> dict[str, str]:
        return {"name": f"New at {site}", "source": "push:", "site": site}

    assert (await confined.post("/cameras", json=draft("Shop"))).status_code == 201
    for site in ("Bank", "Nowhere yet"):
        assert_problem(await confined.post("/cameras", json=draft(site)), 403, site)
    assert_problem(await confined.post("/cameras", json={"name": "New", "source": "push:"}), 403, "reaches beyond")


@only_site
async def test_camera_cannot_be_moved_out(client: httpx.AsyncClient, confined: httpx.AsyncClient, own: Place) -> None:
    url = f"/cameras/{own.ids['camera_id']}"
    stored = (await client.get(url)).json()

    for site in ("Bank", "Nowhere yet", ""):
        assert_problem(await confined.put(url, json={**stored, "site": site}), 403)
    assert (await client.get(url)).json() == stored
    assert {each["name"] for each in (await client.get("/sites")).json()["items"]} == {"Bank", "Shop"}


async def test_what_is_shared_is_left_to_those_who_are_not_confined(
    confined: httpx.AsyncClient, own: Place, other: Place
) -> None:
    person = (await confined.get(f"/recipients/{own.ids['recipient_id']}")).json()
    answers = [
        await confined.put(f"/recipients/{person['id']}", json={**person, "name": "Me"}),
        await confined.post("/recipients", json={"name": "Me", "channel": "messenger", "address": "1234567890"}),
        await confined.post("/invitations", json={"name": "Me", "channel": "messenger"}),
        await confined.get("/channels/messenger"),
        await confined.post("/channels/messenger/connect"),
        await confined.post("/sites", json={"name": "Mine"}),
        await confined.post("/users", json={"name": "Me", "role": "administrator"}),
        await confined.post("/keys", json={"name": "Free", "scopes": ["admin"]}),
        await confined.post("/keys", json={"name": "Free", "scopes": ["read"], "site_ids": [own.ids["site_id"]]}),
    ]
    for answer in answers:
        assert_problem(answer, 403, "beyond the sites")


@pytest.mark.parametrize("confined", ["camera"], indirect=True)
async def test_site_of_the_own_camera_is_seen_and_not_changed(confined: httpx.AsyncClient, own: Place) -> None:
    url = f"/sites/{own.ids['site_id']}"
    site = (await confined.get(url)).json()

    assert site["name"] == "Shop"
    assert_problem(await confined.put(url, json={**site, "name": "Mine"}), 403, "reaches beyond")


async def test_key_follows_a_camera_that_changes_its_site(
    client: httpx.AsyncClient, confined: httpx.AsyncClient, services: Services, own: Place, other: Place
) -> None:
    async with services.database.unit_of_work() as session:
        camera = await session.get(Camera, other.ids["camera_id"])
        assert camera is not None
        camera.site_id = own.ids["site_id"]

    by_site = (await confined.get(f"/events/{other.ids['event_id']}")).status_code == 200
    by_camera = (await confined.get(f"/sites/{own.ids['site_id']}")).status_code == 200
    listed = {each["id"] for each in (await confined.get("/cameras")).json()["items"]}
    assert by_camera
    assert listed == {own.ids["camera_id"]} | ({other.ids["camera_id"]} if by_site else set())


async def test_frames_are_pushed_to_own_cameras_only(
    app: FastAPI, confined: httpx.AsyncClient, own: Place, other: Place
) -> None:
    statuses = []
    async with serve(app) as address:
        for place in (own, other):
            url = f"ws{address.removeprefix('http')}/cameras/{place.ids['camera_id']}/push"
            with pytest.raises(InvalidStatus) as refused:
                await connect(url, additional_headers={"X-API-Key": confined.headers["X-API-Key"]})
            statuses.append(refused.value.response.status_code)
    assert statuses == [503, 404]  # nothing is watched here


async def test_alert_of_ones_own_camera_is_seen_and_answered_whoever_else_was_told(
    services: Services, client: httpx.AsyncClient, confined: httpx.AsyncClient, own: Place
) -> None:
    """A rule that names nobody tells everybody: those whom the caller does not know, too."""
    async with services.database.unit_of_work() as session:
        stranger = await make_recipient(session, name="Owner", address="777")
        everybodys = await make_rule(session, name="Every camera", recipient_ids=None)
        event = await make_event(session, camera_id=own.ids["camera_id"], connection="c", window_index=7)
        alert = await make_alert(
            session, stranger, rule_id=everybodys.id, event_id=event.id, camera_id=own.ids["camera_id"]
        )

    listed = await confined.get("/alerts")
    shown = await confined.get(f"/alerts/{alert.id}")
    answered = await confined.post(f"/alerts/{alert.id}/acknowledge")
    exported = await confined.get(f"/cameras/{own.ids['camera_id']}/export.zip")

    assert listed.status_code == 200, listed.text
    assert alert.id in {each["id"] for each in listed.json()["items"]}
    assert [each["recipient_name"] for each in shown.json()["deliveries"]] == ["Owner"]
    assert answered.json()["state"] == "acknowledged"
    assert zipfile.ZipFile(io.BytesIO(exported.content)).testzip() is None
    assert_problem(await confined.get(f"/recipients/{stranger.id}"), 404)
    assert stranger.id not in (await confined.get("/recipients")).text
