"""Home Assistant itself beside a service that runs: whether what the broker tells it becomes entities, and stays true.

The first run makes an environment of its own for it (some 500 MB) in a folder that further runs use again. A broker
(mosquitto), Home Assistant and `serve` with two cameras run on free ports of this machine; what Home Assistant shows is
asked of its REST API.

Usage: python -m benchmarks.home_assistant [--folder FOLDER]
"""

import argparse
import base64
import hashlib
import hmac
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from paho.mqtt import publish
from tests.flows.test_cameras import add_camera
from tests.flows.test_clip_to_messenger import submit
from tests.flows.test_clip_to_mqtt import add_rule
from tests.media.clips import Drawing, make_clip
from tests.media.live_footage import write_clip
from tests.servers.mosquitto import PASSWORD, USER, Mosquitto
from tests.servers.postgres import find_free_port
from tests.servers.service import Service

VERSION = "2024.3.3"
"""The newest for Python 3.11."""

NEEDED = (f"homeassistant=={VERSION}", "paho-mqtt==1.6.1", "josepy<2", "setuptools<81")
"""Home Assistant fetches what else its parts need when they start; a newer josepy is more than its acme bears."""

NONSENSE = "nonsense_of_the_benchmark"
"""In a topic of discovery: what is said of it shows that complaints are found."""

_JWT_KEY, _TOKEN_ID, _USER_ID = "k" * 64, "r" * 32, "u" * 32
_SINCE = "2026-01-01T00:00:00+00:00"


def main() -> None:
    """Print what Home Assistant showed; fail where an entity was missing or wrong, or where it complained."""
    parser = argparse.ArgumentParser(description=__doc__)
    cached = Path(tempfile.gettempdir()) / f"instantreact-home-assistant-{VERSION}"
    parser.add_argument("--folder", type=Path, default=cached, help="of the environment; by default %(default)s")
    python = install(parser.parse_args().folder)
    failed = False
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        log = folder / "home-assistant.log"
        try:
            with Mosquitto() as broker, running(python, folder / "config", log, broker.port) as home:
                watch(home, broker, folder)
                publish_nonsense(broker)
        except (AssertionError, TimeoutError, httpx.HTTPError) as error:
            failed = True
            print(f"MISSING  {error}")
        complaints = find_complaints(log)
    wanted = [line for line in complaints if NONSENSE in line]
    print(f"{'ok' if wanted else 'MISSING':8} its log complains of a message that is nonsense")
    others = [line for line in complaints if line not in wanted]
    print(*others, f"complaints of Home Assistant about ours: {len(others)}", sep="\n")
    sys.exit(failed or not wanted or bool(others))


def install(folder: Path) -> Path:
    """The Python of an environment with Home Assistant."""
    python = folder / "bin" / "python"
    if not (folder / ".installed").exists():
        print(f"Installing Home Assistant {VERSION} into {folder} ...", flush=True)
        venv.create(folder, with_pip=True, clear=True)
        uv = [sys.executable, "-m", "uv", "pip", "install", "-q", "--python", str(python)]
        subprocess.run([*uv, *NEEDED], check=True)
        (folder / ".installed").touch()
    return python


class HomeAssistant:
    """What its REST API tells."""

    def __init__(self, port: int) -> None:
        headers = {"Authorization": f"Bearer {make_token()}"}
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30)

    def find(self, entity_id: str) -> dict[str, Any] | None:
        """An entity as it stands; None where there is none."""
        answer = self.client.get(f"/api/states/{entity_id}")
        if answer.status_code == 404:
            return None
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    def wait(self, entity_id: str, state: str | None, *, timeout_s: float = 60.0) -> dict[str, Any]:
        """The entity once it is in this state; None stands for one that is gone, `?` for any time of day."""

        def look() -> bool:
            found = self.find(entity_id)
            shown = None if found is None else found["state"]
            return shown == state or (state == "?" and str(shown)[:2] == "20")

        wait_for(look, f"{entity_id} to be {state}", timeout_s)
        found = self.find(entity_id) or {}
        print(f"ok       {entity_id} is {found.get('state', 'gone')}", flush=True)
        return found

    def is_running(self) -> bool:
        """Whether it has started."""
        try:
            return bool(self.client.get("/api/config").json()["state"] == "RUNNING")
        except (httpx.HTTPError, ValueError):
            return False


@contextmanager
def running(python: Path, config: Path, log: Path, broker_port: int) -> Iterator[HomeAssistant]:
    """Home Assistant, with its MQTT integration as somebody would have set it up."""
    port = find_free_port()
    write_config(config, port, broker_port)
    with log.open("wb") as output:
        command = [str(python), "-m", "homeassistant", "--config", str(config), "--verbose"]
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
        try:
            home = HomeAssistant(port)
            wait_for(home.is_running, "Home Assistant to start; the first time it fetches what it needs", 570)
            print(f"ok       Home Assistant {home.client.get('/api/config').json()['version']} runs", flush=True)
            yield home
        finally:
            process.terminate()
            process.wait(timeout=60)


