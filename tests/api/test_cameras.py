import json

import httpx
import pytest

from instantreact.addresses import NO_LOGIN, Login, split_login
from instantreact.pipeline.services import Services
from instantreact.storage import cameras
from tests.api.problems import assert_problem
from tests.api.test_rules import SMALL

SOURCE = "rtsp://admin:p@ss:w/rd.@192.168.1.20/stream1"
SHOWN = "rtsp://***@192.168.1.20/stream1"
TRIANGLE = [{"x": 0.0, "y": 0.0}, {"x": 1.0, "y": 0.0}, {"x": 0.5, "y": 1.0}]
BOW_TIE = [{"x": 0, "y": 0}, {"x": 1, "y": 1}, {"x": 1, "y": 0}, {"x": 0, "y": 1}]
DOOR = {
    "name": "Front door",
    "site": "Shop",
    "source": SOURCE,
    "enabled": True,
    "speech": "local",
    "sensitivity": 0.8,
    "zones": [{"name": "counter", "polygon": TRIANGLE}],
    "masks": [{"polygon": TRIANGLE}],
}


async def stored_source(services: Services, camera_id: str) -> tuple[str, Login]:
    """The address and the login of a camera, in clear."""
    async with services.database.reading() as session:
        settings = cameras.open_settings(await cameras.get_camera(session, camera_id), services.box)
    return settings.source, settings.login


async def test_camera_is_read_back_with_its_credentials_hidden(client: httpx.AsyncClient, services: Services) -> None:
    created = await client.post("/cameras", json=DOOR)

    assert created.status_code == 201
    camera = created.json()
    assert {name: camera[name] for name in DOOR} == {**DOOR, "source": SHOWN}
    assert (await client.get(created.headers["Location"])).json() == camera
    assert await stored_source(services, camera["id"]) == split_login(SOURCE)


async def test_camera_keeps_its_source_when_the_hidden_form_is_sent_back(
    client: httpx.AsyncClient, services: Services
) -> None:
    camera = (await client.post("/cameras", json=DOOR)).json()

    answer = await client.put(f"/cameras/{camera['id']}", json={**camera, "name": "Back door"})

    assert answer.status_code == 200
    assert answer.json() == {**camera, "name": "Back door"}
    assert await stored_source(services, camera["id"]) == split_login(SOURCE)


MAKERS = {
    "/user=admin_password=s3cret_channel=1_stream=0.sdp": "/***",
    "/admin/s3cret/stream1": "/***/***/***",
    "/live/user=admin&password=s3cret": "/live/***",
    "/v.cgi?psw=s3cret&pin=s3cret&fps=5": "/v.cgi?psw=***&pin=***&fps=5",
    "/v?sid=s3cret;code=s3cret;session=s3cret;psk=s3cret": "/v?sid=***;code=***;session=***;psk=***",
}


async def test_camera_with_secrets_anywhere_in_its_address_is_edited_as_it_is_shown(
    client: httpx.AsyncClient, services: Services
) -> None:
    rule = (await client.post("/rules", json=SMALL)).json()
    for number, (path, shown) in enumerate(MAKERS.items()):
        source = f"rtsp://10.0.0.2:8554{path}"
        answers = [await client.post("/cameras", json={"name": f"Camera {number}", "source": source})]
        camera = answers[0].json()
        where = f"/cameras/{camera['id']}"
        answers.append(await client.put(where, json={**camera, "site": "Shop"}))
        assert (answers[-1].status_code, answers[-1].json()["source"]) == (200, f"rtsp://10.0.0.2:8554{shown}")
        assert await stored_source(services, camera["id"]) == (source, NO_LOGIN)
        answers.append(await client.put(where, json={**camera, "username": "anna", "password": "s3cret2"}))
        assert await stored_source(services, camera["id"]) == (source, Login("anna", "s3cret2"))
        elsewhere = {**camera, "source": camera["source"].replace("10.0.0.2", "10.0.0.3")}
        answers.append(await client.put(where, json=elsewhere))
        assert_problem(answers[-1], 422, "write it in full")
        answers += [await client.get(name) for name in (where, "/cameras", "/metrics", f"/rules/{rule['id']}")]
        assert not [answer.url for answer in answers if "s3cret" in answer.text]


async def test_camera_whose_query_holds_an_at_sign_is_told_to_escape_it(client: httpx.AsyncClient) -> None:
    source = "http://10.0.0.2/video.cgi?user=admin&pwd=p@s3cret"

    answer = await client.post("/cameras", json={"name": "A", "source": source})

    assert_problem(answer, 422, "write it as %40")
    assert "s3cret" not in answer.text
    escaped = await client.post("/cameras", json={"name": "A", "source": source.replace("@", "%40")})
    assert escaped.json()["source"] == "http://10.0.0.2/video.cgi?user=***&pwd=***"


async def test_camera_takes_a_new_source_that_is_written_in_full(client: httpx.AsyncClient, services: Services) -> None:
    camera = (await client.post("/cameras", json=DOOR)).json()

    answer = await client.put(f"/cameras/{camera['id']}", json={**camera, "source": "device:0"})

    assert answer.json()["source"] == "device:0"
    assert await stored_source(services, camera["id"]) == ("device:0", NO_LOGIN)


JSON = {"Content-Type": "application/json"}
ODD = {"username": "ad:min@shop/ü", "password": 'p%40 #?.:/@"\\é'}


