"""A clip over HTTP to a running service, the message at Telegram, the answer by one of its buttons."""

from pathlib import Path

import httpx

from tests.flows.test_clip_to_messenger import submit
from tests.servers.service import Service
from tests.servers.telegram import TOKEN, Chat, FakeTelegram

CHAT_ID, SECRET = 4242, "agreed-upon"


def add_rule(api: httpx.Client, address: str) -> None:
    guard = {"name": "Guard", "channel": "telegram", "address": address}
    assert api.post("/recipients", json=guard | {"address": "Guard"}).status_code == 422
    assert api.post("/recipients", json=guard).status_code == 201
    conditions = [{"kind": "concept", "concept": "fight", "min_score": 0.0}]
    assert api.post("/rules", json={"name": "A fight", "conditions": conditions}).status_code == 201


def test_drawn_clip_reaches_telegram_once_and_is_acknowledged_by_its_button(tmp_path: Path, drawn_clip: Path) -> None:
    with FakeTelegram() as telegram:
        telegram.chats = {CHAT_ID: Chat(), 666: Chat()}
        settings = {
            "telegram_url": telegram.url,
            "telegram_token": TOKEN,
            "telegram_webhook_secret": SECRET,
        }
        with Service(tmp_path, None, draw_boxes="false", **settings) as service, service.client() as api:
            hook = {"url": f"{service.url}/webhooks/telegram", "secret_token": SECRET}
            assert httpx.post(f"{telegram.url}/bot{TOKEN}/setWebhook", json=hook).is_success
            add_rule(api, str(CHAT_ID))
            submit(api, drawn_clip)
            (alert,) = api.get("/alerts").json()["items"]
            text, picture = telegram.wait_for(2)
            assert (alert["evidence"][0]["quote"] in text.text, picture.text) == (True, "A fight")
            assert picture.picture == api.get(f"/events/{alert['event_id']}/snapshot.jpg").content

            strange_id, strange = telegram.make_tap(text, "Acknowledge", chat_id=666)
            assert telegram.bring(strange) == 200
            assert "not told" in telegram.wait_for_sign(strange_id)
            tap_id, tap = telegram.make_tap(text, "Acknowledge")
            assert telegram.bring(tap, secret="guessed") == 403
            assert api.get(f"/alerts/{alert['id']}").json()["state"] == "raised"
            assert [telegram.bring(tap) for _ in range(2)] == [200, 200]
            assert telegram.wait_for_sign(tap_id) == "Acknowledged by Guard"
            answered = api.get(f"/alerts/{alert['id']}").json()
            assert (answered["state"], answered["answered_by"]) == ("acknowledged", "Guard")
        assert len(telegram.sent) == 2
        assert telegram.refused == []
        assert not any(TOKEN in line or SECRET in line for line in service.output)
