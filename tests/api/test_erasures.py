"""Erasing over HTTP: who may, what is told, what is seen afterwards. The job itself: tests/pipeline/test_erase.py."""

from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from instantreact.domain.job import JobState
from instantreact.domain.user import Role
from instantreact.pipeline.erase import Eraser
from instantreact.pipeline.services import Services
from instantreact.storage import users
from instantreact.storage.tables import Job
from instantreact.storage.users import UserChanges
from tests.api.problems import assert_problem
from tests.api.test_confinement import Place, confined, make_place, other, own
from tests.api.test_keys import holder, make
from tests.conftest import StoppedClock
from tests.storage.factories import NOW, make_rule

__all__ = ["confined", "other", "own"]

SPAN = {"since": "2026-11-22T11:00:00Z", "until": "2026-11-22T12:30:00Z"}


def move_on(services: Services, seconds: float = 3600.0) -> None:
    assert isinstance(services.clock, StoppedClock)
    services.clock.advance(seconds)


def span_of(place: Place) -> dict[str, str]:
    return {"kind": "span", "camera_id": place.ids["camera_id"], **SPAN}


async def see_through(services: Services, erasure_id: str) -> None:
    while (wait_s := await Eraser(services).go_on(erasure_id)) is not None:
        move_on(services, wait_s)


async def test_span_is_counted_erased_and_followed(
    client: httpx.AsyncClient, anybody: httpx.AsyncClient, services: Services
) -> None:
    place, other = await make_place(services, "Shop"), await make_place(services, "Bank")
    move_on(services)
    camera = f"/cameras/{place.ids['camera_id']}"
    link = (await client.post("/links", json={"path": f"/events/{place.ids['event_id']}/snapshot.jpg"})).json()
    assert (await anybody.get(link["url"])).content == b"Shop"
    kept = (await client.get(f"{camera}/kept", params=SPAN)).json()

    begun = await client.post("/erasures", json=span_of(place))
    assert begun.status_code == 202, begun.text
    assert begun.json()["stage"] == "rows"
    assert "Backups" in str(begun.json()["left_elsewhere"])
    await see_through(services, begun.json()["id"])

    erasure = (await client.get(begun.headers["Location"])).json()
    assert (erasure["stage"], erasure["remains"], erasure["counts"]) == ("done", None, kept["counts"])
    assert kept["counts"] == {
        "events": 1, "pictures": 1, "evidence": 1, "clips": 1, "alerts": 1, "unanswered": 1, "deliveries": 1,
        "unsent": 1,
    }  # fmt: skip
    assert (await client.get(f"{camera}/kept")).json() == {"counts": {}}
    assert (await client.get("/erasures")).json()["items"][0] == erasure
    for path in (
        f"/events/{place.ids['event_id']}",
        f"/clips/{place.ids['clip_id']}/media",
        f"/alerts/{place.ids['alert_id']}",
        f"/open/{place.ids['alert_id']}/{services.links.sign(place.ids['alert_id'])}",
        f"/open/{place.ids['alert_id']}/{services.links.sign(place.ids['alert_id'])}/snapshot.jpg",
    ):
        assert_problem(await client.get(path), 404)
    assert_problem(await anybody.get(link["url"]), 404)
    assert (await client.get(f"/events/{other.ids['event_id']}/snapshot.jpg")).content == b"Bank"


async def test_erasure_is_written_down_without_what_it_was_about(client: httpx.AsyncClient, services: Services) -> None:
    place = await make_place(services, "Shop")
    move_on(services)
    begun = (await client.post("/erasures", json=span_of(place))).json()
    await see_through(services, begun["id"])

    (entry,) = (await client.get("/audit", params={"action": "changed"})).json()["items"]
    assert (entry["principal"], entry["route"], entry["subject"]) == ("API", "POST /erasures", begun["id"])


async def test_recipient_is_erased_over_http(client: httpx.AsyncClient, services: Services) -> None:
    place = await make_place(services, "Shop")
    recipient_id = place.ids["recipient_id"]
    draft = {"kind": "recipient", "recipient_id": recipient_id}
    assert_problem(await client.post("/erasures", json=draft), 409, "Rule of Shop would tell nobody")
    await client.delete(f"/rules/{place.ids['rule_id']}")
    kept = (await client.get(f"/recipients/{recipient_id}/kept")).json()

    begun = (await client.post("/erasures", json=draft)).json()
    shown = (await client.get(f"/recipients/{recipient_id}")).json()
    await see_through(services, begun["id"])

    assert (shown["name"], shown["enabled"]) == (begun["pseudonym"], False)
    assert_problem(await client.get(f"/recipients/{recipient_id}"), 404)
    erasure = (await client.get(f"/erasures/{begun['id']}")).json()
    assert erasure["counts"] == kept["counts"] == {"recipients": 1, "deliveries": 1, "unsent": 1}
    assert "Guard of Shop" not in str(erasure)
    assert_problem(await client.post("/erasures", json=draft), 404)


