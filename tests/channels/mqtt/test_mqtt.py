import asyncio
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instantreact.channels.mqtt.channel import MqttChannel
from instantreact.channels.mqtt.link import MqttServer
from instantreact.channels.mqtt.setup import find_address_fault, open_mqtt
from instantreact.channels.mqtt.topics import Topics
from instantreact.config import Settings
from instantreact.domain.alert import Picture
from instantreact.domain.camera import CameraStanding, CameraState
from instantreact.domain.happening import Notice, RuleMatched
from instantreact.domain.rule import Evidence, Severity
from instantreact.errors import ChannelBroken, DeliveryDeferred, Misconfigured
from tests.conftest import StoppedClock
from tests.servers.mosquitto import PASSWORD, USER, Mosquitto, MqttListener
from tests.storage.factories import NOW

JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40 + b"\xff\xd9"
FIGHT = RuleMatched(
    "Fight", "Front door", "two men fight", (Evidence("concept", "fight", 0.9, "fight", 1.0, 2.0),), NOW, "UTC",
    Severity.CRITICAL,
)  # fmt: skip
NOTICE = Notice("0" * 32, FIGHT, "https://x.test/open/1/s")
DOOR, YARD = CameraStanding("c1", "Front door", CameraState.LIVE), CameraStanding("c2", "Yard", CameraState.LOST)
STATUS, CONFIG = "instantreact/status", "homeassistant/{}/instantreact/{}/config"


async def show_until_settled(mqtt: MqttChannel, cameras: list[CameraStanding], addresses: list[str]) -> None:
    """As the service does again and again; in between the broker says what it keeps."""
    for _ in range(3):
        await mqtt.show(cameras, addresses)
        await asyncio.sleep(0.05)


async def test_alert_comes_as_json_and_its_picture_as_jpeg(
    listener: MqttListener, mqtt: MqttChannel, clock: StoppedClock
) -> None:
    receipt = await mqtt.send_text("home", NOTICE, metadata="part:1")
    await mqtt.send_picture("home", NOTICE, Picture(JPEG), metadata="part:2")
    alert = json.loads(listener.wait_for("instantreact/alerts/home"))
    assert (receipt.message_id, receipt.accepted_at) == ("part:1", clock.now())
    assert (alert["event_type"], alert["alert_id"], alert["title"]) == ("rule_matched", "0" * 32, "Fight")
    assert (alert["open_url"], alert["happening"]["occurred_at"]) == (NOTICE.open_url, "2026-11-22T12:00:00Z")
    assert listener.wait_for("instantreact/pictures/home") == JPEG


async def test_home_assistant_is_told_of_cameras_and_alerts_and_whoever_comes_later_is_too(
    mosquitto: Mosquitto, mqtt: MqttChannel
) -> None:
    await show_until_settled(mqtt, [DOOR, YARD], ["home"])
    with MqttListener(mosquitto) as later:
        for topic, message in (
            (STATUS, b"online"),
            ("instantreact/cameras/c1", b"live"),
            ("instantreact/cameras/c2", b"lost"),
        ):
            later.wait_for_kept(topic, message)
        camera = json.loads(later.wait_for(CONFIG.format("binary_sensor", "camera_c1")))
        event = json.loads(later.wait_for(CONFIG.format("event", "home_alert")))
        image = json.loads(later.wait_for(CONFIG.format("image", "home_picture")))
    assert (camera["name"], camera["state_topic"]) == ("Front door", "instantreact/cameras/c1")
    assert (camera["payload_on"], camera["payload_off"], camera["device_class"]) == ("live", "lost", "connectivity")
    assert (event["state_topic"], "rule_matched" in event["event_types"]) == ("instantreact/alerts/home", True)
    assert (image["image_topic"], image["content_type"]) == ("instantreact/pictures/home", "image/jpeg")
    for each in (camera, event, image):
        assert (each["availability_topic"], each["device"]["identifiers"]) == (STATUS, ["instantreact"])
    assert len({each["unique_id"] for each in (camera, event, image)}) == 3


async def test_what_is_gone_disappears_also_where_it_was_shown_by_a_process_before(
    mosquitto: Mosquitto, listener: MqttListener, mqtt: MqttChannel, clock: StoppedClock
) -> None:
    server = MqttServer("127.0.0.1", mosquitto.port, username=USER, password=PASSWORD)
    before = MqttChannel(server, Topics(), clock=clock)
    await show_until_settled(before, [DOOR, YARD], ["home", "office"])
    await before.close()
    listener.wait_for_kept(STATUS, b"offline")
    await show_until_settled(mqtt, [YARD], ["home"])
    for topic in (
        "instantreact/cameras/c1",
        CONFIG.format("binary_sensor", "camera_c1"),
        CONFIG.format("event", "office_alert"),
    ):
        listener.wait_for_kept(topic, b"")
    listener.wait_for_kept("instantreact/cameras/c2", b"lost")


