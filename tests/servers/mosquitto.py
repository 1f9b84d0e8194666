"""A real MQTT broker (mosquitto) on a free port of this machine, and somebody who listens there to everything."""

import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from tests.servers.postgres import find_free_port

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
USER, PASSWORD = "house", "s3cret-of-the-broker"


class Mosquitto:
    """Lets in who knows the password. `start` may follow `stop`: what is kept stays, the port stays."""

    def __init__(self) -> None:
        self._folder = Path()
        self._process: subprocess.Popen[bytes] | None = None
        self.port = find_free_port()

    def __enter__(self) -> Self:
        if not Path(PROGRAM).exists():
            raise RuntimeError("mosquitto is not installed: apt-get install mosquitto, or `make test`.")
        self._folder = Path(tempfile.mkdtemp(prefix="mosquitto-"))
        self._folder.chmod(0o755)  # mosquitto gives up being root
        passwords = self._folder / "passwords"
        subprocess.run(
            ["mosquitto_passwd", "-b", "-c", str(passwords), USER, PASSWORD], check=True, capture_output=True
        )
        passwords.chmod(0o644)
        (self._folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nallow_anonymous false\npassword_file {passwords}\npersistence false\n"
        )
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def url(self, *, password: str = PASSWORD) -> str:
        """As our settings want it."""
        return f"mqtt://{USER}:{password}@127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once somebody can connect."""
        command = [PROGRAM, "-c", str(self._folder / "mosquitto.conf")]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline_s = time.monotonic() + 10
        while True:
            try:
                with MqttListener(self):
                    return
            except (ConnectionError, TimeoutError):
                if self._process.poll() is not None or time.monotonic() > deadline_s:
                    raise
                time.sleep(0.02)

    def stop(self) -> None:
        """End it; what it keeps is gone."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=10)
            self._process = None


class MqttListener:
    """Hears everything during the block: `messages` in order, `kept` what the broker has as the last of each topic."""

    def __init__(self, broker: Mosquitto) -> None:
        self.messages: list[tuple[str, bytes]] = []
        self.kept: dict[str, bytes] = {}
        self._broker = broker
        self._changed = threading.Condition()
        self._ready = threading.Event()
        self._client = paho.Client(CallbackAPIVersion.VERSION2)
        self._client.username_pw_set(USER, PASSWORD)
        self._client.on_connect = self._subscribe
        self._client.on_subscribe = lambda *_: self._ready.set()
        self._client.on_message = self._hear

    def __enter__(self) -> Self:
        self._client.connect("127.0.0.1", self._broker.port)
        self._client.loop_start()
        if not self._ready.wait(5):
            self.__exit__(None, None, None)
            raise TimeoutError("the broker does not answer")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def wait_until(self, condition: Any, *, timeout_s: float = 20.0, what: str) -> Any:
        """What `condition` gives, once it is true; raises TimeoutError."""
        with self._changed:
            if not self._changed.wait_for(condition, timeout_s):
                raise TimeoutError(f"waited {timeout_s} s for {what}; heard {[topic for topic, _ in self.messages]}")
            return condition()

    def wait_for(self, topic: str, *, timeout_s: float = 20.0) -> bytes:
        """The first message of a topic; raises TimeoutError."""
        found: list[bytes] = self.wait_until(
            lambda: [message for each, message in self.messages if each == topic], timeout_s=timeout_s, what=topic
        )
        return found[0]

    def wait_for_kept(self, topic: str, message: bytes, *, timeout_s: float = 20.0) -> None:
        """Return once the last message of a topic is this; raises TimeoutError."""
        self.wait_until(lambda: self.kept.get(topic) == message, timeout_s=timeout_s, what=f"{message!r} at {topic}")

    @staticmethod
    def _subscribe(client: paho.Client, *_: Any) -> None:
        client.subscribe("#", qos=1)

    def _hear(self, _: paho.Client, __: Any, message: paho.MQTTMessage) -> None:
        with self._changed:
            self.messages.append((message.topic, bytes(message.payload)))
            self.kept[message.topic] = bytes(message.payload)
            self._changed.notify_all()
