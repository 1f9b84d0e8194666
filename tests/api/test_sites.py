import httpx
import pytest

from tests.api.problems import assert_problem
from tests.api.test_cameras import DOOR

SHOP = {"name": "Shop", "time_zone": "Europe/Berlin"}


async def test_site_is_read_back_replaced_and_deleted(client: httpx.AsyncClient) -> None:
    created = await client.post("/sites", json=SHOP)
    assert created.status_code == 201
    site = created.json()
    where = created.headers["Location"]
    assert (await client.get(where)).json() == site
    renamed = await client.put(where, json={**site, "name": "Kiosk", "time_zone": None})
    assert renamed.json() == {**site, "name": "Kiosk", "time_zone": None}
    assert [each["name"] for each in (await client.get("/sites")).json()["items"]] == ["Kiosk"]
    assert (await client.delete(where)).status_code == 204
    assert (await client.get(where)).status_code == 404


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"time_zone": "Europe/Berln"}, "Is Europe/Berlin meant?"),
        ({"time_zone": ""}, "no time zone"),
        ({"time_zone": "CEST"}, "no time zone"),
        ({"name": " "}, "at least 1 character"),
        ({"zone": "UTC"}, "Extra inputs"),
    ],
)
async def test_site_that_means_nothing_is_refused_with_a_word(
    client: httpx.AsyncClient, change: dict[str, str], word: str
) -> None:
    answer = await client.post("/sites", json={**SHOP, **change})
    assert_problem(answer, 422)
    assert word in str(answer.json()["errors"])


async def test_site_of_a_name_that_is_taken_is_a_conflict(client: httpx.AsyncClient) -> None:
    await client.post("/sites", json=SHOP)
    assert_problem(await client.post("/sites", json=SHOP), 409)


async def test_camera_makes_the_site_that_it_names_and_finds_it_again(client: httpx.AsyncClient) -> None:
    first = (await client.post("/cameras", json=DOOR)).json()
    await client.post("/cameras", json={**DOOR, "name": "Back door"})
    (site,) = (await client.get("/sites")).json()["items"]
    assert (site["name"], site["time_zone"]) == ("Shop", None)
    assert_problem(await client.delete(f"/sites/{site['id']}"), 409)
    await client.put(f"/sites/{site['id']}", json={**site, "name": "Kiosk"})
    assert (await client.get(f"/cameras/{first['id']}")).json()["site"] == "Kiosk"
    await client.put(f"/cameras/{first['id']}", json={**first, "site": ""})
    assert (await client.get(f"/cameras/{first['id']}")).json()["site"] == ""