async def test_user_is_erased_and_the_last_administrator_is_not(client: httpx.AsyncClient, services: Services) -> None:
    async with services.database.unit_of_work() as session:
        ana = await users.create_user(session, UserChanges("Ana", Role.ADMINISTRATOR), now=NOW)
    draft = {"kind": "user", "user_id": ana.id}
    assert_problem(await client.post("/erasures", json=draft), 409, "last administrator")
    async with services.database.unit_of_work() as session:
        await users.create_user(session, UserChanges("Ben", Role.ADMINISTRATOR), now=NOW)
    assert (await client.get(f"/users/{ana.id}/kept")).json() == {"counts": {"users": 1}}

    begun = (await client.post("/erasures", json=draft)).json()

    assert_problem(await client.get(f"/users/{ana.id}"), 404)
    await see_through(services, begun["id"])
    assert_problem(await client.get(f"/users/{ana.id}/kept"), 404)


async def test_name_that_somebody_has_is_not_erased(client: httpx.AsyncClient, services: Services) -> None:
    await make_place(services, "Shop")
    draft = {"kind": "name", "name": "guard of SHOP"}
    assert_problem(await client.post("/erasures", json=draft), 409, "by their ids")
    begun = await client.post("/erasures", json={**draft, "name": "Nobody"})
    await see_through(services, begun.json()["id"])
    assert (await client.get(begun.headers["Location"])).json()["counts"] == {}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"until": "2099-01-01T00:00:00Z"}, 422),
        ({"until": "2026-11-22T11:00:00Z"}, 422),
        ({"until": None}, 422),
        ({"camera_id": "nobody"}, 404),
        ({"kind": "everything"}, 422),
        ({"recipient_id": "x"}, 422),
    ],
)
async def test_span_that_cannot_be_erased_is_refused(
    client: httpx.AsyncClient, services: Services, changes: dict[str, Any], status: int
) -> None:
    place = await make_place(services, "Shop")
    move_on(services)

    assert_problem(await client.post("/erasures", json={**span_of(place), **changes}), status)

    async with services.database.reading() as session:
        assert (await session.scalars(select(Job).where(Job.kind == "erase"))).all() == []


async def test_erasing_and_exporting_are_for_administrators(
    app: FastAPI, client: httpx.AsyncClient, services: Services
) -> None:
    place = await make_place(services, "Shop")
    made = await make(client, scopes=["read", "operate", "ingest"])
    async with holder(app, made["key"]) as operator:
        assert_problem(await operator.post("/erasures", json=span_of(place)), 403, "admin")
        for path in ("/cameras/{camera_id}/export.zip", "/recipients/{recipient_id}/export.zip",
                     "/users/{user_id}/export.zip", "/erasures", "/erasures/{erasure_id}",
                     "/cameras/{camera_id}/kept", "/recipients/{recipient_id}/kept",
                     "/users/{user_id}/kept"):  # fmt: skip
            assert_problem(await operator.get(path.format(**place.ids)), 403, "admin")


async def test_confined_administrator_erases_spans_of_own_cameras_and_nobody(
    confined: httpx.AsyncClient, services: Services, own: Place, other: Place
) -> None:
    move_on(services)
    assert_problem(await confined.post("/erasures", json=span_of(other)), 404)
    begun = await confined.post("/erasures", json=span_of(own))
    assert begun.status_code == 202
    for kind, place in (("recipient", own), ("recipient", other), ("user", own)):
        answer = await confined.post("/erasures", json={"kind": kind, f"{kind}_id": place.ids[f"{kind}_id"]})
        assert_problem(answer, 404 if place is other else 403)
    assert_problem(await confined.post("/erasures", json={"kind": "name", "name": "Somebody"}), 403)
    await see_through(services, begun.json()["id"])

    seen = (await confined.get("/erasures")).json()["items"]
    assert {each["camera_id"] for each in seen} == {own.ids["camera_id"]}
    assert (await confined.get(begun.headers["Location"])).json()["counts"]["events"] == 1


async def test_erasure_that_waits_is_seen_among_the_jobs(client: httpx.AsyncClient, services: Services) -> None:
    place = await make_place(services, "Shop")
    async with services.database.unit_of_work() as session:
        await make_rule(session)
    move_on(services)
    begun = (await client.post("/erasures", json=span_of(place))).json()

    jobs = (await client.get("/jobs")).json()["items"]
    assert [(job["subject"], job["state"]) for job in jobs if job["kind"] == "erase"] == [(begun["id"], JobState.DUE)]


@pytest.mark.parametrize(
    ("since", "until"),
    [("0001-01-01T00:00:00Z", "2026-11-22T12:00:00Z"), ("2026-11-22T11:00:00Z", "9999-12-31T23:59:59Z")],
)
async def test_span_at_the_end_of_the_calendar_is_refused(
    client: httpx.AsyncClient, services: Services, since: str, until: str
) -> None:
    place = await make_place(services, "Shop")
    for path in ("kept", "export.zip"):
        answer = await client.get(f"/cameras/{place.ids['camera_id']}/{path}", params={"since": since, "until": until})
        assert_problem(answer, 422, "recorded")
    assert_problem(await client.post("/erasures", json={**span_of(place), "since": since, "until": until}), 422)