async def test_camera_takes_user_and_password_beside_its_source(client: httpx.AsyncClient, services: Services) -> None:
    plain = "rtsp://192.168.1.20/stream1"
    answers = [await client.post("/cameras", json={**DOOR, "source": plain, **ODD})]
    camera = answers[0].json()
    where = f"/cameras/{camera['id']}"

    async def stored() -> tuple[str | None, str | None]:
        _, login = await stored_source(services, camera["id"])
        return login.username, login.password

    assert await stored() == (ODD["username"], ODD["password"])
    assert camera["source"] == SHOWN

    for change, kept in [
        ({"name": "Back door"}, (ODD["username"], ODD["password"])),
        ({"password": "new:s3cret"}, (ODD["username"], "new:s3cret")),
        ({"source": plain, "username": ODD["username"]}, (ODD["username"], "new:s3cret")),
        ({"username": "b:c", "password": ""}, ("b:c", "")),
        ({"source": plain}, (None, None)),
    ]:
        answers.append(await client.put(where, json={**camera, **change}))
        assert answers[-1].status_code == 200, answers[-1].text
        assert await stored() == kept
        camera = answers[-1].json()
    answers += [await client.get(where), await client.get("/cameras")]
    for answer in answers:
        assert "username" not in answer.text
        assert "password" not in answer.text
        for secret in ("ad:min", "ad%3Amin", "p%40", "p%25", "new", "b:c", "b%3Ac"):
            assert secret not in answer.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"source": "rtsp://192.168.1.99/stream1", "username": "admin"}, "the password, too"),
        ({"username": "bert"}, "the password, too"),
        ({"source": "device:0", "username": "admin", "password": "s3cret"}, "no user name"),
        ({"username": ""}, ""),
        ({"username": "a\nb", "password": "s3cret"}, ""),
        ({"username": "a", "password": "s3cret\r\nX: y"}, ""),
        ({"username": "a", "password": "s3cret\ud800"}, ""),
    ],
)
async def test_camera_keeps_its_source_when_user_or_password_make_no_sense(
    client: httpx.AsyncClient, services: Services, change: dict[str, str], words: str
) -> None:
    camera = (await client.post("/cameras", json=DOOR)).json()

    answer = await client.put(f"/cameras/{camera['id']}", content=json.dumps({**camera, **change}), headers=JSON)

    assert_problem(answer, 422, words)
    assert "s3cret" not in answer.text
    assert await stored_source(services, camera["id"]) == split_login(SOURCE)


async def test_camera_refuses_hidden_credentials_that_belong_to_no_stored_source(client: httpx.AsyncClient) -> None:
    camera = (await client.post("/cameras", json=DOOR)).json()
    elsewhere = {**camera, "source": "rtsp://***@192.168.1.99/stream1"}

    assert_problem(await client.put(f"/cameras/{camera['id']}", json=elsewhere), 422, "write it in full")
    assert_problem(await client.post("/cameras", json={**DOOR, "name": "B", "source": SHOWN}), 422, "write it in full")


async def test_camera_with_a_name_that_is_taken_is_a_conflict_and_tells_no_secret(client: httpx.AsyncClient) -> None:
    await client.post("/cameras", json=DOOR)
    other = (await client.post("/cameras", json={**DOOR, "name": "B"})).headers["Location"]

    for answer in [await client.post("/cameras", json=DOOR), await client.put(other, json=DOOR)]:
        assert_problem(answer, 409, "already a camera called Front door")
        assert "w/rd" not in answer.text


async def test_cameras_are_listed_by_whether_they_are_enabled(client: httpx.AsyncClient) -> None:
    await client.post("/cameras", json=DOOR)
    await client.post("/cameras", json={**DOOR, "name": "B", "enabled": False})

    listed = (await client.get("/cameras", params={"enabled": "false"})).json()["items"]

    assert [camera["name"] for camera in listed] == ["B"]
    assert len((await client.get("/cameras")).json()["items"]) == 2


async def test_camera_stays_while_a_rule_names_it(client: httpx.AsyncClient) -> None:
    door = (await client.post("/cameras", json=DOOR)).json()
    await client.post("/rules", json={**SMALL, "camera_ids": [door["id"]]})

    assert_problem(await client.delete(f"/cameras/{door['id']}"), 409, "named by the rules Fire")


async def test_camera_is_gone_when_deleted(client: httpx.AsyncClient) -> None:
    where = (await client.post("/cameras", json=DOOR)).headers["Location"]

    assert (await client.delete(where)).status_code == 204

    for answer in [await client.get(where), await client.delete(where), await client.put(where, json=DOOR)]:
        assert_problem(answer, 404, "There is no camera")


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"source": "rtsp://a:secret@host/a b"}, "body.source", "pattern"),
        ({"sensitivity": 1.1}, "body.sensitivity", "less than or equal to 1"),
        ({"speech": "loud"}, "body.speech", "'off', 'local' or 'wit'"),
        ({"masks": [{"polygon": TRIANGLE[:2]}]}, "body.masks.0.polygon", "at least 3 items"),
        ({"masks": [{"polygon": [*TRIANGLE, {"x": 2, "y": 0}]}]}, "body.masks.0.polygon.3.x", "less than or equal"),
        ({"masks": [{"polygon": TRIANGLE[:1] * 3}]}, "body.masks.0.polygon", "fewer than three different corners"),
        ({"zones": [{"name": "a", "polygon": BOW_TIE}]}, "body.zones.0.polygon", "crosses or touches itself"),
        ({"zones": [DOOR["zones"][0], DOOR["zones"][0]]}, "body.zones", "two zones have the same name"),  # type: ignore[index]
    ],
)
async def test_camera_that_makes_no_sense_is_refused_without_repeating_secrets(
    client: httpx.AsyncClient, change: dict[str, object], field: str, message: str
) -> None:
    answer = await client.post("/cameras", json={**DOOR, **change})

    (error,) = assert_problem(answer, 422)["errors"]
    assert error["field"] == field
    assert message in error["message"]
    assert "secret" not in answer.text
    assert "w/rd" not in answer.text
