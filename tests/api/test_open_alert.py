import re

import httpx
import pytest

from instantreact.domain.happening import Written
from instantreact.domain.rule import Severity
from instantreact.pipeline.services import Services
from instantreact.storage import alerts
from instantreact.storage.tables import Alert
from tests.api.problems import assert_problem
from tests.storage.factories import NOW, make_alert, make_event


async def raise_alert(services: Services, *, snapshot_key: str | None = None) -> tuple[Alert, str]:
    """An alert and the path that opens it."""
    async with services.database.unit_of_work() as session:
        happening = Written("<b>Fight</b>", "Two people fight.\n& more", Severity.WARNING)
        event = await make_event(session, snapshot_key=snapshot_key)
        alert = await make_alert(session, event_id=event.id, happening=happening)
    return alert, f"/open/{alert.id}/{services.links.sign(alert.id)}"


async def test_open_shows_the_alert_to_who_has_the_link(anybody: httpx.AsyncClient, services: Services) -> None:
    key = services.blobs.new_key("snapshots", ".jpg")
    services.blobs.put(key, b"a picture")
    alert, path = await raise_alert(services, snapshot_key=key)
    async with services.database.unit_of_work() as session:
        await alerts.acknowledge_alert(session, alert.id, by="Ana", now=NOW)

    page = await anybody.get(path)

    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<h1>&lt;b&gt;Fight&lt;/b&gt;</h1>" in page.text
    assert "Two people fight.<br>&amp; more" in page.text
    assert "Acknowledged by Ana" in page.text
    picture = page.text.split('src="')[1].split('"')[0]
    assert (await anybody.get(str(httpx.URL(f"http://test{path}").join(picture)))).content == b"a picture"


async def test_open_shows_an_alert_without_a_picture(anybody: httpx.AsyncClient, services: Services) -> None:
    _, path = await raise_alert(services)

    assert "<img" not in (await anybody.get(path)).text
    assert_problem(await anybody.get(f"{path}/snapshot.jpg"), 404, "There is no snapshot of alert")


async def test_open_shows_the_clip_by_its_evidence(anybody: httpx.AsyncClient, services: Services) -> None:
    key = services.blobs.new_key("evidence", ".mp4")
    services.blobs.put(key, b"moving pictures")
    async with services.database.unit_of_work() as session:
        seen = await make_alert(session, event_id=(await make_event(session, evidence_key=key)).id)
        unseen = await make_alert(session, event_id=(await make_event(session)).id)

    clip = await anybody.get(f"/open/{seen.id}/{services.links.sign(seen.id)}/clip", headers={"Range": "bytes=7-"})

    assert (clip.status_code, clip.content, clip.headers["Content-Type"]) == (206, b"pictures", "video/mp4")
    assert_problem(await anybody.get(f"/open/{unseen.id}/{services.links.sign(unseen.id)}/clip"), 404, "There is no")


async def test_open_tells_nothing_without_the_right_signature(anybody: httpx.AsyncClient, services: Services) -> None:
    alert, path = await raise_alert(services)
    wrong = f"/open/{alert.id}/{services.links.sign('another')}"

    for there in (wrong, f"{wrong}/snapshot.jpg", f"/open/{alert.id}/0", f"/open/unknown/{path.split('/')[-1]}"):
        assert_problem(await anybody.get(there), 404, "There is no alert behind this link.")


@pytest.mark.parametrize(
    ("answer", "said", "left"),
    [("acknowledge", "Acknowledged by Link", ["False alarm"]), ("dismiss", "Dismissed by Link", [])],
)
async def test_open_answers_the_alert_by_the_buttons_it_shows(
    anybody: httpx.AsyncClient, services: Services, answer: str, said: str, left: list[str]
) -> None:
    _, path = await raise_alert(services)
    page = (await anybody.get(path)).text
    there = next(each for each in re.findall(r'action="([^"]+)"', page) if each.endswith(answer))

    answered = await anybody.post(str(httpx.URL(f"http://test{path}").join(there)))

    assert answered.status_code == 303
    assert str(answered.url.join(answered.headers["Location"])) == f"http://test{path}"
    page = (await anybody.get(path)).text
    assert said in page
    assert re.findall("<button>(.+?)</button>", page) == left


async def test_open_answers_nothing_by_get_or_without_the_right_signature_or_answer(
    anybody: httpx.AsyncClient, services: Services
) -> None:
    alert, path = await raise_alert(services)
    await anybody.get(path, params={"answer": "dismiss"})
    wrong = f"/open/{alert.id}/{services.links.sign('another')}"
    assert_problem(await anybody.post(wrong, params={"answer": "dismiss"}), 404)
    assert_problem(await anybody.post(path, params={"answer": "close"}), 422)
    assert_problem(await anybody.post(path), 422)
    assert "Raised" in (await anybody.get(path)).text
