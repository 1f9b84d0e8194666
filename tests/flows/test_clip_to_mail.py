"""A clip over HTTP to a running service, and the mail with its picture at a real mail server."""

from pathlib import Path

import httpx

from tests.flows.test_clip_to_messenger import submit
from tests.servers.mail import PASSWORD, MailServer
from tests.servers.service import Service, wait_until


def add_rule(api: httpx.Client) -> None:
    office = {"name": "Office", "channel": "apprise", "address": "office"}
    refused = api.post("/recipients", json=office | {"address": "mailto://ana:secret@example.com"})
    assert (refused.status_code, "holds secrets" in refused.text) == (422, True)
    assert api.post("/recipients", json=office).status_code == 201
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    assert api.post("/rules", json={"name": "A fight", "conditions": conditions}).status_code == 201


def test_drawn_clip_reaches_a_mailbox_in_one_mail_with_its_picture(tmp_path: Path, drawn_clip: Path) -> None:
    with MailServer() as mail:
        settings = {"apprise_urls": f"office={mail.address()}", "public_url": "https://people.test"}
        with Service(tmp_path, None, draw_boxes="false", **settings) as service, service.client() as api:
            add_rule(api)
            submit(api, drawn_clip)
            (message,) = mail.wait_for(1)
            (alert,) = api.get("/alerts").json()["items"]
            words = message.get_body(("plain",)) or message.get_body(("html",))
            assert words is not None
            assert message["subject"] == "A fight"
            assert f"https://people.test/open/{alert['id']}/" in words.get_content()
            (picture,) = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
            snapshot = api.get(f"/events/{alert['event_id']}/snapshot.jpg").content
            assert picture.get_payload(decode=True) == snapshot
            (part,) = wait_until(
                lambda: [
                    part
                    for each in api.get(f"/alerts/{alert['id']}").json()["deliveries"]
                    for part in each["parts"]
                    if part["state"] == "sent"
                ],
                what="the receipt",
            )
            assert part["kind"] == "text"
        assert len(mail.received) == 1
        assert not any(PASSWORD in line for line in service.output)