async def test_what_is_shown_already_is_not_said_again(listener: MqttListener, mqtt: MqttChannel) -> None:
    await show_until_settled(mqtt, [DOOR], ["home"])
    said = len(listener.messages)
    await show_until_settled(mqtt, [DOOR], ["home"])
    assert len(listener.messages) == said


async def test_process_that_lives_says_so_when_the_last_will_of_another_said_that_we_are_gone(
    listener: MqttListener, mosquitto: Mosquitto, mqtt: MqttChannel
) -> None:
    await show_until_settled(mqtt, [DOOR], ["home"])
    server = MqttServer("127.0.0.1", mosquitto.port, username=USER, password=PASSWORD)
    client = server.make_client()
    async with client:  # as the broker does for a process that died
        await client.publish(STATUS, b"offline", qos=1, retain=True)
    listener.wait_for_kept(STATUS, b"offline")
    await show_until_settled(mqtt, [DOOR], ["home"])
    listener.wait_for_kept(STATUS, b"online")


async def test_alert_waits_while_the_broker_is_gone_and_comes_when_it_is_back(
    mosquitto: Mosquitto, mqtt: MqttChannel
) -> None:
    await mqtt.send_text("home", NOTICE, metadata="part:1")
    await asyncio.to_thread(mosquitto.stop)
    for _ in range(2):
        with pytest.raises(DeliveryDeferred):
            await mqtt.send_text("home", NOTICE, metadata="part:2")
    await asyncio.to_thread(mosquitto.start)
    with MqttListener(mosquitto) as listener:
        await mqtt.send_text("home", NOTICE, metadata="part:2")
        assert listener.wait_for("instantreact/alerts/home")


async def test_broker_that_does_not_know_the_password_breaks_the_channel(
    mosquitto: Mosquitto, clock: StoppedClock
) -> None:
    sender = open_mqtt(Settings(mqtt_url=mosquitto.url(password="wrong-password")), clock).sender
    assert sender is not None
    with pytest.raises(ChannelBroken, match="INSTANTREACT_MQTT_URL") as caught:
        await sender.check()
    with pytest.raises(ChannelBroken):
        await sender.send_text("home", NOTICE, metadata="part:1")
    await sender.close()
    assert "wrong-password" not in str(caught.value)


async def test_check_says_nothing_at_the_broker(
    listener: MqttListener, mosquitto: Mosquitto, mqtt: MqttChannel
) -> None:
    assert await mqtt.check() == f"the MQTT broker at 127.0.0.1:{mosquitto.port} lets us in"
    assert listener.messages == []


@pytest.mark.parametrize("state", [CameraState.IDLE, CameraState.CONNECTING, CameraState.STOPPED])
def test_camera_of_which_nobody_knows_is_neither_live_nor_lost(state: CameraState) -> None:
    kept = Topics("shop/one", None).write_kept([CameraStanding("c1", "Door", state)], ["home"])
    assert kept == {"shop/one/status": b"online", "shop/one/cameras/c1": b"None"}


def test_two_services_at_one_broker_are_told_apart_by_their_prefix() -> None:
    kept = [Topics(prefix).write_kept([DOOR], ["home"]) for prefix in ("shop/one", "shop/two")]
    assert kept[0].keys().isdisjoint(kept[1].keys())


@pytest.mark.parametrize(
    "url",
    ["hidden", "http://hidden/", "mqtt://", "mqtt://a:hidden@h:70000", "mqtt://a:hidden@h/topic", "mqtt://[hidden"],
)
def test_open_says_how_an_address_looks_and_never_what_it_is(clock: StoppedClock, url: str) -> None:
    with pytest.raises(Misconfigured, match="must look like") as caught:
        open_mqtt(Settings(mqtt_url=url), clock)
    assert "hidden" not in str(caught.value)


def test_open_says_what_to_install_where_aiomqtt_is_missing(
    clock: StoppedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("channel", "link"):
        monkeypatch.delitem(sys.modules, f"instantreact.channels.mqtt.{name}")
    monkeypatch.setitem(sys.modules, "aiomqtt", None)
    with pytest.raises(Misconfigured, match=r"pip install 'instantreact\[mqtt\]'"):
        open_mqtt(Settings(mqtt_url="mqtt://h"), clock)


def test_open_sends_nothing_where_nothing_is_set(clock: StoppedClock) -> None:
    ends = open_mqtt(Settings(), clock)
    assert (ends.sender, ends.board) == (None, None)


@given(st.text(max_size=80))
def test_find_address_fault_takes_any_text(address: str) -> None:
    fault = find_address_fault(address)
    assert fault is None or "\n" not in fault
