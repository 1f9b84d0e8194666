"""A clip over HTTP to a running service, the message that a browser decrypts, the answer by the link in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.channels.webpush.conftest import CONTACT, trust
from tests.flows.test_clip_to_messenger import submit
from tests.servers.push_service import PushFault, PushService
from tests.servers.service import Service, wait_until

PASSWORD = "four words one remembers"


@contextmanager
def signed_in(service: Service, api: httpx.Client) -> Iterator[httpx.Client]:
    """An operator at a browser of this machine."""
    user = {"name": "Ana", "role": "operator", "password": PASSWORD}
    assert api.post("/users", json=user).status_code == 201
    with httpx.Client(base_url=service.url, headers={"Sec-Fetch-Site": "same-origin"}, timeout=60) as ana:
        assert ana.post("/session", json={"name": "Ana", "password": PASSWORD}).status_code == 200
        yield ana


def state_of(api: httpx.Client, alert_id: str) -> str:
    (delivery,) = api.get(f"/alerts/{alert_id}").json()["deliveries"]
    return str(delivery["parts"][0]["state"])


def test_drawn_clip_reaches_a_browser_and_is_acknowledged_from_its_notification(
    tmp_path: Path, drawn_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, tls = trust(tmp_path)
    settings = {"webpush_contact": CONTACT, "public_url": "http://people.test"}
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    with (
        PushService(tls) as push,
        Service(tmp_path / "state", None, **settings) as service,
        service.client() as api,
        signed_in(service, api) as ana,
    ):
        browser = push.subscribe(ana.get("/browsers/key").json()["applicationServerKey"])
        push.script(PushFault(503, {"Retry-After": "0"}, accepted=True))
        told = ana.post("/browsers", json={"name": "Ana's laptop", **browser.to_json()})
        assert told.status_code == 201, told.text
        conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
        assert api.post("/rules", json={"name": "A fight", "conditions": conditions}).status_code == 201
        submit(api, drawn_clip)

        first, again = push.wait_for(browser, 2)
        (alert,) = api.get("/alerts").json()["items"]
        shown = first.value
        assert (shown["title"], shown["data"]["alert_id"], again.value) == ("A fight", alert["id"], shown)
        assert list(browser.waiting) == [alert["id"]]  # the repeat takes the place of what it repeats
        link = shown["data"]["open_url"].replace("http://people.test", service.url)
        picture = httpx.get(shown["image"].replace("http://people.test", service.url))
        assert picture.content == api.get(f"/events/{alert['event_id']}/snapshot.jpg").content
        action = shown["actions"][0]["action"]
        assert httpx.post(link, params={"answer": action}).status_code == 303
        assert api.get(f"/alerts/{alert['id']}").json()["state"] == "acknowledged"
        (part,) = alert["deliveries"][0]["parts"]  # one brings it all
        wait_until(lambda: state_of(api, alert["id"]) == "sent", what="the receipt")
        assert (part["kind"], push.refused) == ("text", [])

        assert ana.delete(f"/browsers/{told.json()['id']}").status_code == 204
        assert api.get("/recipients").json()["items"] == []
    hidden = [browser.endpoint.rpartition("/")[2], *browser.to_json()["keys"].values(), PASSWORD]
    assert not any(word in line for line in service.output for word in hidden)
