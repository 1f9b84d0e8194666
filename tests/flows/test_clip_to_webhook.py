"""A clip over HTTP to a running service, the signed calls at a receiver, the answer by the address in them."""

from pathlib import Path
from typing import Any

import httpx

from tests.flows.test_clip_to_messenger import submit
from tests.servers.service import Service, wait_until
from tests.servers.webhooks import OLD_SECRET, SECRET, Fault, HookReceiver


def add_rule(api: httpx.Client, address: str) -> str:
    program = {"name": "Desk", "channel": "webhook", "address": address}
    assert api.post("/recipients", json=program | {"address": "ftp://desk/"}).status_code == 422
    added = api.post("/recipients", json=program)
    assert added.status_code == 201, added.text
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    assert api.post("/rules", json={"name": "A fight", "conditions": conditions}).status_code == 201
    recipient_id: str = added.json()["id"]
    return recipient_id


def delivery_of(api: httpx.Client, recipient_id: str) -> dict[str, Any] | None:
    (alert,) = api.get("/alerts").json()["items"]
    found = (each for each in alert["deliveries"] if each["recipient_id"] == recipient_id)
    return next((each for each in found if all(part["state"] == "sent" for part in each["parts"])), None)


def test_drawn_clip_reaches_a_webhook_once_and_is_acknowledged_by_its_address(tmp_path: Path, drawn_clip: Path) -> None:
    with HookReceiver(OLD_SECRET) as receiver:
        receiver.script(Fault(503, {"Retry-After": "0"}, accepted=True))
        settings = {"webhook_secret": f"{SECRET} {OLD_SECRET}", "public_url": "http://people.test"}
        with Service(tmp_path, None, **settings) as service, service.client() as api:
            recipient_id = add_rule(api, receiver.url)
            itself = {"name": "Itself", "channel": "webhook", "address": f"{service.url}/alerts"}
            itself_id = api.post("/recipients", json=itself).json()["id"]
            submit(api, drawn_clip)
            told, shown = (call.value for call in receiver.wait_for(2))
            (alert,) = api.get("/alerts").json()["items"]
            assert (told["type"], shown["type"]) == ("alert.raised", "alert.picture")
            assert told["data"]["alert_id"] == alert["id"]
            assert told["data"]["happening"]["evidence"][0]["quote"] == alert["evidence"][0]["quote"]
            assert told["data"]["text"].startswith("⚠️ A fight · ")
            here = told["data"]["open_url"].replace("http://people.test", service.url)
            picture = httpx.get(f"{here}/snapshot.jpg")
            assert shown["data"]["picture"]["url"] == f"{told['data']['open_url']}/snapshot.jpg"
            assert picture.content == api.get(f"/events/{alert['event_id']}/snapshot.jpg").content
            wait_until(lambda: delivery_of(api, recipient_id), what="the receipts")
            assert receiver.repeated == [receiver.received[0].webhook_id]

            assert httpx.post(here, params={"answer": "acknowledge"}).status_code == 303
            assert api.get(f"/alerts/{alert['id']}").json()["state"] == "acknowledged"
            refused = wait_until(
                lambda: api.get(f"/recipients/{itself_id}").json()["unreachable_reason"], what="the refusal"
            )
            assert "port of the service itself" in refused
        assert (len(receiver.received), receiver.refused) == (2, [])
        assert not any(SECRET in line or OLD_SECRET in line for line in service.output)