def watch(home: HomeAssistant, broker: Mosquitto, folder: Path) -> None:
    """What must appear, change and go, in this order."""
    (folder / "footage").mkdir()
    footage = write_clip(folder / "footage" / "still.mp4", moving=False)
    clip = make_clip(folder / "fight.mp4", Drawing(duration_s=4.0))
    settings = {"mqtt_url": broker.url(), "allowed_source_folders": str(footage.parent), "camera_lost_after_s": "600"}
    with Service(folder / "state", None, **settings) as service, service.client() as api:
        add_rule(api)
        add_camera(api, f"file:{footage}#loop", name="Front door")
        yard = add_camera(api, "rtsp://127.0.0.1:9/none", name="Yard")
        door = home.wait("binary_sensor.instantreact_front_door", "on")
        assert door["attributes"]["device_class"] == "connectivity", door
        home.wait("binary_sensor.instantreact_yard", "off")
        for entity in ("event.instantreact_alert_home", "image.instantreact_picture_home"):
            home.wait(entity, "unknown")
        submit(api, clip)
        look_at_alert(home, api)
        api.put(f"/cameras/{yard}", json={"name": "Garden", "source": "rtsp://127.0.0.1:9/none"}).raise_for_status()
        wait_for(lambda: name_of(home, "yard") == "InstantReact Garden", "the camera's new name", 30)
        print("ok       binary_sensor.instantreact_yard is called InstantReact Garden")
        assert api.delete(f"/cameras/{yard}").status_code == 204
        home.wait("binary_sensor.instantreact_yard", None)
        service.kill()
        for entity in ("binary_sensor.instantreact_front_door", "event.instantreact_alert_home"):
            home.wait(entity, "unavailable")
        service.start()
        home.wait("binary_sensor.instantreact_front_door", "on")
        service.stop()
        home.wait("image.instantreact_picture_home", "unavailable")


def look_at_alert(home: HomeAssistant, api: httpx.Client) -> None:
    """What an automation gets."""
    shown = home.wait("event.instantreact_alert_home", "?")["attributes"]
    (alert,) = api.get("/alerts").json()["items"]
    assert (shown["event_type"], shown["alert_id"], shown["title"]) == ("rule_matched", alert["id"], "A fight"), shown
    print(f"ok       its attributes: {sorted(shown)}")
    picture = home.wait("image.instantreact_picture_home", "?")["attributes"]["entity_picture"]
    wanted = api.get(f"/events/{alert['event_id']}/snapshot.jpg").content
    assert home.client.get(picture).content == wanted, "the picture is another"
    print(f"ok       its picture is the alert's, {len(wanted)} bytes")


def publish_nonsense(broker: Mosquitto) -> None:
    """A sensor without a topic, as Home Assistant refuses it."""
    topic = f"homeassistant/binary_sensor/instantreact/{NONSENSE}/config"
    auth: Any = {"username": USER, "password": PASSWORD}
    publish.single(topic, '{"name": "Nonsense"}', qos=1, hostname="127.0.0.1", port=broker.port, auth=auth)
    time.sleep(2)


def name_of(home: HomeAssistant, camera: str) -> str:
    """What a camera is called there."""
    found = home.find(f"binary_sensor.instantreact_{camera}") or {"attributes": {}}
    return str(found["attributes"].get("friendly_name"))


def find_complaints(log: Path) -> list[str]:
    """Lines of Home Assistant's log in which its MQTT integration warns, or something broke."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    loud = [line for line in lines if " WARNING " in line or " ERROR " in line]
    return [line for line in loud if "mqtt" in line.lower() or "instantreact" in line.lower()]


def write_config(config: Path, port: int, broker_port: int) -> None:
    """An installation that somebody has set up: a user with a long-lived token, and the broker."""
    (config / ".storage").mkdir(parents=True)
    (config / "configuration.yaml").write_text(
        f"homeassistant:\n  name: Test\nhttp:\n  server_host: 127.0.0.1\n  server_port: {port}\napi:\n"
        "logger:\n  default: info\n"
    )
    broker = {"broker": "127.0.0.1", "port": broker_port, "username": USER, "password": PASSWORD}
    entry = {
        "entry_id": "mqtt", "version": 1, "minor_version": 1, "domain": "mqtt", "title": "broker", "data": broker,
        "options": {}, "pref_disable_new_entities": False, "pref_disable_polling": False, "source": "user",
        "unique_id": None, "disabled_by": None,
    }  # fmt: skip
    user = {
        "id": _USER_ID, "group_ids": ["system-admin"], "is_owner": True, "is_active": True, "name": "Script",
        "system_generated": False, "local_only": False,
    }  # fmt: skip
    token = {
        "id": _TOKEN_ID, "user_id": _USER_ID, "client_id": None, "client_name": "script", "client_icon": None,
        "token_type": "long_lived_access_token", "created_at": _SINCE, "access_token_expiration": 315360000.0,
        "token": "t" * 64, "jwt_key": _JWT_KEY, "last_used_at": None, "last_used_ip": None, "credential_id": None,
        "version": VERSION,
    }  # fmt: skip
    groups = [{"id": "system-admin", "name": "Administrators"}]
    _store(config, "auth", {"users": [user], "groups": groups, "credentials": [], "refresh_tokens": [token]})
    _store(config, "core.config_entries", {"entries": [entry]})
    _store(config, "onboarding", {"done": ["user", "core_config", "analytics", "integration"]}, version=4)


def make_token() -> str:
    """The long-lived access token, as Home Assistant signs it."""
    claims = {"iss": _TOKEN_ID, "iat": int(time.time()) - 60, "exp": int(time.time()) + 86_400}
    signed = f"{_encode(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode(hmac.new(_JWT_KEY.encode(), signed.encode(), hashlib.sha256).digest())}"


def wait_for(condition: Callable[[], bool], what: str, timeout_s: float) -> None:
    """Return once it is true; raises TimeoutError."""
    ends_s = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > ends_s:
            raise TimeoutError(f"waited {timeout_s:.0f} s for {what}")
        time.sleep(0.2)


def _store(config: Path, key: str, data: dict[str, Any], *, version: int = 1) -> None:
    stored = {"version": version, "minor_version": 1, "key": key, "data": data}
    (config / ".storage" / key).write_text(json.dumps(stored))


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


if __name__ == "__main__":
    main()
